import Glibc
import Kernel
import Records

/// The terminal that is the task's standard streams, of the sandbox's own devpts.
struct TaskTerminal {
    /// What the monitor reads, writes, and sets the size of.
    let master: Int32
    /// Kept open until the end: otherwise the master would report a hang-up whenever no process of the task has the terminal
    /// open, and any of them may open /dev/tty again.
    private(set) var slave: Int32?

    /// Takes over what init made, in the plan's size.
    init(_ descriptors: [Int32], _ size: WindowSize) throws(Errno) {
        guard descriptors.count == 2 else { throw Errno(rawValue: EBADMSG) }
        (master, slave) = (descriptors[0], descriptors[1])
        try Files.setNonBlocking(master)
        try resize(size)
    }

    /// Sets the size; the kernel tells the programs in the foreground if it is another one.
    func resize(_ size: WindowSize) throws(Errno) {
        try Terminal.setSize(master, rows: size.rows, columns: size.columns)
    }

    /// Lets the master report its end, when no process of the task is left.
    mutating func hangUp() {
        if let slave { close(slave) }
        slave = nil
    }
}
