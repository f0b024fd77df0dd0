internal import Glibc
internal import Kernel
internal import Launching
internal import Records
internal import Tasks

/// A directory that is made once, named after its contents, and never changed: tasks that run have it in their view.
struct Layer {
    /// What it is made of.
    enum Entry: Sendable, Equatable {
        case directory
        case whiteout
        case link(String)
        case file([UInt8], mode: UInt32)
    }

    private var entries: [(path: String, entry: Entry)] = []
    /// Names are bytes: two spellings of one letter are two directories.
    private var directories: Set<[UInt8]> = []

    /// Adds something; directories above it are made where they are missing.
    mutating func add(_ path: String, _ entry: Entry) {
        let components = Paths.components(path)
        for count in 1..<max(1, components.count) {
            let above = components.prefix(count).joined(separator: "/")
            if directories.insert(Array(above.utf8)).inserted { entries.append((above, .directory)) }
        }
        let name = components.joined(separator: "/")
        if case .directory = entry, !directories.insert(Array(name.utf8)).inserted { return }
        entries.append((name, entry))
    }

    var isEmpty: Bool { entries.isEmpty }

    /// Makes it in the state directory, unless a layer with the same contents is there.
    ///
    /// - Returns: Its absolute path.
    func make(_ state: StateDirectory) throws(LaunchError) -> String {
        let parent = try launching { () throws(TaskError) in try state.subdirectory("layers") }
        let (name, number) = (digest, parent.number)
        let path = "\(state.path)/layers/\(name)"
        try on(path) { () throws(Errno) in
            if try Layer.isThere(name, number) {
                // It is used again.
                return try Files.removeTree(UnusedLayers.mark + name, at: number)
            }
            let temporary = ".new-\(name)-\(Hexadecimal.text(try Host.random(8)))"
            try Files.makeDirectory(temporary, at: number)
            do throws(Errno) {
                let root = try Files.open(temporary, O_RDONLY | O_DIRECTORY, at: number)
                try Files.setMode(root.number, Self.directoryMode)
                try fill(root.number)
                try Files.rename(temporary, to: name, at: number)
            } catch {
                try Files.removeTree(temporary, at: number)
                // Another front end made the same layer in the meantime.
                guard error.rawValue == EEXIST || error.rawValue == ENOTEMPTY else { throw error }
            }
        }
        return path
    }

    /// Tasks have users of their own: they must get through, whatever the umask of the front end.
    private static let directoryMode: UInt32 = 0o755

    private static func isThere(_ name: String, _ parent: Int32) throws(Errno) -> Bool {
        do {
            return try FileStatus.of(name, at: parent, follow: false).isDirectory
        } catch {
            guard error.rawValue == ENOENT else { throw error }
            return false
        }
    }

    private func fill(_ root: Int32) throws(Errno) {
        // One whiteout with many names: an inode for each would cost ten times as long.
        var whiteouts = Whiteouts(root: root)
        for (path, entry) in entries {
            switch entry {
            case .directory:
                try Files.makeDirectory(path, at: root)
                try Files.setMode(try Files.open(path, O_RDONLY | O_DIRECTORY, at: root), Self.directoryMode)
            case .whiteout: try whiteouts.add(path)
            case .link(let target): try Files.link(target, as: path, at: root)
            case .file(let bytes, let mode):
                let file = try Files.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600, at: root)
                try Transfer.write(file.number, bytes)
                try Files.setMode(file.number, mode)
            }
        }
    }

    /// Names its contents; the whole of it, so that nothing else can stand under that name.
    private var digest: String {
        var writer = ByteWriter()
        for (path, entry) in entries {
            writer.write(path)
            switch entry {
            case .directory: writer.write(UInt8(1))
            case .whiteout: writer.write(UInt8(2))
            case .link(let target):
                writer.write(UInt8(3))
                writer.write(target)
            case .file(let bytes, let mode):
                writer.write(UInt8(4))
                writer.write(mode)
                writer.write(bytes)
            }
        }
        return SHA256.hexadecimal(writer.bytes)
    }
}

/// Whiteouts that share one inode, as far as the file system lets one have so many names.
private struct Whiteouts {
    let root: Int32
    private var first: String?

    init(root: Int32) {
        self.root = root
    }

    mutating func add(_ path: String) throws(Errno) {
        if let first {
            do {
                return try Files.hardLink(first, as: path, at: root)
            } catch {
                guard error.rawValue == EMLINK else { throw error }
            }
        }
        try Files.makeWhiteout(path, at: root)
        first = path
    }
}

/// Turns an error of the state directory into one of the compiler.
func launching<Result: ~Copyable>(_ body: () throws(TaskError) -> Result) throws(LaunchError) -> Result {
    do {
        return try body()
    } catch {
        throw LaunchError(.failed, "policy", error.message, remedy: error.remedy)
    }
}
