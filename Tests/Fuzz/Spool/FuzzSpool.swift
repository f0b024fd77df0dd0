import Glibc
import Kernel
import Records
import Spooling

/// A record that was written, and whose files were then cut and changed, as after a crash or on a damaged disk: a reader ends, gets no
/// more than it asked for, and gets what was written as long as nothing was changed.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    guard size >= 3 else { return 0 }
    var input = Input(bytes: UnsafeBufferPointer(start: data, count: size)[...])
    let limit = UInt64(input.next()) * 32 + 64
    for name in names { unlinkat(directory, name, 0) }
    let written = write(&input, SpoolWriter(directory: directory, limit: limit))
    let isHarmed = harm(&input)
    let reader = SpoolReader(directory: directory, limit: limit)
    for (source, text) in [
        (SpoolSource.both, nil), (.stream(.stdout), written.stdout), (.stream(.stderr), written.stderr),
    ] {
        read(reader, source, isHarmed ? nil : text, from: UInt64(input.next()) * 8, atMost: Int(input.next()) + 1)
    }
    return 0
}

private struct Input {
    var bytes: Slice<UnsafeBufferPointer<UInt8>>
    mutating func next() -> UInt8 { bytes.popFirst() ?? 0 }
}

private func write(_ input: inout Input, _ writer: SpoolWriter) -> (stdout: [UInt8], stderr: [UInt8]) {
    var written: (stdout: [UInt8], stderr: [UInt8]) = ([], [])
    for _ in 0..<input.next() % 32 {
        let (kind, count) = (input.next(), Int(input.next()) * 3)
        let text = (0..<count).map { UInt8(truncatingIfNeeded: $0 &+ written.stdout.count) }
        guard (try? text.withUnsafeBytes { try writer.append(kind % 2 == 0 ? .stdout : .stderr, $0) }) != nil else {
            fatalError("it was not written")
        }
        if kind % 2 == 0 { written.stdout += text } else { written.stderr += text }
    }
    return written
}

/// Cuts and overwrites; false where nothing was done.
private func harm(_ input: inout Input) -> Bool {
    let count = input.next() % 8
    for _ in 0..<count {
        let name = names[Int(input.next()) % names.count]
        let (place, value) = (Int(input.next()) * 8 + Int(input.next() % 8), input.next())
        let file = openat(directory, name, O_WRONLY)
        guard file >= 0 else { continue }
        if value % 3 == 0 {
            ftruncate(file, place)
        } else {
            withUnsafeBytes(of: value) { _ = pwrite(file, $0.baseAddress, 1, place) }
        }
        close(file)
    }
    return count > 0
}

private func read(_ reader: SpoolReader, _ source: SpoolSource, _ text: [UInt8]?, from start: UInt64, atMost most: Int)
{
    var (offset, turns) = (start, 0)
    while let slice = try? reader.read(source, offset: offset, maxBytes: most) {
        guard slice.bytes.count <= most, slice.nextOffset >= offset else { fatalError("more than asked for") }
        if let text {
            guard slice.bytes.elementsEqual(text.dropFirst(Int(slice.offset)).prefix(slice.bytes.count)) else {
                fatalError("other bytes than were written")
            }
        }
        guard slice.more, slice.nextOffset > offset, turns < 50 else { return }
        (offset, turns) = (slice.nextOffset, turns + 1)
    }
    guard text == nil else { fatalError("it can't be read") }
}

private let names = ["order", "out.head", "out.tail", "err.head", "err.tail"]

/// Made and removed by scripts/fuzz: this process may not live to do it.
private let directory: Int32 = {
    guard let path = getenv("CAISSON_FUZZ_DIRECTORY") else { fatalError("CAISSON_FUZZ_DIRECTORY names no directory") }
    return open(path, O_RDONLY | O_DIRECTORY)
}()
