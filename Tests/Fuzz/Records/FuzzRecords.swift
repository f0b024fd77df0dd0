import Records

/// What front ends and airlock exchange and keep on disk. A frame with the right checksum is made around the input, or nothing but
/// the checksum would ever be tested.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    guard size >= 2 else { return 0 }
    let bytes = [UInt8](UnsafeBufferPointer(start: data + 2, count: size - 2))
    let version = UInt16(data[1] % 4)
    switch data[0] % 8 {
    case 0: plan(Envelope.seal(magic: LaunchPlan.magic, version: version, contents: bytes))
    case 1: _ = try? TaskRecord.open(Envelope.seal(magic: TaskRecord.magic, version: version, contents: bytes))
    case 2: _ = try? EndRecord.open(Envelope.seal(magic: EndRecord.magic, version: version, contents: bytes))
    case 3: _ = try? Receipt.open(Envelope.seal(magic: Receipt.magic, version: version, contents: bytes))
    case 4: _ = try? AirlockMessage(bytes: bytes)
    case 5: _ = try? ControlRequest(bytes: bytes)
    case 6: _ = try? ControlReply(bytes: bytes)
    default:
        _ = StatusMessage.read(bytes)
        plan(bytes)
    }
    return 0
}

/// A plan that can be read can be sent on, and is read as the same.
private func plan(_ bytes: [UInt8]) {
    guard let plan = try? LaunchPlan.open(bytes) else { return }
    guard (try? LaunchPlan.open(plan.sealed)) == plan else { fatalError("sent and read, it is another plan") }
}
