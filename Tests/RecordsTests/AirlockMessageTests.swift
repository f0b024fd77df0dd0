import Testing

@testable import Records

@Suite("What a front end tells an airlock")
struct AirlockMessageTests {
    private static let messages: [AirlockMessage] = [
        .outline(Samples.plan.outline), .descriptors([], isLast: true),
        .descriptors([.tree, .placeholder, .placeholderParent, .plan], isLast: false),
        .descriptors([PlanDescriptor](repeating: .control, count: AirlockMessage.descriptorLimit), isLast: true),
    ]

    @Test("comes back as it was, and fits", arguments: messages)
    func roundTrip(message: AirlockMessage) throws {
        #expect(try AirlockMessage(bytes: message.bytes) == message)
        #expect(message.bytes.count <= AirlockMessage.limit)
    }

    @Test("is refused when it is cut, longer, of another version or of no kind", arguments: messages)
    func refused(message: AirlockMessage) {
        let bytes = message.bytes
        for length in 0..<bytes.count {
            #expect(throws: RecordError.self) { try AirlockMessage(bytes: Array(bytes.prefix(length))) }
        }
        for changed in [bytes + [0], [9] + bytes.dropFirst(), Array(bytes.prefix(2)) + [9] + bytes.dropFirst(3)] {
            #expect(throws: RecordError.self) { try AirlockMessage(bytes: changed) }
        }
    }

    @Test("begins with what the plan says again")
    func outline() {
        let (plan, outline) = (Samples.plan, Samples.plan.outline)
        #expect(outline.task == plan.task && outline.identity == plan.identity)
        #expect(outline.network == plan.network && outline.mergesError == plan.streams.mergesError)
    }
}
