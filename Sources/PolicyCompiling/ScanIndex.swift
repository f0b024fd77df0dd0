internal import Glibc
internal import Kernel
internal import Launching
internal import Records
internal import Tasks

/// What earlier scans found, by directory. It saves time and nothing else: a damaged one is forgotten.
struct ScanIndex {
    private struct Entry {
        let stamp: PathStamp
        let contents: DirectoryContents
    }

    private var known: [String: Entry] = [:]
    private var used: [String: Entry] = [:]

    private static let magic: StaticString = "CSIX"
    private static let version: UInt16 = 2
    private static let name = "scan"

    /// What the state directory has of earlier scans.
    static func load(_ state: StateDirectory) throws(LaunchError) -> ScanIndex {
        do throws(Errno) {
            return ScanIndex(decoding: try Files.contents(name, at: state.directory.number))
        } catch {
            guard error.rawValue == ENOENT else {
                throw LaunchError(.failed, "policy", "the index of executables: \(error)")
            }
            return ScanIndex()
        }
    }

    private init() {}

    /// A damaged index, or one of another version, is as good as none: everything is read again.
    private init(decoding bytes: [UInt8]) {
        do throws(RecordError) {
            var (version, reader) = try Envelope.open(magic: Self.magic, newest: Self.version, bytes: bytes)
            guard version == Self.version else { return }
            let entries = try reader.list { (each) throws(RecordError) in
                Entry(stamp: try each.value(), contents: try DirectoryContents(from: &each))
            }
            for entry in entries { known[entry.stamp.path] = entry }
        } catch {
            known = [:]
        }
    }

    /// What the directory holds, if it still looks as it did.
    mutating func contents(of directory: String, _ stamp: PathStamp) -> DirectoryContents? {
        guard let entry = known[directory], entry.stamp == stamp else { return nil }
        used[directory] = entry
        return entry.contents
    }

    mutating func remember(_ directory: String, _ stamp: PathStamp, _ contents: DirectoryContents) {
        used[directory] = Entry(stamp: stamp, contents: contents)
    }

    /// Keeps what this scan used for the next one.
    func save(_ state: StateDirectory) throws(LaunchError) {
        var writer = ByteWriter()
        writer.write(Array(used.values)) {
            $0.write($1.stamp)
            $0.write($1.contents)
        }
        let bytes = Envelope.seal(magic: Self.magic, version: Self.version, contents: writer.bytes)
        try on("the index of executables") { () throws(Errno) in
            let temporary = ".new-\(Self.name)-\(Hexadecimal.text(try Host.random(8)))"
            try Files.replace(
                Self.name, with: bytes, at: state.directory.number, temporary: temporary, durable: false)
        }
    }
}

extension DirectoryContents: ByteCodable {
    func encode(to writer: inout ByteWriter) {
        writer.write(programs) {
            $0.write($1.name)
            $0.write($1.device)
            $0.write($1.inode)
        }
        writer.write(subdirectories)
    }

    init(from reader: inout ByteReader) throws(RecordError) {
        programs = try reader.list { (each) throws(RecordError) in
            Program(name: try each.string(), device: try each.integer(), inode: try each.integer())
        }
        subdirectories = try reader.strings()
    }
}
