import Foundation
import JSON
import Kernel
import Launching
import Records
import Supervision
import Tasks
import TestSupport
import Testing

@testable import FrontDoor

/// Everything here is said over two pipes, as a client does; nothing is started.
@Suite("A server on two descriptors", .timeLimit(.minutes(1)))
struct StdioServerTests {
    private let bench: TaskBench

    init() throws {
        bench = try TaskBench()
        try bench.scratch.write("policies/none.toml")
    }

    private func supervisor() throws -> Supervisor {
        let location = try PolicyLocation(["CAISSON_POLICIES": "\(bench.scratch.path)/policies"])
        let shelf = try PolicyShelf(standard: "none", others: [], location, environment: [:], bench.state)
        return try Supervisor(bench.state, shelf, principal: "mcp:1", workspace: nil, environment: [:], off: [])
    }

    /// Serves until the lines have been taken, and gives the answers.
    private func answers(_ lines: [String]) throws -> [JSONObject] {
        let (input, output) = (Pipe(), Pipe())
        let text = Data((lines.joined(separator: "\n") + "\n").utf8)
        Thread.detachNewThread {
            input.fileHandleForWriting.write(text)
            do { try input.fileHandleForWriting.close() } catch { Issue.record("\(error)") }
        }
        let server = StdioServer(
            try supervisor(), version: "1", input: input.fileHandleForReading.fileDescriptor,
            output: output.fileHandleForWriting.fileDescriptor)
        let read = Collected(output.fileHandleForReading)
        try server.run()
        try output.fileHandleForWriting.close()
        return try read.data().split(separator: 10).map { line in
            guard case .object(let object) = try JSON.parse(Array(line)) else { throw Errno(rawValue: 74) }
            return object
        }
    }

    /// Reads to the end in a thread of its own: answers can be longer than a pipe.
    private final class Collected: @unchecked Sendable {
        private let done = DispatchSemaphore(value: 0)
        private var found = Data()

        init(_ end: FileHandle) {
            Thread.detachNewThread { [self] in
                do { found = try end.readToEnd() ?? Data() } catch { Issue.record("\(error)") }
                done.signal()
            }
        }

        func data() -> Data {
            done.wait()
            return found
        }
    }

    private static let hello =
        #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"#
        + #""clientInfo":{"name":"t","version":"1"}}}"#

    private func call(_ tool: String, _ arguments: String = "{}", id: Int = 1) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":{"name":"\#(tool)","arguments":\#(arguments)}}"#
    }

    /// The structured part of a tool's answer, and whether it is an error.
    private func result(_ tool: String, _ arguments: String = "{}") throws -> (JSONObject, isError: Bool) {
        let answer = try #require(try answers([Self.hello, call(tool, arguments)]).last)
        let result = try #require(answer["result"]?.objectValue)
        return (try #require(result["structuredContent"]?.objectValue), result["isError"] == .bool(true))
    }

    // MARK: what is no message

    @Test("answers what is no message with an error without an id, and goes on")
    func garbage() throws {
        let answers = try answers(["hello", "", " \t\r", "[]", "{}", Self.hello])
        #expect(answers.count == 4)
        #expect(answers.prefix(3).map { $0["error"]?.objectValue?["code"] } == [-32700, -32600, -32600])
        #expect(answers.last?["result"] != nil)
    }

    @Test("answers malformed calls with protocol errors")
    func malformed() throws {
        let answers = try answers([
            Self.hello, call("no_such_tool"), call("read_output", "[]", id: 2),
            #"{"jsonrpc":"2.0","id":3,"method":"no/such"}"#,
        ])
        #expect(answers.dropFirst().map { $0["error"]?.objectValue?["code"] } == [-32602, -32602, -32601])
    }

    // MARK: errors of tasks

    @Test("answers a question about a task that is not there as a failed call with the reason and what to do")
    func unknownTask() throws {
        for tool in ["read_output", "force_terminate"] {
            let (object, isError) = try result(tool, #"{"task_id":"\#(String(repeating: "a", count: 32))"}"#)
            #expect(isError)
            #expect(object["reason"]?.stringValue?.contains("list_sessions") == true)
        }
    }

    @Test("answers an argument that says nothing as a failed call, and names it")
    func arguments() throws {
        for arguments in ["{}", #"{"task_id":5}"#, #"{"task_id":"a","pid":1}"#, #"{"task_id":"a","max_bytes":-1}"#] {
            let (object, isError) = try result("read_output", arguments)
            #expect(isError)
            #expect(object["reason"]?.stringValue?.isEmpty == false)
        }
    }

    @Test("reads a task that has ended, and its end is there, at once and however often")
    func ended() throws {
        let task = try bench.add(try TaskBench.record(), .exited(3))
        try bench.spool(task).append("printed")
        let arguments = #"{"task_id":"\#(task.id)","timeout_ms":50000}"#
        for text in ["printed", ""] as [JSON] {
            let (object, isError) = try result("read_output", arguments)
            #expect(isError && object["exit_code"] == 3)
            #expect(object["output"]?.objectValue?["text"] == text, "from where the last answer ended")
        }
    }

    @Test("lists what it can, and says which tasks it can't list and why")
    func damaged() throws {
        let good = try bench.add(try TaskBench.record(1), .exited(0))
        let bad = try bench.add(try TaskBench.record(2), .exited(0))
        try bench.write("damaged", .record, bad)
        let (object, isError) = try result("list_sessions")
        #expect(!isError)
        #expect(object["sessions"]?.arrayValue?.map { $0.objectValue?["task_id"] } == [.string(good.id.text)])
        let damaged = try #require(object["damaged"]?.arrayValue?.first?.objectValue)
        #expect(damaged["task_id"] == .string(bad.id.text))
        #expect(damaged["reason"]?.stringValue?.contains("record") == true)
    }

    @Test("refuses to start anything under a policy that can't be used, and goes on")
    func policy() throws {
        let answers = try answers([
            Self.hello, call("execute_command", #"{"argv":["true"]}"#), call("list_sessions", id: 2),
        ])
        #expect(answers.map { $0["id"] } == [0, 1, 2])
        let refused = try #require(answers[1]["result"]?.objectValue)
        #expect(refused["isError"] == .bool(true))
        #expect(try bench.state.taskIDs().isEmpty)
    }
}
