import Glibc
import Kernel

/// A file that is made before its contents are known. It has its name only with them: whoever finds it finds it whole.
struct PreparedFile {
    private let name: String
    private let unnamed: String
    private let file: Int32
    private let directory: Int32

    /// Makes the file without its name.
    ///
    /// - Parameter room: Bytes that are there from now on, so that no full disk can lose what comes.
    init(_ name: String, at directory: Int32, room: Int = 0) throws(Errno) {
        (self.name, unnamed, self.directory) = (name, "\(name).new", directory)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
        file = try Files.open(unnamed, flags, mode: 0o600, at: directory).release()
        if room > 0 { try Transfer.write(file, [UInt8](repeating: 0, count: room)) }
    }

    /// Writes the contents, once.
    func write(_ bytes: [UInt8]) throws(Errno) { try Transfer.write(file, bytes, at: 0) }

    /// Gives it its name.
    func publish() throws(Errno) { try Files.rename(unnamed, to: name, at: directory) }

    /// Waits until contents and name are on disk. The name needs a call of its own where the room was on disk before the name
    /// was given (fsync(2)).
    func makeDurable() throws(Errno) {
        try Files.makeDurable(file)
        try Files.makeNamesDurable(directory)
    }
}
