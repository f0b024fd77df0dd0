internal import CKernel
public import Glibc

/// Terminals: those that a sandbox makes, and the one at which a person sits.
public enum Terminal {
    /// A new pair of a devpts instance: the master, and the slave as a program has it. Neither becomes anybody's controlling
    /// terminal. Source: pts(4), ioctl_tty(2), TIOCGPTPEER.
    ///
    /// - Parameter multiplexer: Path of the instance's ptmx.
    public static func open(_ multiplexer: String) throws(Errno) -> DescriptorPair {
        let master = try Files.open(multiplexer, O_RDWR | O_NOCTTY)
        let number = master.number
        var unlocked: Int32 = 0
        _ = try checked { csn_ioctl_pointer(number, UInt(CSN_TIOCSPTLCK), &unlocked) }
        // By descriptor: a name could be another file's.
        let flags = Int(O_RDWR | O_NOCTTY | O_CLOEXEC)
        let slave = try checked { csn_ioctl_int(number, UInt(CSN_TIOCGPTPEER), flags) }
        return DescriptorPair(first: master, second: Descriptor(owning: slave))
    }

    /// Makes a terminal that of this session, whose leader this process is. Source: ioctl_tty(2), TIOCSCTTY.
    public static func control(_ slave: Int32) throws(Errno) {
        _ = try checked { csn_ioctl_int(slave, UInt(TIOCSCTTY), 0) }
    }

    /// Sends SIGINT, SIGQUIT or SIGTSTP to the foreground of a terminal, as its keys do. Source: drivers/tty/pty.c, TIOCSIG.
    public static func signalForeground(_ master: Int32, _ signal: Int32) throws(Errno) {
        _ = try checked { csn_ioctl_int(master, UInt(CSN_TIOCSIG), Int(signal)) }
    }

    /// Sets the size; programs on it get SIGWINCH if that is another one. Source: ioctl_tty(2), TIOCSWINSZ.
    public static func setSize(_ terminal: Int32, rows: UInt16, columns: UInt16) throws(Errno) {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = try checked { csn_ioctl_pointer(terminal, UInt(TIOCSWINSZ), &size) }
    }

    /// The size. Source: ioctl_tty(2), TIOCGWINSZ.
    public static func size(_ terminal: Int32) throws(Errno) -> (rows: UInt16, columns: UInt16) {
        var size = winsize()
        _ = try checked { csn_ioctl_pointer(terminal, UInt(TIOCGWINSZ), &size) }
        return (size.ws_row, size.ws_col)
    }

    /// The settings. Source: termios(3).
    public static func settings(_ terminal: Int32) throws(Errno) -> termios {
        var settings = termios()
        _ = try checked { tcgetattr(terminal, &settings) }
        return settings
    }

    /// The settings with which every key is a byte that is passed on, and nothing is echoed. Source: termios(3), cfmakeraw.
    public static func raw(_ settings: termios) -> termios {
        var raw = settings
        cfmakeraw(&raw)
        return raw
    }

    /// Sets the settings, once everything written has been shown.
    ///
    /// - Parameter flushes: Whether what was typed and not read is thrown away.
    public static func set(_ terminal: Int32, _ settings: termios, flushes: Bool = false) throws(Errno) {
        var settings = settings
        _ = try checked { tcsetattr(terminal, flushes ? TCSAFLUSH : TCSADRAIN, &settings) }
    }
}
