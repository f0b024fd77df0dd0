import JSON
import ToolProtocol

/// Lines of a client: whatever they are, each is answered in one line, or not at all.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: data, count: size)
    var conversation = Conversation(server: ServerDescription(version: "0"))
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
        switch conversation.receive(line: [UInt8](line)) {
        case .answer(let response): check(response.line)
        case .subscription(let subscription): take(subscription, &conversation)
        default: break
        }
    }
    for response in conversation.endListening() { check(response.line) }
    if let value = try? JSON.parse([UInt8](bytes)) {
        guard (try? JSON.parse(value.bytes)) == value else { fatalError("written and read, it is something else") }
    }
    return 0
}

/// Begins or ends what a client wants to hear of, as if there were every task.
private func take(_ subscription: SubscriptionRequest, _ conversation: inout Conversation) {
    let request = subscription.request
    switch subscription.change {
    case .subscribe(let resource):
        if let response = conversation.subscribe(request, to: resource) { check(response.line) }
        conversation.notices(of: resource).forEach { check($0.line) }
    case .unsubscribe(let resource):
        if let response = conversation.unsubscribe(request, from: resource) { check(response.line) }
    case .listen(let filter):
        if let first = conversation.listen(request, filter) { check(first.line) }
        filter.resources.flatMap(conversation.notices).forEach { check($0.line) }
    }
}

private func check(_ line: [UInt8]) {
    guard !line.dropLast().contains(UInt8(ascii: "\n")) else { fatalError("an answer is one line") }
    guard (try? JSON.parse(line)) != nil else { fatalError("an answer is JSON") }
}
