internal import CKernel
internal import Glibc

/// Signals that are read from a descriptor instead of interrupting.
public enum Signals {
    /// Blocks signals and makes a descriptor that is readable when one arrives. Source: signalfd(2).
    public static func descriptor(_ signals: [Int32]) throws(Errno) -> Descriptor {
        Descriptor(owning: try checked { csn_signalfd(signals, signals.count) })
    }

    /// The next signal of a descriptor; waits for one.
    public static func next(_ descriptor: Int32) throws(Errno) -> Int32 {
        // struct signalfd_siginfo has 128 bytes; its first member is the number.
        var record = [UInt32](repeating: 0, count: 32)
        _ = try checked { record.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) } }
        return Int32(bitPattern: record[0])
    }

    /// The number of a name such as `TERM` or `SIGTERM`, or of its decimal digits; nil for what is no signal.
    public static func number(_ name: String) -> Int32? {
        if let number = Int32(name) { return (1...64).contains(number) ? number : nil }
        let upper = name.uppercased()
        return names.first { "SIG\($0.name)" == upper || $0.name == upper }?.number
    }

    /// The name of a signal without `SIG`, or its number.
    public static func name(_ number: Int32) -> String {
        names.first { $0.number == number }?.name ?? "\(number)"
    }

    private static let names: [(name: String, number: Int32)] = [
        ("HUP", SIGHUP), ("INT", SIGINT), ("QUIT", SIGQUIT), ("ILL", SIGILL), ("TRAP", SIGTRAP), ("ABRT", SIGABRT),
        ("BUS", SIGBUS), ("FPE", SIGFPE), ("KILL", SIGKILL), ("USR1", SIGUSR1), ("SEGV", SIGSEGV), ("USR2", SIGUSR2),
        ("PIPE", SIGPIPE), ("ALRM", SIGALRM), ("TERM", SIGTERM), ("STKFLT", SIGSTKFLT), ("CHLD", SIGCHLD),
        ("CONT", SIGCONT), ("STOP", SIGSTOP), ("TSTP", SIGTSTP), ("TTIN", SIGTTIN), ("TTOU", SIGTTOU), ("URG", SIGURG),
        ("XCPU", SIGXCPU), ("XFSZ", SIGXFSZ), ("VTALRM", SIGVTALRM), ("PROF", SIGPROF), ("WINCH", SIGWINCH),
        ("IO", SIGIO), ("PWR", SIGPWR), ("SYS", SIGSYS),
    ]
}
