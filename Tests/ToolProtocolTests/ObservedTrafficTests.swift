import JSON
import Testing

@testable import ToolProtocol

@Suite("What clients were seen to send")
struct ObservedTrafficTests {
    static let capabilities = #"{"roots":{"listChanged":true},"elicitation":{"form":{},"url":{}}}"#

    @Test("Claude Code probes with server/discover and goes on without a handshake")
    func claudeCodeModern() throws {
        var client = Client()
        let meta = """
            {"io.modelcontextprotocol/protocolVersion":"2026-07-28",\
            "io.modelcontextprotocol/clientInfo":{"name":"claude-code","version":"2.1.330"},\
            "io.modelcontextprotocol/clientCapabilities":\(Self.capabilities),\
            "claudecode/toolUseId":"toolu_01","progressToken":2}
            """
        let probe =
            #"{"jsonrpc":"2.0","id":"server-discover-probe-1","method":"server/discover","params":{"_meta":\#(meta)}}"#
        guard case .answer(let discovery) = client.receive(Array(probe.utf8)) else {
            throw Unexpected(description: "no answer to the probe")
        }
        #expect(discovery.id == .string("server-discover-probe-1"))
        let list = #"{"jsonrpc":"2.0","id":0,"method":"tools/list","params":{"_meta":\#(meta)}}"#
        guard case .answer(let tools) = client.receive(Array(list.utf8)), case .result = tools.outcome else {
            throw Unexpected(description: "no list of tools")
        }
        let text = """
            {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"execute_command",\
            "arguments":{"argv":["make","-j2"],"timeout_ms":600000},"_meta":\(meta)}}
            """
        guard case .call(let call) = client.receive(Array(text.utf8)) else { throw Unexpected(description: "no call") }
        guard case .executeCommand(let request) = try call.request() else {
            throw Unexpected(description: "other tool")
        }
        #expect(request.command == .vector(["make", "-j2"]))
        #expect(request.waiting.timeout == .seconds(600))
        #expect(call.progressToken?.json == 2)
    }

    @Test("an older Claude Code shakes hands, lists and calls")
    func claudeCodeLegacy() throws {
        var client = Client()
        let initialize = """
            {"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":\(Self.capabilities),\
            "clientInfo":{"name":"claude-code","title":"Claude Code","version":"2.1.330"}},"jsonrpc":"2.0","id":0}
            """
        guard case .answer(let handshake) = client.receive(Array(initialize.utf8)), case .result = handshake.outcome
        else {
            throw Unexpected(description: "no handshake")
        }
        let initialized = #"{"method":"notifications/initialized","jsonrpc":"2.0"}"#
        #expect(client.receive(Array(initialized.utf8)) == .nothing)
        let list = #"{"method":"tools/list","jsonrpc":"2.0","id":1}"#
        guard case .answer(let tools) = client.receive(Array(list.utf8)), case .result = tools.outcome else {
            throw Unexpected(description: "no list of tools")
        }
        let text = """
            {"method":"tools/call","params":{"name":"read_output","arguments":{"pid":4711},\
            "_meta":{"claudecode/toolUseId":"toolu_02","progressToken":2}},"jsonrpc":"2.0","id":2}
            """
        guard case .call(let call) = client.receive(Array(text.utf8)) else { throw Unexpected(description: "no call") }
        guard case .readOutput(let request) = try call.request() else { throw Unexpected(description: "other tool") }
        #expect(request.task == .pid(4711))
        #expect(call.version == .november2025)
    }
}
