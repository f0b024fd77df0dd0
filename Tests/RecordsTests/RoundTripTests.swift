import Testing

@testable import Records

@Suite("Records come back as they were written")
struct RoundTripTests {
    @Test("a launch plan", arguments: [Samples.plan, Samples.smallestPlan])
    func launchPlan(plan: LaunchPlan) throws {
        #expect(try LaunchPlan.open(plan.sealed) == plan)
    }

    @Test("an end record", arguments: [Samples.end, Samples.smallestEnd])
    func endRecord(end: EndRecord) throws {
        #expect(try EndRecord.open(end.sealed) == end)
    }

    @Test("a receipt")
    func receipt() throws {
        #expect(try Receipt.open(Samples.receipt.sealed) == Samples.receipt)
    }

    @Test("a task record, with and without a workspace", arguments: ["/srv/a", nil])
    func taskRecord(workspace: String?) throws {
        var record = Samples.task
        record.workspace = workspace
        #expect(try TaskRecord.open(record.sealed) == record)
    }

    @Test("each step of building the view", arguments: Samples.mounts)
    func mountStep(step: MountStep) throws {
        var writer = ByteWriter()
        writer.write(step)
        var reader = ByteReader(writer.bytes)
        #expect(try MountStep(from: &reader) == step)
        #expect(reader.remaining == 0)
    }

    @Test(
        "each request to a monitor",
        arguments: [
            ControlRequest.signal(2), .terminate(signal: 15, grace: 2_000_000_000, cause: "stop", by: "cli:0"),
            .terminate(signal: 9, grace: nil, cause: "prune", by: ""), .follow(bytes: UInt64.max),
            .input([0, 255, 10]),
            .input([]), .endOfInput, .state, .resize(WindowSize(rows: 1, columns: 65535)), .attach(nil),
            .attach(WindowSize(rows: 2, columns: 3)), .awaitRoom,
        ])
    func controlRequest(request: ControlRequest) throws {
        #expect(try ControlRequest(bytes: request.bytes) == request)
    }

    @Test(
        "each reply of a monitor",
        arguments: [
            ControlReply.started(pid: 4711), .progress(bytes: 1 << 40), .ended(Samples.end), .done,
            .refused("the task has ended"),
        ])
    func controlReply(reply: ControlReply) throws {
        #expect(try ControlReply(bytes: reply.bytes) == reply)
    }

    private static let withoutTerminal: LaunchPlan = {
        var plan = Samples.plan
        plan.streams.terminal = nil
        return plan
    }()

    /// The third version has the terminal at its end: a byte where there is none.
    private static let second: [UInt8] = {
        var writer = ByteWriter()
        withoutTerminal.encode(to: &writer)
        return writer.bytes.dropLast()
    }()

    @Test("a plan of the second version, which knew no terminal, can still be read")
    func secondPlan() throws {
        let sealed = Envelope.seal(magic: LaunchPlan.magic, version: 2, contents: Self.second)
        #expect(try LaunchPlan.open(sealed) == Self.withoutTerminal)
        let longer = Envelope.seal(magic: LaunchPlan.magic, version: 2, contents: Self.second + [0])
        #expect(throws: RecordError.self) { try LaunchPlan.open(longer) }
    }

    @Test(
        "requests of the first version have the bytes that its monitors know, and answers those that its front ends know"
    )
    func firstProtocol() {
        #expect(ControlRequest.signal(2).bytes == [1, 0, 1, 2, 0, 0, 0])
        #expect(
            ControlRequest.terminate(signal: 15, grace: 1, cause: "stop", by: "x").bytes
                == [1, 0, 2, 15, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0] + Array("stop".utf8) + [
                    1, 0, 0, 0, 120,
                ])
        #expect(ControlRequest.follow(bytes: 3).bytes == [1, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0])
        #expect(ControlRequest.input([7]).bytes == [1, 0, 4, 1, 0, 0, 0, 7])
        #expect(ControlRequest.endOfInput.bytes == [1, 0, 5] && ControlRequest.state.bytes == [1, 0, 6])
        #expect(ControlReply.progress(bytes: 4).bytes == [1, 0, 2, 4, 0, 0, 0, 0, 0, 0, 0])
        #expect(ControlReply.done.bytes == [1, 0, 4] && ControlReply.refused("a").bytes == [1, 0, 5, 1, 0, 0, 0, 97])
        // What came later says so: an older monitor refuses the version and not a message that it takes for another one.
        for request in [ControlRequest.resize(.standard), .attach(nil), .awaitRoom] { #expect(request.bytes[0] == 2) }
    }

    @Test("a plan of the first version, which listed its descriptors, can still be read")
    func firstPlan() throws {
        var writer = ByteWriter()
        for byte in Self.second { writer.write(byte) }
        for descriptors: [UInt8] in [[], [1, 2, 3, 4, 4]] {
            var old = writer
            old.write(descriptors)
            let sealed = Envelope.seal(magic: LaunchPlan.magic, version: 1, contents: old.bytes)
            #expect(try LaunchPlan.open(sealed) == Self.withoutTerminal)
        }
        let cut = Envelope.seal(magic: LaunchPlan.magic, version: 1, contents: writer.bytes)
        #expect(throws: RecordError.self) { try LaunchPlan.open(cut) }
    }

    @Test(
        "each status message, in 16 bytes",
        arguments: [
            StatusMessage.failed(.seccomp, errno: 22, index: -1), .settled, .ready, .reaperConfined,
            .ended(status: 0x0f00, killed: 3), .terminal,
        ])
    func statusMessage(message: StatusMessage) throws {
        #expect(message.bytes.count == StatusMessage.size)
        #expect(try StatusMessage(bytes: message.bytes) == message)
    }

    @Test("the order of fields, the widths and the byte order are those on disk")
    func storedForm() {
        var end = EndRecord(status: .exited, cause: "exit", endedAt: 0x0102_0304_0506_0708)
        end.exitCode = 3
        end.proof = EndProof(kind: .initReaped, at: 1, killed: nil)
        let contents: [UInt8] =
            [2, 4, 0, 0, 0] + Array("exit".utf8)  // status, cause
            + [0, 0, 0, 0]  // by, limit, stage, errno
            + [1, 3, 0, 0, 0, 0]  // exit code, signal
            + [8, 7, 6, 5, 4, 3, 2, 1] + [0, 0, 0, 0, 0, 0, 0, 0]  // ended at, runtime
            + [0, 0, 0]  // CPU time, memory, processes
            + [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]  // proof: kind, time, killed
            + [0]  // detail
            + [0, 0]  // since version 2: throttled time, refused forks
        let frame = Array("CSEN".utf8) + [2, 0, UInt8(contents.count), 0, 0, 0]
        #expect(Array(end.sealed.dropLast(8)) == frame + contents)
    }
}
