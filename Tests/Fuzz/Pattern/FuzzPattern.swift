import Patterns

/// Patterns of callers on output of tasks: both may be anything, and a match is where it is however the stream is cut.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: data, count: size)
    let end = bytes.firstIndex(of: 0) ?? size
    guard end < 200, let pattern = try? OutputPattern(String(decoding: bytes[..<end], as: UTF8.self)) else { return 0 }
    let stream = [UInt8](bytes[end...].dropFirst())
    guard found(pattern, stream, [stream.count]) == found(pattern, stream, [1, 2, 3]) else {
        fatalError("cut otherwise, the match is elsewhere")
    }
    return 0
}

private func found(_ pattern: OutputPattern, _ stream: [UInt8], _ sizes: [Int]) -> Int? {
    var (pattern, place, turn) = (pattern, 0, 0)
    pattern.reset()
    while place < stream.count {
        let next = min(stream.count, place + max(1, sizes[turn % sizes.count]))
        if let count = pattern.feed(Array(stream[place..<next])) { return place + count }
        (place, turn) = (next, turn + 1)
    }
    return pattern.finish() ? stream.count : nil
}
