internal import Glibc
internal import Kernel
public import Records

/// Stamps of many paths in the bytes in which they are stored: hundreds of them are compared at every launch, and none is worth a
/// string.
public struct StampList: Sendable, Equatable, ByteCodable {
    /// For each path: whether there was something (one byte), seven numbers of eight bytes each, the path and a NUL.
    private let bytes: [UInt8]

    private static let head = 1 + 7 * 8

    /// A list of stamps.
    public init(_ stamps: [PathStamp]) {
        var bytes: [UInt8] = []
        for stamp in stamps {
            bytes.append(stamp.facts == nil ? 0 : 1)
            for number in stamp.facts?.numbers ?? [UInt64](repeating: 0, count: 7) {
                withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
            }
            bytes += Array(stamp.path.utf8) + [0]
        }
        self.bytes = bytes
    }

    /// Whether every path still looks the same.
    public func areCurrent() throws(LaunchError) -> Bool {
        var place = 0
        while place < bytes.count {
            guard try isCurrent(at: &place) else { return false }
        }
        return true
    }

    /// Compares the stamp at a place, and moves to the next.
    private func isCurrent(at place: inout Int) throws(LaunchError) -> Bool {
        let (start, path) = (place, place + Self.head)
        guard path < bytes.count, let end = bytes[path...].firstIndex(of: 0) else { return false }
        place = end + 1
        let found: PathStamp.Facts?
        do throws(Errno) {
            found = try PathStamp.facts(bytes, at: path)
        } catch {
            let name = String(decoding: bytes[path..<end], as: UTF8.self)
            return try on(name) { () throws(Errno) in throw error }
        }
        guard bytes[start] == 1 else { return found == nil }
        return found.map { isEqual($0, at: start + 1) } ?? false
    }

    private func isEqual(_ facts: PathStamp.Facts, at place: Int) -> Bool {
        bytes.withUnsafeBytes { raw in
            func number(_ index: Int) -> UInt64 {
                UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: place + index * 8, as: UInt64.self))
            }
            return facts.device == number(0) && facts.inode == number(1) && facts.size == number(2)
                && facts.modified == number(3) && facts.changed == number(4) && facts.mode == number(5)
                && facts.owner == number(6)
        }
    }

    /// Writes the bytes.
    public func encode(to writer: inout ByteWriter) { writer.write(bytes) }

    /// Reads the bytes; what they say is found out when they are compared.
    public init(from reader: inout ByteReader) throws(RecordError) { bytes = try reader.byteList() }
}
