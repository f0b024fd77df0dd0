internal import CKernel

/// The descriptors of this process as a whole. Source: close_range(2).
public enum Descriptors {
    /// Closes everything from 3 up that is not kept.
    public static func closeAll(but kept: [Int32]) throws(Errno) {
        var first: UInt32 = 3
        for number in kept.sorted() where number >= 3 {
            let next = UInt32(number)
            if next > first { try close(first, next - 1) }
            first = next + 1
        }
        try close(first, UInt32.max)
    }

    /// Marks everything from 3 up to be closed by execve, also what another part of the program forgot.
    public static func closeOnExecute() throws(Errno) {
        _ = try checked { csn_close_range(3, UInt32.max, UInt32(CSN_CLOSE_RANGE_CLOEXEC)) }
    }

    private static func close(_ first: UInt32, _ last: UInt32) throws(Errno) {
        _ = try checked { csn_close_range(first, last, 0) }
    }
}

/// fork(2), for a process with one thread.
public func forkProcess() -> Int32 { csn_fork() }

/// Replaces this process's program by the file behind a descriptor. Source: execveat(2) with AT_EMPTY_PATH.
///
/// - Parameters:
///   - arguments: argv, each without NUL.
///   - environment: `NAME=value`, each without NUL.
/// - Returns: Only the failure.
public func execute(_ file: Int32, _ arguments: [[UInt8]], _ environment: [[UInt8]]) -> Errno {
    let (argv, envp) = (pointers(arguments), pointers(environment))
    _ = csn_execveat(file, "", argv, envp, Int32(CSN_AT_EMPTY_PATH))
    return Errno.last
}

/// An array for execve(2), which is never freed: it is gone with the program, or the process ends.
private func pointers(_ list: [[UInt8]]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
    let array = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: list.count + 1)
    for (place, bytes) in list.enumerated() {
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
        for (index, byte) in bytes.enumerated() { copy[index] = CChar(bitPattern: byte) }
        copy[bytes.count] = 0
        array[place] = copy
    }
    array[list.count] = nil
    return array
}
