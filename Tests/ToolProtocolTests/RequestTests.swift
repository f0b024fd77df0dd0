import JSON
import Testing

@testable import ToolProtocol

@Suite("Requests of tools")
struct RequestTests {
    /// As few arguments as each tool needs.
    static let minimal: [ToolName: JSONObject] = [
        .executeCommand: ["command": "ls"], .readOutput: ["task_id": "t"], .forceTerminate: ["task_id": "t"],
        .writeInput: ["task_id": "t", "eof": true],
        .listSessions: [:], .explainPolicy: ["command": "ls"], .claudeCode: ["prompt": "p"],
    ]

    func request(_ tool: ToolName, _ arguments: JSONObject, progress: JSON? = nil) throws -> ToolRequest {
        var client = Client()
        var meta = try #require(Client.modernMeta.objectValue)
        meta["progressToken"] = progress
        return try client.call(tool.rawValue, .object(arguments), meta: .object(meta)).request()
    }

    @Test("a command has the defaults of the contract")
    func commandDefaults() throws {
        guard case .executeCommand(let command) = try request(.executeCommand, ["command": "git log -3"]) else {
            throw Unexpected(description: "other tool")
        }
        #expect(command.command == .line("git log -3"))
        #expect(command.workingDirectory == nil && command.environment == [] && command.input == nil)
        #expect(command.shell == nil && command.policy == nil && command.wall == nil)
        #expect(!command.mergesStandardError && command.waiting.untilEnd)
        #expect(command.waiting.timeout == .seconds(30))
    }

    @Test("a command takes every argument")
    func wholeCommand() throws {
        let arguments: JSONObject = [
            "argv": ["printf", "", "a b"], "cwd": "src", "env": ["B": "", "A": "x=y"], "stdin": "a\0b",
            "shell": "check",
            "merge_stderr": true, "policy": "build", "wait": false, "timeout_ms": 0, "wall_ms": 1,
        ]
        guard case .executeCommand(let command) = try request(.executeCommand, arguments) else {
            throw Unexpected(description: "other tool")
        }
        #expect(command.command == .vector(["printf", "", "a b"]))
        #expect(command.workingDirectory == "src" && command.input == "a\0b" && command.shell == .check)
        #expect(command.environment.map(\.name) == ["B", "A"] && command.environment.map(\.value) == ["", "x=y"])
        #expect(command.mergesStandardError && command.policy == "build" && !command.waiting.untilEnd)
        #expect(command.waiting.timeout == .zero && command.wall == .milliseconds(1))
    }

    @Test("the other tools have the defaults of the contract")
    func otherDefaults() throws {
        guard case .claudeCode(let claude) = try request(.claudeCode, ["prompt": "; rm -rf $(x)\n`y`"]),
            case .readOutput(let read) = try request(.readOutput, ["task_id": "t"]),
            case .terminate(let end) = try request(.forceTerminate, ["pid": 4_194_304]),
            case .listSessions(let list) = try request(.listSessions, [:]),
            case .explain(let explain) = try request(.explainPolicy, ["argv": ["ls"]])
        else { throw Unexpected(description: "other tool") }
        #expect(claude.prompt == "; rm -rf $(x)\n`y`" && claude.workFolder == nil && claude.waiting.untilEnd)
        #expect(read.task == .id("t") && read.start == .next && read.maximumBytes == 30_720 && read.stream == .both)
        #expect(read.timeout == .zero && read.encoding == nil && read.pattern == nil && read.reader == nil)
        #expect(end.task == .pid(4_194_304) && end.signal == .terminate && end.grace == nil)
        #expect(list.status == nil && list.limit == 100 && list.cursor == nil)
        #expect(explain.command == .vector(["ls"]))
    }

    @Test("reading takes every argument")
    func wholeRead() throws {
        let arguments: JSONObject = [
            "task_id": "t", "offset": .integer(.max), "max_bytes": 1, "stream": "stderr", "timeout_ms": 55_000,
            "until": "^ok$", "reader": "r", "encoding": "base64",
        ]
        guard case .readOutput(let read) = try request(.readOutput, arguments),
            case .readOutput(let tail) = try request(.readOutput, ["pid": 1, "tail": 20]),
            case .listSessions(let list) = try request(
                .listSessions, ["status": "timed_out", "limit": 1, "cursor": ""])
        else { throw Unexpected(description: "other tool") }
        #expect(read.start == .offset(UInt64(Int64.max)) && read.maximumBytes == 1 && read.stream == .stderr)
        #expect(
            read.timeout == .seconds(55) && read.pattern == "^ok$" && read.reader == "r" && read.encoding == .base64)
        #expect(tail.start == .tail(20))
        #expect(list.status == .timedOut && list.limit == 1 && list.cursor == "")
    }

    @Test("input stays open for those who say so, or ask for a terminal")
    func openInput() throws {
        for (arguments, hasTerminal) in [
            (["stdin": "open"], false), (["tty": true], true), (["tty": true, "stdin": "open"], true),
        ]
            as [(JSONObject, Bool)]
        {
            var arguments = arguments
            arguments["command"] = "cat"
            guard case .executeCommand(let command) = try request(.executeCommand, arguments) else {
                throw Unexpected(description: "other tool")
            }
            #expect(command.inputStaysOpen && command.input == nil && command.hasTerminal == hasTerminal)
        }
        guard case .executeCommand(let command) = try request(.executeCommand, ["command": "cat", "stdin": "open "])
        else {
            throw Unexpected(description: "other tool")
        }
        #expect(!command.inputStaysOpen && command.input == "open ")
    }

    @Test("writing takes every argument")
    func wholeWrite() throws {
        let size: JSON = ["rows": 1, "columns": 10_000]
        guard
            case .writeInput(let text) = try request(
                .writeInput, ["task_id": "t", "text": "a\0é", "eof": true, "resize": size]),
            case .writeInput(let raw) = try request(.writeInput, ["pid": 7, "base64": "AP8="])
        else { throw Unexpected(description: "other tool") }
        #expect(text.bytes == [97, 0, 0xc3, 0xa9] && text.endsInput && text.task == .id("t"))
        #expect(text.size == WriteInputRequest.Size(rows: 1, columns: 10_000))
        #expect(raw.bytes == [0, 255] && !raw.endsInput && raw.size == nil && raw.task == .pid(7))
    }

    @Test(
        "base64 is read as RFC 4648 has it",
        arguments: [
            ("", []), ("Zg==", [0x66]), ("Zg", [0x66]), ("Zm8=", [0x66, 0x6f]), ("Zm9v", [0x66, 0x6f, 0x6f]),
            ("Zm9vYg==", [0x66, 0x6f, 0x6f, 0x62]), ("+/+/", [0xfb, 0xff, 0xbf]),
        ] as [(String, [UInt8])])
    func base64(text: String, bytes: [UInt8]) { #expect(Base64Text.bytes(text) == bytes) }

    @Test(
        "what is no base64 is none",
        arguments: ["Z", "Zg=", "Zh==", "Z===", "Zg==Zg==", "Zm9v\n", "Zm-v", "Zm9v====", "é"])
    func noBase64(text: String) { #expect(Base64Text.bytes(text) == nil) }

    @Test("a call may wait for ten minutes only when the client hears of progress")
    func longWaits() throws {
        let arguments: JSONObject = ["command": "make", "timeout_ms": 55_001]
        let error = #expect(throws: ArgumentError.self) { try request(.executeCommand, arguments) }
        #expect(error?.sentence == #"the argument "timeout_ms" must be an integer from 0 to 55000, not 55001"#)
        #expect(throws: Never.self) { try request(.executeCommand, arguments, progress: 0) }
        #expect(throws: Never.self) {
            try request(.readOutput, ["task_id": "t", "timeout_ms": 600_000], progress: "p")
        }
        #expect(throws: ArgumentError.self) {
            try request(.claudeCode, ["prompt": "p", "timeout_ms": 600_001], progress: 0)
        }
    }

    @Test(
        "what can't be meant is refused with what was expected and what was given",
        arguments: [
            (.executeCommand, [:], #"give one of "command" or "argv""#),
            (.executeCommand, ["command": "ls", "argv": ["ls"]], #"give only one of "command" and "argv""#),
            (
                .executeCommand, ["command": ""],
                #"the argument "command" must be a string that is not empty and without NUL, not """#
            ),
            (
                .executeCommand, ["command": ["ls"]],
                #"the argument "command" must be a string that is not empty and without NUL, not a list of 1"#
            ),
            (
                .executeCommand, ["argv": []],
                #"the argument "argv" must be a list of strings without NUL: the program, then its arguments, not a list of 0"#
            ),
            (
                .executeCommand, ["argv": "ls -l"],
                #"the argument "argv" must be a list of strings without NUL: the program, then its arguments, not "ls -l""#
            ),
            (
                .executeCommand, ["command": "ls", "wait": "yes"],
                #"the argument "wait" must be true or false, not "yes""#
            ),
            (
                .executeCommand, ["command": "ls", "shell": "bash"],
                #"the argument "shell" must be one of "refuse", "check", "trust", not "bash""#
            ),
            (
                .executeCommand, ["command": "ls", "env": ["A=B": "x"]],
                #"the argument "env" must be an object of strings without NUL, its names not empty and without =, not an object"#
            ),
            (
                .executeCommand, ["command": "ls", "timeout_ms": 1.5],
                #"the argument "timeout_ms" must be an integer from 0 to 55000, not 1.5"#
            ),
            (.readOutput, [:], #"give one of "task_id" or "pid""#),
            (.readOutput, ["task_id": "t", "pid": 1], #"give only one of "task_id" and "pid""#),
            (.readOutput, ["pid": 0], #"the argument "pid" must be an integer from 1 to 4194304, not 0"#),
            (.readOutput, ["task_id": "t", "offset": 0, "tail": 1], #"give only one of "offset" and "tail""#),
            (
                .readOutput, ["task_id": "t", "until": .string(String(repeating: "x", count: 1001))],
                #"the argument "until" must be a regular expression of at most 1000 bytes, not one of 1001"#
            ),
            (.executeCommand, ["command": "ls", "tty": true, "stdin": "x"], #"give only one of "stdin" and "tty""#),
            (.writeInput, ["task_id": "t"], #"give one of "text", "base64", "eof" or "resize""#),
            (.writeInput, ["task_id": "t", "text": "", "base64": ""], #"give only one of "text" and "base64""#),
            (.writeInput, ["task_id": "t", "base64": "?"], #"the argument "base64" must be bytes in base64, not "?""#),
            (
                .writeInput, ["task_id": "t", "resize": ["rows": 0, "columns": 80]],
                #"the argument "resize" must be an object of rows and columns, each an integer from 1 to 10000, not an object"#
            ),
            (
                .writeInput, ["task_id": "t", "text": .string(String(repeating: "x", count: 1_048_577))],
                #"the argument "text" must be at most 1048576 bytes, not 1048577"#
            ),
            (
                .forceTerminate, ["task_id": "t", "signal": "SIGTERM"],
                #"the argument "signal" must be one of "TERM", "INT", "HUP", "QUIT", "KILL", "USR1", "USR2", not "SIGTERM""#
            ),
            (.listSessions, ["limit": 0], #"the argument "limit" must be an integer from 1 to 1000, not 0"#),
            (.listSessions, ["all": true], #"there is no argument "all"; there are "status", "limit" and "cursor""#),
            (.claudeCode, [:], #"the argument "prompt" is missing; it must be a string"#),
            (
                .claudeCode, ["prompt": "p", "workfolder": "/"],
                #"there is no argument "workfolder"; did you mean "workFolder"?"#
            ),
        ] as [(ToolName, JSONObject, String)])
    func refusals(tool: ToolName, arguments: JSONObject, sentence: String) {
        let error = #expect(throws: ArgumentError.self) { try request(tool, arguments) }
        #expect(error?.sentence == sentence)
    }

    @Test(
        "bytes that no process can be given are refused",
        arguments: [
            ["command": "ls\0"], ["argv": ["ls", "\0"]], ["argv": [""]], ["argv": ["ls", 1]],
            ["command": "ls", "cwd": "a\0b"], ["command": "ls", "cwd": ""], ["command": "ls", "env": ["A": "\0"]],
            ["command": "ls", "env": ["A\0": ""]], ["command": "ls", "env": ["": "x"]],
            ["command": "ls", "env": ["A": .null]],
        ] as [JSONObject])
    func impossibleBytes(arguments: JSONObject) {
        #expect(throws: ArgumentError.self) { try request(.executeCommand, arguments) }
    }

    @Test("names that Swift takes for equal stay different variables")
    func canonicallyEquivalentNames() throws {
        let environment: JSONObject = ["\u{E9}": "1", "e\u{301}": "2"]
        guard
            case .executeCommand(let command) = try request(
                .executeCommand, ["command": "ls", "env": .object(environment)])
        else { throw Unexpected(description: "other tool") }
        #expect(command.environment.map(\.value) == ["1", "2"])
    }

    @Test("a hostile value comes back short and visible")
    func hostileValues() {
        let bell = String(repeating: "\u{1B}]0;", count: 100_000)
        for arguments in [["command": "ls", "shell": .string(bell)], ["command": "ls", bell: 1]] as [JSONObject] {
            let error = #expect(throws: ArgumentError.self) { try request(.executeCommand, arguments) }
            let sentence = error?.sentence ?? bell
            #expect(sentence.utf8.count < 800 && !sentence.contains("\u{1B}"))
            #expect(ToolResult(refusing: error ?? .noneOf([])).structured["reason"]?.stringValue == sentence)
        }
    }
}
