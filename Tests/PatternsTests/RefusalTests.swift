import Patterns
import Testing

@Suite("What is no pattern is refused with its place and what to do")
struct RefusalTests {
    static func refusal(_ pattern: String) -> PatternError? {
        do throws(PatternError) {
            _ = try OutputPattern(pattern)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "the column is where the mistake is",
        arguments: [
            ("a(b", 2, "not closed"), ("ab)", 3, "closes no group"), ("a[bc", 2, "not closed"), ("[]", 1, "not closed"),
            ("*a", 1, "nothing before *"), ("a|+", 3, "nothing before +"),
            ("({2})", 2, "nothing before {"),
            ("a**", 3, "follows a repetition"), ("a+{2}", 3, "follows a repetition"), ("a++", 3, "gives nothing back"),
            ("ab{3,2}", 3, "wrong way"), ("a{,3}", 2, "no minimum"), ("a{1001}", 3, "above 1000"),
            ("a{99999999999999999999}", 3, "above 1000"), ("[z-a]", 2, "wrong way"),
            ("[^\\s\\S]", 1, "matches nothing"),
            ("a\\", 2, "ends in"), ("[\\", 2, "ends in"), ("é\\y", 2, "\\y is not known"),
            ("\\p{L}", 1, "\\p is not known"),
            ("(a)\\1", 4, "refers back"), ("(?<a>b)\\k<a>", 8, "refers back"), ("(?=a)", 1, "looks around"),
            ("a(?!b)", 2, "looks around"), ("(?<=a)b", 1, "looks around"), ("(?<!a)b", 1, "looks around"),
            ("(?>a)", 1, "not supported"), ("(?#x)", 1, "not supported"), ("(?x)a", 3, "the flag x"),
            ("(?-m)a", 4, "the flag m"),
            ("(*FAIL)", 1, "verb"), ("\\xg1", 1, "needs 2"), ("\\u12", 1, "needs 4"), ("\\x+1", 1, "needs 2"),
            ("\\u{110000}", 1, "number of a character"), ("\\u{d800}", 1, "number of a character"),
            ("\\u{}", 1, "must follow"),
            ("\\u{41", 1, "must follow"), ("(?<>a)", 1, "name"), ("(?", 1, "not closed"), ("(?i", 1, "not closed"),
            ("[[:foo:]]", 2, "no such set"), ("[[=a=]]", 2, "no such set"), ("(?i)*", 1, "can't be repeated"),
            ("[a\\B]", 3, "\\B is not known"),
        ])
    func refused(pattern: String, column: Int, words: String) throws {
        let error = try #require(Self.refusal(pattern))
        #expect(error.column == column)
        #expect(error.problem.contains(words), "\(error)")
        #expect(error.description.hasPrefix("column \(column): "))
    }

    @Test("nothing invisible of the pattern comes back in the message")
    func visible() throws {
        for pattern in ["(?\u{202E})", "\\\u{1B}(", "[\u{1B}-\u{1}]", "(?\u{7}"] {
            let error = try #require(Self.refusal(pattern))
            #expect(error.description.unicodeScalars.allSatisfy { (0x20...0x7E).contains($0.value) }, "\(error)")
        }
    }

    @Test(
        "what would be too large is refused before it is made",
        arguments: [
            "((a{1,100}){1,100}){1,100}", "(((((a{1000}){1000}){1000}){1000}){1000}){1000}", "(a|){1000}(b|){1000}",
            "((^){1000}){1000}", "(?s).{1000}.{1000}.{100}",
        ])
    func tooLarge(pattern: String) throws {
        let error = try #require(Self.refusal(pattern))
        #expect(error.problem.contains("2048 steps"))
        #expect(error.remedy != nil)
    }

    @Test("a repetition of nothing is nothing, however often")
    func repeatedNothing() throws {
        var pattern = ""
        for _ in 0..<40 { pattern = "(\(pattern)){1000}" }
        #expect(Self.refusal(pattern) == nil)
    }

    @Test("groups within each other and long texts have their limits")
    func limits() throws {
        let deep = String(repeating: "(", count: 51) + "a" + String(repeating: ")", count: 51)
        #expect(try #require(Self.refusal(deep)).problem.contains("50 groups"))
        let flat = String(repeating: "(a)", count: 200)
        #expect(Self.refusal(flat) == nil)
        #expect(Self.refusal(String(repeating: "(", count: 4097))?.problem.contains("4096 bytes") == true)
    }
}
