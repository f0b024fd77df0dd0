/// A 64-bit little-endian ELF file, made of what a test is about and of nothing else.
struct ELFImage {
    /// ET_EXEC is 2, ET_DYN is 3.
    var type: UInt16 = 3
    /// What the loader is called; nil: no PT_INTERP.
    var interpreter: String?
    /// Tags and values of the dynamic section; empty: no PT_DYNAMIC.
    var tags: [(UInt64, UInt64)] = []
    /// Bytes between the header and the table of program headers.
    var gap = 0

    /// DT_SONAME.
    static let name: (UInt64, UInt64) = (14, 1)
    /// DF_1_PIE in DT_FLAGS_1.
    static let position: (UInt64, UInt64) = (0x6fff_fffb, 0x0800_0000)

    /// The whole file.
    var bytes: [UInt8] {
        let table = 64 + gap
        let count = (interpreter == nil ? 0 : 1) + (tags.isEmpty ? 0 : 1)
        var (headers, data): ([UInt8], [UInt8]) = ([], [])
        let start = table + 56 * count
        if let interpreter {
            headers += Self.header(3, at: start, size: interpreter.utf8.count + 1)
            data += Array(interpreter.utf8) + [0]
        }
        if !tags.isEmpty {
            headers += Self.header(2, at: start + data.count, size: 16 * tags.count)
            data += tags.flatMap { Self.words([$0.0, $0.1]) }
        }
        return Self.start(type: type, table: UInt64(table), size: 56, count: UInt16(count))
            + [UInt8](repeating: 0, count: gap) + headers + data
    }

    /// The 64 bytes of the ELF header.
    static func start(type: UInt16, table: UInt64, size: UInt16, count: UInt16) -> [UInt8] {
        let ident: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0] + [UInt8](repeating: 0, count: 8)
        return ident + halves([type, 62]) + [1, 0, 0, 0] + words([0, table, 0]) + [0, 0, 0, 0]
            + halves([64, size, count, 0, 0, 0])
    }

    /// One program header.
    static func header(_ kind: UInt32, at offset: UInt64, size: UInt64) -> [UInt8] {
        halves([UInt16(truncatingIfNeeded: kind), UInt16(kind >> 16)]) + [4, 0, 0, 0]
            + words([offset, 0, 0, size, size, 1])
    }

    private static func header(_ kind: UInt32, at offset: Int, size: Int) -> [UInt8] {
        header(kind, at: UInt64(offset), size: UInt64(size))
    }

    private static func words(_ values: [UInt64]) -> [UInt8] {
        values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    }

    private static func halves(_ values: [UInt16]) -> [UInt8] {
        values.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    }
}
