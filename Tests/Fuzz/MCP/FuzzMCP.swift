import JSON
import ToolProtocol

/// Lines of a client: whatever they are, each is answered in one line, or not at all.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: data, count: size)
    var conversation = Conversation(server: ServerDescription(version: "0"))
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
        if case .answer(let response) = conversation.receive(line: [UInt8](line)) { check(response.line) }
    }
    if let value = try? JSON.parse([UInt8](bytes)) {
        guard (try? JSON.parse(value.bytes)) == value else { fatalError("written and read, it is something else") }
    }
    return 0
}

private func check(_ line: [UInt8]) {
    guard !line.dropLast().contains(UInt8(ascii: "\n")) else { fatalError("an answer is one line") }
    guard (try? JSON.parse(line)) != nil else { fatalError("an answer is JSON") }
}
