import Testing

@testable import FrontDoor

@Suite("Events of Claude Code")
struct ClaudeTranscriptTests {
    private func text(
        _ lines: String..., isInside: Bool = false, budget: Int = 10_000, isWhole: Bool = true
    ) -> (text: String, used: Int) {
        ClaudeTranscript.text(
            Array(lines.joined(separator: "\n").utf8), isInside: isInside, budget: budget, isWhole: isWhole)
    }

    private func said(_ text: String) -> String {
        #"{"type":"assistant","message":{"content":[{"type":"text","text":"\#(text)"}]}}"#
    }

    @Test("become what was said and done")
    func conversation() {
        let lines = [
            #"{"type":"system","subtype":"init","model":"m","session_id":"s","claude_code_version":"2.1"}"#,
            #"{"type":"system","subtype":"api_retry","attempt":1,"max_retries":3,"error_status":529,"error":"overloaded"}"#,
            said(#"I look.\nFirst."#),
            #"{"type":"assistant","message":{"content":[{"type":"thinking","thinking":"hm"},{"type":"tool_use","name":"Bash","input":{"command":"ls"}}]}}"#,
            #"{"type":"user","message":{"content":[{"type":"tool_result","content":"a\nb"}]}}"#,
            #"{"type":"user","message":{"content":[{"type":"tool_result","is_error":true,"content":[{"type":"text","text":"no"},{"type":"image"}]}]}}"#,
            #"{"type":"something_new","text":"x"}"#,
            #"{"type":"result","subtype":"success","is_error":false,"num_turns":2,"duration_ms":12345,"total_cost_usd":0.01234,"result":"x"}"#,
        ]
        let expected = """
            [Claude Code 2.1, model m, session s]
            [the API said overloaded 529; attempt 1 of 3 follows]
            I look.
            First.
            [Bash {"command":"ls"}]
            -> a
               b
            -> failed: no
            [done, 2 turns, 12.3 s, $0.0123]

            """
        #expect(text(lines.joined(separator: "\n")).text == expected)
    }

    @Test("that are none stay as they are, with control characters made visible")
    func strangers() {
        let lines = ["Error: no\u{1b}[31m", "{\"type\":", "[1]", #"{"a":1}"#, "", #"{"type":"assistant"}"#]
        #expect(text(lines.joined(separator: "\n")).text == "Error: no\\x1b[31m\n{\"type\":\n[1]\n{\"a\":1}\n\n")
    }

    @Test("that tell of a failure say so", arguments: ["1", #""?""#, "{}", "-1", "1e300", "null"])
    func failure(cost: String) {
        let line =
            #"{"type":"result","is_error":true,"terminal_reason":"api_error","num_turns":1,"duration_ms":-5,"total_cost_usd":\#(cost)}"#
        let end = ["1": ", $1.0000", "-1": ", $?", "1e300": ", $?"][cost] ?? ""
        #expect(text(line).text == "[failed: api_error, 1 turn, 0 ms\(end)]\n")
    }

    @Test("are given whole: what is left of one, or begun, is not")
    func pieces() {
        let line = said("one")
        #expect(text(line, said("two"), isWhole: false) == ("one\n", line.utf8.count + 1))
        #expect(text(line, isWhole: false) == ("", 0))
        #expect(text("rest\"}", line, "", isInside: true) == ("one\n", 8 + line.utf8.count))
        #expect(text("rest", isInside: true) == ("", 4))
    }

    @Test("beyond the budget wait, but for the first one")
    func budget() {
        let line = said("four")
        #expect(text(line, line, line, budget: 10) == ("four\nfour\n", 2 * (line.utf8.count + 1)))
        #expect(text(line, line, budget: 1) == ("four\n", line.utf8.count + 1))
    }

    @Test("that are longer than what is looked at are left out")
    func long() {
        let piece = [UInt8](repeating: 0x78, count: ClaudeTranscript.window)
        let (text, used) = ClaudeTranscript.text(piece, isInside: false, budget: 10, isWhole: false)
        #expect(text == "[an event of more than 1048576 bytes is left out]\n" && used == piece.count)
    }

    @Test("are told from other output by the command")
    func command() {
        let command = ClaudeTranscript.command
        #expect(ClaudeTranscript.isWritten(by: command + ["--", "x"]))
        #expect(!ClaudeTranscript.isWritten(by: ["claude", "--print", "--", "x"]))
        #expect(!ClaudeTranscript.isWritten(by: ["cat"] + command.dropFirst()))
    }
}
