import Patterns
import Testing

@Suite("Hostile patterns and streams")
struct HostileTests {
    /// Letters a and b that no rule foretells: the worst for a table of states.
    static let noise: [UInt8] = {
        var random = SplitMix(state: 1)
        return (0..<2048).map { _ in UInt8(ascii: Bool.random(using: &random) ? "a" : "b") }
    }()

    @Test(
        "each byte costs at most time in the size of the program",
        .timeLimit(.minutes(1)),
        arguments: [
            ("(a*)*c", "c"), ("(a|a)*c", "c"), ("(a|aa)+c", "ac"), ("(a+)+c", "ac"), ("((a*)*)*c", "c"),
            ("(.*)(.*)(.*)(.*)(.*)c", "c"), ("a{1,1000}c", "ac"), ("(a?){600}c", "c"), ("(a{1,30}){1,30}c", "ac"),
            ("(a?b?){400}c", "c"), ("(a*b*){300}c", "c"), ("(\\b|a|\\B){300}c", "c"), ("(.|..|...)*c", "c"),
            ("(^|$|a|b)*c", "c"), ("(?:a?){300}a{300}c", String(repeating: "a", count: 300) + "c"),
            ("(a|b)*a(a|b){400}c", "a" + String(repeating: "b", count: 400) + "c"),
            ("a.{900}c", "a" + String(repeating: "b", count: 900) + "c"),
        ])
    func bounded(pattern: String, ending: String) throws {
        var looking = try OutputPattern(pattern)
        #expect(looking.feed(Self.noise) == nil)
        #expect(looking.feed(Array(ending.utf8)) == ending.utf8.count)
    }

    @Test("states that are forgotten to make room change nothing")
    func forgotten() throws {
        // Each of the last 20 letters matters, so that the table overflows; the answer is known without it.
        var looking = try OutputPattern("a(a|b){18}c")
        var random = SplitMix(state: 3)
        for _ in 0..<3 {
            looking.reset()
            for _ in 0..<4 { #expect(looking.feed(Self.noise) == nil) }
            var end = (0..<18).map { _ in UInt8(ascii: Bool.random(using: &random) ? "a" : "b") }
            #expect(looking.feed([UInt8(ascii: "b")] + end + [UInt8(ascii: "c")]) == nil)
            end.insert(UInt8(ascii: "a"), at: 0)
            #expect(looking.feed(end + [UInt8(ascii: "c")]) == 20)
        }
    }

    @Test("a state that comes back just when others are forgotten goes on as it should", arguments: [990..<1020])
    func forgottenInBetween(lengths: Range<Int>) throws {
        for length in lengths {
            var looking = try OutputPattern("a(a|b){18}c|dd(a|b)")
            let quiet = [UInt8](repeating: UInt8(ascii: "b"), count: 19)
            #expect(looking.feed([UInt8(ascii: "a")] + Self.noise.prefix(length) + quiet) == nil)
            #expect(looking.feed(Array("dda".utf8)) == 3, "after \(length)")
        }
    }

    @Test("a pattern of many different characters is made in time, too", .timeLimit(.minutes(1)))
    func manyClasses() throws {
        let characters = (0..<1300).map { String(Unicode.Scalar(0x4E00 + $0 * 2).map(Character.init) ?? "x") }
        var looking = try OutputPattern(characters.joined())
        #expect(looking.feed(Array((characters + characters).joined().utf8)) == 3900)
        let classes = (0..<250).map { "[\\d\\w\\s-\(characters[$0])]" }.joined()
        var others = try OutputPattern(classes + "c")
        #expect(others.feed(Self.noise + [UInt8(ascii: "c")]) == 2049)
    }
}
