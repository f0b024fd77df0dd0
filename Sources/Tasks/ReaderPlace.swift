internal import Glibc
internal import Kernel
internal import Records
public import Spooling

/// Where a reader of a task's output stopped, kept with the task: another front end goes on from there.
public struct ReaderPlace: Sendable {
    private let file: String

    /// The place of one reader in one source.
    ///
    /// - Parameter reader: Any name; two readers with different names don't know of each other.
    public init(_ reader: String, _ source: SpoolSource) {
        let digest = SHA256.hexadecimal(Array(reader.utf8)).prefix(32)
        file = "place-\(source.word)-\(digest)"
    }

    /// The offset at which the next read begins; 0 for a reader that has read nothing.
    public func offset(in task: TaskDirectory) throws(TaskError) -> UInt64 {
        do throws(Errno) {
            let bytes = try Files.contents(file, at: task.directory.number, limit: 64)
            // A torn place is one that was never written: the reader gets again what it had.
            return UInt64(String(decoding: bytes, as: UTF8.self)) ?? 0
        } catch {
            guard error.rawValue == ENOENT else { throw .system("the place of a reader", error) }
            return 0
        }
    }

    /// Moves the place. Call it when the answer has been written, not before.
    public func move(to offset: UInt64, in task: TaskDirectory) throws(TaskError) {
        try on("the place of a reader") { () throws(Errno) in
            // Two front ends of one user share a place: each writes a file of its own.
            let temporary = "\(file).\(Hexadecimal.text(try Host.random(8)))"
            try Files.replace(
                file, with: Array("\(offset)".utf8), at: task.directory.number, temporary: temporary, durable: false)
        }
    }
}
