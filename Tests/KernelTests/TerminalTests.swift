import Glibc
import Testing

@testable import Kernel

@Suite("Terminals")
struct TerminalTests {
    @Test("are made in pairs: what one side writes, the other reads")
    func pair() throws {
        let pair = try Terminal.open("/dev/ptmx")
        #expect(Host.isTerminal(pair.second.number))
        try Transfer.write(pair.second.number, "word\n")
        var bytes = [UInt8](repeating: 0, count: 100)
        let (master, count) = (pair.first.number, bytes.count)
        let got = try bytes.withUnsafeMutableBytes { (raw) throws(Errno) in try Transfer.read(master, into: raw) }
        #expect(got < count && Array(bytes.prefix(got)) == Array("word\r\n".utf8))
        let status = try FileStatus.of(pair.second.number)
        #expect(status.special >> 8 == 136, "a pseudo terminal")
    }

    @Test("have the size that is set", arguments: [(1, 1), (24, 80), (65535, 65535)] as [(UInt16, UInt16)])
    func size(rows: UInt16, columns: UInt16) throws {
        let pair = try Terminal.open("/dev/ptmx")
        try Terminal.setSize(pair.first.number, rows: rows, columns: columns)
        let size = try Terminal.size(pair.second.number)
        #expect(size == (rows, columns))
    }

    @Test("pass every key on in raw mode, and are put back")
    func raw() throws {
        let pair = try Terminal.open("/dev/ptmx")
        let slave = pair.second.number
        let before = try Terminal.settings(slave)
        try Terminal.set(slave, Terminal.raw(before))
        let now = try Terminal.settings(slave)
        #expect(now.c_lflag & tcflag_t(ICANON | ECHO | ISIG) == 0 && before.c_lflag & tcflag_t(ICANON) != 0)
        try Terminal.set(slave, before, flushes: true)
        #expect(try Terminal.settings(slave).c_lflag == before.c_lflag)
    }

    @Test("are no other files")
    func others() throws {
        let none = try Files.open("/dev/null", O_RDWR)
        let number = none.number
        #expect(throws: Errno(rawValue: ENOTTY)) { try Terminal.size(number) }
        #expect(throws: Errno(rawValue: ENOTTY)) { try Terminal.signalForeground(number, SIGINT) }
        #expect(throws: Errno.self) { _ = try Terminal.open("/dev/null") }
    }
}
