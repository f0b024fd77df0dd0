internal import Glibc
public import Kernel

/// A directory of a test's own, removed at its end.
public final class Scratch: Sendable {
    /// Its real path.
    public let path: String
    /// The directory itself.
    public let directory: Descriptor

    /// Makes the directory, for its owner alone.
    public init() throws(Errno) {
        var template = Array("/tmp/caisson-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        directory = try Files.open(path, O_RDONLY | O_DIRECTORY)
    }

    deinit {
        do { try Files.removeTree(path) } catch { fatalError("\(path): \(error)") }
    }

    /// Makes a file, and the directories above it; whatever was there is overwritten.
    @discardableResult
    public func write(_ name: String, _ text: String = "", mode: UInt32 = 0o644) throws(Errno) -> String {
        try write(name, Array(text.utf8), mode: mode)
    }

    /// Makes a file, and the directories above it.
    ///
    /// - Returns: Its path.
    @discardableResult
    public func write(_ name: String, _ bytes: [UInt8], mode: UInt32 = 0o644) throws(Errno) -> String {
        let place = "\(path)/\(name)"
        if let parent = Paths.parent(place) { try Files.makeDirectories(parent, mode: 0o755) }
        let file = try Files.open(place, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        try Transfer.write(file.number, bytes)
        try Files.setMode(file.number, mode)
        return place
    }

    /// Makes a directory, and those above it.
    ///
    /// - Returns: Its path.
    @discardableResult
    public func makeDirectory(_ name: String, mode: UInt32 = 0o755) throws(Errno) -> String {
        let place = "\(path)/\(name)"
        try Files.makeDirectories(place, mode: 0o755)
        let made = try Files.open(place, O_RDONLY | O_DIRECTORY)
        try Files.setMode(made.number, mode)
        return place
    }

    /// Makes a symbolic link.
    ///
    /// - Returns: Its path.
    @discardableResult
    public func link(_ name: String, to target: String) throws(Errno) -> String {
        try Files.link(target, as: "\(path)/\(name)")
        return "\(path)/\(name)"
    }

    /// Whether there is anything of that name, a link that leads nowhere included.
    public func exists(_ name: String) throws(Errno) -> Bool {
        do {
            _ = try FileStatus.of("\(path)/\(name)", follow: false)
            return true
        } catch {
            guard error.rawValue == ENOENT else { throw error }
            return false
        }
    }

    /// The names in a directory of it, in order.
    public func names(_ name: String = ".") throws(Errno) -> [String] {
        try Files.names(in: "\(path)/\(name)").sorted()
    }

    /// The text of a file.
    public func text(_ name: String) throws(Errno) -> String {
        String(decoding: try Files.contents("\(path)/\(name)"), as: UTF8.self)
    }
}

/// How many descriptors this process has open: what a failure leaks shows here.
///
/// Other tests run at the same time in this process: compare counts of hundreds of rounds, never of one.
public func openDescriptors() throws(Errno) -> Int { try Files.names(in: "/proc/self/fd").count }
