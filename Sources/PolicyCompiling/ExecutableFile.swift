internal import Glibc
internal import Kernel

/// Whether a file is something that could be run: by execve(2), or by the loader, which needs no permission bit.
enum ExecutableFile: Equatable {
    /// Data, or a library.
    case no
    /// A program, and the loader that it names.
    case program(loader: String?)
    /// A text with a `#!` line and permission to execute it.
    case script

    /// Looks at an open file.
    ///
    /// - Parameters:
    ///   - name: Its last component, by which libraries with an interpreter header (libc.so.6) are known.
    ///   - isPermitted: Whether it has any execute permission.
    static func examine(_ file: Int32, name: String, isPermitted: Bool) throws(Errno) -> ExecutableFile {
        let start = try Transfer.read(file, at: 0, count: 4096)
        if start.starts(with: [0x23, 0x21]) { return isPermitted ? .script : .no }
        guard start.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { return .no }
        guard let headers = try ELFHeaders(start, file) else { return .no }
        return try headers.kind(file, name: name, isPermitted: isPermitted)
    }
}

/// The program headers of a 64-bit little-endian ELF file (elf(5)), as far as they tell a program from a library.
///
/// Whoever wrote the file chose every number in it.
struct ELFHeaders {
    private let type: UInt16
    private var interpreter: (offset: UInt64, size: UInt64)?
    private var dynamic: (offset: UInt64, size: UInt64)?

    private static let executable: UInt16 = 2
    private static let shared: UInt16 = 3
    /// Size of one program header; the kernel and the loader take no other.
    private static let size = 56
    /// The kernel reads no larger table (fs/binfmt_elf.c).
    private static let tableLimit = 65536

    /// Reads the headers; nil for what this host could not load (32 bit, big-endian, cut off).
    ///
    /// - Parameter start: The first bytes of the file. The table of headers may lie behind them: patchelf puts it at the end.
    init?(_ start: [UInt8], _ file: Int32) throws(Errno) {
        guard start.count >= 64, start[4] == 2, start[5] == 1 else { return nil }
        type = start.value(at: 16)
        let (size, count): (UInt16, UInt16) = (start.value(at: 54), start.value(at: 56))
        guard Int(size) == Self.size else { return nil }
        let length = min(Int(count) * Self.size, Self.tableLimit)
        let table = try Transfer.read(file, at: start.value(at: 32), count: length)
        for place in stride(from: 0, through: table.count - Self.size, by: Self.size) {
            let kind: UInt32 = table.value(at: place)
            let part: (UInt64, UInt64) = (table.value(at: place + 8), table.value(at: place + 32))
            if kind == 3 { interpreter = part }
            if kind == 2 { dynamic = part }
        }
    }

    func kind(_ file: Int32, name: String, isPermitted: Bool) throws(Errno) -> ExecutableFile {
        guard type == Self.executable || type == Self.shared else { return .no }
        let loader = try loader(file)
        let isNamedLibrary =
            (name.hasPrefix("lib") || name.hasPrefix("ld-") || name.hasPrefix("ld.")) && name.contains(".so")
        if isNamedLibrary, try dynamicTags(file).hasName { return .no }
        if type == Self.executable || loader != nil { return .program(loader: loader) }
        let tags = try dynamicTags(file)
        return tags.isPositionIndependentProgram || (isPermitted && !tags.hasName && !name.contains(".so"))
            ? .program(loader: nil) : .no
    }

    private func loader(_ file: Int32) throws(Errno) -> String? {
        guard let interpreter, interpreter.size > 1, interpreter.size <= 4096 else { return nil }
        let bytes = try Transfer.read(file, at: interpreter.offset, count: Int(interpreter.size))
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    private struct Tags {
        var hasName = false
        var isPositionIndependentProgram = false
    }

    /// DT_SONAME says that it is a library, DF_1_PIE in DT_FLAGS_1 that it is a program.
    private func dynamicTags(_ file: Int32) throws(Errno) -> Tags {
        var tags = Tags()
        guard let dynamic else { return tags }
        let bytes = try Transfer.read(file, at: dynamic.offset, count: Int(min(dynamic.size, 16384)))
        for place in stride(from: 0, to: bytes.count - 15, by: 16) {
            let (tag, value): (UInt64, UInt64) = (bytes.value(at: place), bytes.value(at: place + 8))
            if tag == 14 { tags.hasName = true }
            if tag == 0x6fff_fffb { tags.isPositionIndependentProgram = value & 0x0800_0000 != 0 }
        }
        return tags
    }
}

extension [UInt8] {
    fileprivate func value<Value: FixedWidthInteger>(at place: Int) -> Value {
        withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: Value.self)) }
    }
}
