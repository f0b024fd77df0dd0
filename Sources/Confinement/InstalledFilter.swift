internal import CKernel
internal import Glibc
internal import Kernel
public import Records

/// A seccomp program, compiled elsewhere and installed here. Source: seccomp(2).
public enum InstalledFilter {
    /// Installs an array of struct sock_filter for this process. Nothing takes it away again.
    ///
    /// - Parameter program: At most 4096 instructions of eight bytes; an empty one is refused, because a task without
    ///   its filter must not start.
    public static func install(_ program: [UInt8], stage: Stage) throws(ConfinementError) {
        let count = program.count / 8
        guard count > 0, count <= 4096, program.count % 8 == 0 else {
            throw ConfinementError(stage, Errno(rawValue: EINVAL))
        }
        _ = try step(stage) { () throws(Errno) in
            try checked { program.withUnsafeBytes { csn_seccomp_install($0.baseAddress, UInt16(count)) } }
        }
    }
}
