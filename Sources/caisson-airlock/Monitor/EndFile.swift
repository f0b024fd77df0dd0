import Glibc
import Kernel
import Records

/// The file of the task's end. Its room is on disk before the task begins: no full disk can lose the end, and to make it
/// durable takes one write, not a commit of the file system's journal.
struct EndFile {
    private let file: Int32
    private let directory: Int32

    private static let name = "end"
    private static let unnamed = "end.new"
    /// One sector; only a record with a long text needs more.
    private static let size = 512

    /// Makes the file without its name: whoever finds it named finds it whole.
    init(at directory: Int32) throws(Errno) {
        let made = try Files.open(Self.unnamed, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600, at: directory)
        try Transfer.write(made.number, [UInt8](repeating: 0, count: Self.size))
        try Files.makeDurable(made.number)
        (file, self.directory) = (made.release(), directory)
    }

    /// Writes the record, waits until it is on disk, and gives it its name.
    func write(_ record: EndRecord) throws(Errno) {
        try Transfer.write(file, record.sealed(filling: Self.size), at: 0)
        try Files.makeDurable(file)
        try Files.rename(Self.unnamed, to: Self.name, at: directory)
    }
}
