import JSON
import Testing

@testable import ToolProtocol

@Suite("The catalogue of tools")
struct ToolCatalogueTests {
    @Test(
        "each tool has the arguments of the contract",
        arguments: [
            (
                ToolName.executeCommand,
                [
                    "command", "argv", "cwd", "env", "stdin", "shell", "tty", "merge_stderr", "policy", "wait",
                    "timeout_ms",
                    "wall_ms",
                ]
            ),
            (
                .readOutput,
                [
                    "task_id", "pid", "offset", "max_bytes", "stream", "timeout_ms", "until", "tail", "reader",
                    "encoding",
                ]
            ),
            (.writeInput, ["task_id", "pid", "text", "base64", "eof", "resize"]),
            (.forceTerminate, ["task_id", "pid", "signal", "grace_ms"]),
            (.listSessions, ["status", "limit", "cursor"]),
            (.explainPolicy, ["command", "argv"]),
            (.claudeCode, ["prompt", "workFolder", "wait", "timeout_ms", "wall_ms", "model"]),
        ])
    func arguments(name: ToolName, names: [String]) {
        #expect(Tool(name).argumentNames == names)
    }

    @Test("each argument of a schema is read, and refused when it is of another kind", arguments: ToolName.allCases)
    func everyArgumentIsRead(name: ToolName) throws {
        for key in Tool(name).argumentNames {
            var arguments = try #require(RequestTests.minimal[name])
            if ["argv", "pid"].contains(key) { arguments = [:] }
            arguments[key] = [["x"], .null]
            var client = Client()
            let call = try client.call(name.rawValue, .object(arguments))
            let error = #expect(throws: ArgumentError.self, "\(name.rawValue) \(key)") { try call.request() }
            guard case .invalid(key, _, "a list of 2") = error else {
                Issue.record("\(name.rawValue) \(key): \(error.map(\.sentence) ?? "read")")
                continue
            }
        }
    }

    @Test("schemas are closed objects that model interfaces accept", arguments: ToolName.allCases)
    func schemas(name: ToolName) throws {
        let tool = Tool(name)
        #expect(tool.inputSchema["type"] == "object" && tool.inputSchema["additionalProperties"] == false)
        #expect(tool.outputSchema["type"] == "object" && tool.outputSchema["required"] == nil)
        for combinator in ["oneOf", "anyOf", "allOf", "not", "$ref"] {
            #expect(tool.inputSchema[combinator] == nil && tool.outputSchema[combinator] == nil)
        }
        for member in try #require(tool.inputSchema["properties"]?.objectValue).members {
            #expect(member.value["description"]?.stringValue?.isEmpty == false, "\(member.key)")
        }
    }

    @Test("a default in a schema is what the tool does without the argument")
    func defaults() throws {
        func schema(_ name: ToolName, _ key: String) -> JSON? { Tool(name).inputSchema["properties"]?[key]?["default"] }
        #expect(schema(.executeCommand, "timeout_ms") == 30_000 && schema(.executeCommand, "wait") == true)
        #expect(schema(.claudeCode, "timeout_ms") == 30_000 && schema(.claudeCode, "wait") == true)
        #expect(schema(.executeCommand, "merge_stderr") == false)
        #expect(schema(.readOutput, "timeout_ms") == 0 && schema(.readOutput, "max_bytes") == 30_720)
        #expect(schema(.readOutput, "stream") == "both" && schema(.readOutput, "encoding") == nil)
        #expect(schema(.forceTerminate, "signal") == "TERM" && schema(.listSessions, "limit") == 100)
    }

    @Test("hints say which tools change nothing and which end something")
    func hints() {
        let readOnly = ToolName.allCases.filter { Tool($0).annotations.readOnly }
        #expect(readOnly == [.readOutput, .listSessions, .explainPolicy])
        let destructive = ToolName.allCases.filter { Tool($0).annotations.destructive }
        #expect(destructive == [.executeCommand, .writeInput, .forceTerminate, .claudeCode])
    }

    @Test("what a model has to read is short")
    func length() {
        let words = ServerDescription(version: "1").instructions.split { $0 == " " || $0 == "\n" }
        #expect(words.count < 200)
        for tool in ToolCatalogue().tools {
            #expect(tool.description.split(separator: " ").count <= 60, "\(tool.name.rawValue)")
        }
    }
}
