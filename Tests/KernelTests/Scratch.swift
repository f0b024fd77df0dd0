import Glibc

@testable import Kernel

/// A directory of a test's own, removed at its end.
final class Scratch {
    let path: String
    let directory: Int32

    init() throws {
        var template = Array("/tmp/caisson-kernel-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Errno.last }
        path = String(cString: made)
        directory = try Files.open(path, O_RDONLY | O_DIRECTORY).release()
    }

    deinit {
        close(directory)
        do { try Files.removeTree(path) } catch { fatalError("\(path): \(error)") }
    }

    func write(_ name: String, _ text: String) throws {
        try Files.replace(name, with: Array(text.utf8), at: directory, durable: false)
    }

    func text(_ name: String) throws -> String {
        String(decoding: try Files.contents(name, at: directory), as: UTF8.self)
    }

    func exists(_ name: String) throws -> Bool {
        do {
            _ = try FileStatus.of(name, at: directory, follow: false)
            return true
        } catch {
            guard error.rawValue == ENOENT else { throw error }
            return false
        }
    }
}

/// Whether a number is that of an open descriptor.
func isOpen(_ number: Int32) -> Bool { fcntl(number, F_GETFD) >= 0 }

/// The numbers of both ends, which the caller closes.
func numbers(_ pair: consuming DescriptorPair) -> (first: Int32, second: Int32) {
    var numbers: (first: Int32, second: Int32) = (-1, -1)
    pair.apart { numbers = ($0.release(), $1.release()) }
    return numbers
}
