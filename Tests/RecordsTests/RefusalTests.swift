import Testing

@testable import Records

@Suite("Values that no writer writes are refused")
struct RefusalTests {
    @Test("a plan without argv")
    func noArguments() {
        var plan = Samples.plan
        plan.arguments = []
        expectMalformed { () throws(RecordError) in try LaunchPlan.open(plan.sealed) }
    }

    @Test("a plan with NUL in argv or in the environment")
    func nulBytes() {
        var (first, second) = (Samples.plan, Samples.plan)
        first.arguments[1] = [65, 0]
        second.environment[0] = [0]
        expectMalformed { () throws(RecordError) in try LaunchPlan.open(first.sealed) }
        expectMalformed { () throws(RecordError) in try LaunchPlan.open(second.sealed) }
    }

    @Test("a plan with uid or gid 0 inside")
    func innerRoot() {
        var (first, second) = (Samples.plan, Samples.plan)
        first.identity.innerUser = 0
        second.identity.innerGroup = 0
        expectMalformed { () throws(RecordError) in try LaunchPlan.open(first.sealed) }
        expectMalformed { () throws(RecordError) in try LaunchPlan.open(second.sealed) }
    }

    @Test("a digest of another length than 0 or 32", arguments: [1, 31, 33, 64])
    func digestLength(count: Int) {
        var plan = Samples.plan
        plan.executable.digest = [UInt8](repeating: 1, count: count)
        expectMalformed { () throws(RecordError) in try LaunchPlan.open(plan.sealed) }
    }

    @Test("an end that is still running")
    func runningEnd() {
        let end = EndRecord(status: .running, cause: "", endedAt: 0)
        expectMalformed { () throws(RecordError) in try EndRecord.open(end.sealed) }
    }

    @Test("messages of a kind that is not known", arguments: [0, 10, 255] as [UInt8])
    func unknownMessages(kind: UInt8) {
        expectMalformed { () throws(RecordError) in try ControlRequest(bytes: [1, 0, kind]) }
        expectMalformed { () throws(RecordError) in try ControlReply(bytes: [1, 0, kind]) }
        expectMalformed { () throws(RecordError) in
            try StatusMessage(bytes: [kind] + [UInt8](repeating: 0, count: 15))
        }
    }

    @Test("messages of a version that is not known")
    func unknownMessageVersion() {
        for version: UInt8 in [0, 3] {
            #expect(throws: RecordError.unknownVersion(UInt16(version))) { try ControlRequest(bytes: [version, 0, 6]) }
        }
        for version: UInt8 in [0, 2] {
            #expect(throws: RecordError.unknownVersion(UInt16(version))) { try ControlReply(bytes: [version, 0, 4]) }
        }
    }

    @Test("messages that are cut short or longer than they say")
    func messageLengths() {
        let request = ControlRequest.terminate(signal: 15, grace: 1, cause: "stop", by: "me").bytes
        let reply = ControlReply.ended(Samples.end).bytes
        for count in request.indices {
            #expect(throws: RecordError.self) { try ControlRequest(bytes: Array(request.prefix(count))) }
        }
        for count in reply.indices {
            #expect(throws: RecordError.self) { try ControlReply(bytes: Array(reply.prefix(count))) }
        }
        expectMalformed { () throws(RecordError) in try ControlRequest(bytes: request + [0]) }
        expectMalformed { () throws(RecordError) in try ControlReply(bytes: reply + [0]) }
    }

    @Test("status messages of another size", arguments: [0, 15, 17, 32])
    func statusSize(size: Int) {
        let bytes = Array((StatusMessage.ready.bytes + [UInt8](repeating: 0, count: 16)).prefix(size))
        #expect(throws: RecordError.self) { try StatusMessage(bytes: bytes) }
    }

    @Test(
        "a stage that is not known, also where its low byte is one",
        arguments: [0, 200, 0x101, 0xffff_ff01] as [UInt32])
    func unknownStage(stage: UInt32) {
        var writer = ByteWriter()
        writer.write(UInt32(1))
        writer.write(stage)
        writer.write(UInt64(0))
        let bytes = writer.bytes
        expectMalformed { () throws(RecordError) in try StatusMessage(bytes: bytes) }
    }

    @Test("text that is not UTF-8, a flag that is neither 0 nor 1")
    func primitives() {
        expectMalformed { () throws(RecordError) in
            var reader = ByteReader([2, 0, 0, 0, 0xc3, 0x28])
            return try reader.string()
        }
        expectMalformed { () throws(RecordError) in
            var reader = ByteReader([2])
            return try reader.bool()
        }
    }

    private func expectMalformed<Value>(
        _ read: () throws(RecordError) -> Value, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        do throws(RecordError) {
            let value = try read()
            Issue.record("\(value) was accepted", sourceLocation: sourceLocation)
        } catch {
            guard case .malformed = error else {
                Issue.record("\(error) is not `malformed`", sourceLocation: sourceLocation)
                return
            }
        }
    }
}
