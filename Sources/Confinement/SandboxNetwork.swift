internal import CKernel
internal import Glibc
internal import Kernel
public import Records

/// The network namespace and the host name, from inside.
public enum SandboxNetwork {
    /// Brings the loopback up where the plan wants one. In `none` nothing is up: not even 127.0.0.1 answers.
    public static func setUp(_ network: PlannedNetwork) throws(ConfinementError) {
        guard network == .loopback else { return }
        _ = try step(.network) { () throws(Errno) in try checked { csn_loopback_up() } }
    }

    /// Names the sandbox's host.
    public static func setHostName(_ name: String) throws(ConfinementError) {
        _ = try step(.hostName) { () throws(Errno) in try checked { sethostname(name, name.utf8.count) } }
    }
}
