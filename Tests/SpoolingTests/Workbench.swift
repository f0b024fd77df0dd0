import Glibc
import Kernel

@testable import Spooling

/// A task's directory in the temporary directory, removed at the end.
final class Workbench {
    let path: String
    let directory: Int32

    init() throws {
        var template = Array("/tmp/caisson-spool-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Errno(rawValue: errno) }
        path = String(cString: made)
        directory = try Files.open(path, O_RDONLY | O_DIRECTORY).release()
    }

    deinit {
        close(directory)
        do { try Files.removeTree(path) } catch { fatalError("\(path): \(error)") }
    }

    func writer(limit: UInt64) -> SpoolWriter { SpoolWriter(directory: directory, limit: limit) }
    func reader(limit: UInt64) -> SpoolReader { SpoolReader(directory: directory, limit: limit) }
}

extension SpoolWriter {
    func append(_ stream: SpoolStream, _ bytes: [UInt8]) throws(Errno) {
        var failure: Errno?
        bytes.withUnsafeBytes { raw in
            do throws(Errno) { try append(stream, raw) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}

/// Numbers that are the same on every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
