import Glibc
import Testing

@testable import Kernel

@Suite("Descriptors", .serialized)
struct DescriptorTests {
    @Test("whatever is opened is closed by execve")
    func closeOnExec() throws {
        let scratch = try Scratch()
        try scratch.write("a", "")
        let file = try Files.open("a", O_RDONLY, at: scratch.directory)
        let reference = try Files.reference("a", at: scratch.directory)
        let beneath = try Files.openBeneath(scratch.directory, "a", O_RDONLY)
        let copy = try file.duplicate()
        let memory = try Files.sealedMemory("m", [])
        let pipe = try DescriptorPair.pipe()
        let sockets = try DescriptorPair.sockets()
        let process = try Processes.open(getpid())
        for number in [
            scratch.directory, file.number, reference.number, beneath.number, copy.number, memory.number,
            pipe.first.number, pipe.second.number, sockets.first.number, sockets.second.number, process.number,
        ] {
            #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
        }
    }

    @Test("a descriptor is closed at the end of its life, and stays open once it was given up")
    func lifetime() throws {
        var (owned, released): (Int32, Int32) = (-1, -1)
        do {
            let first = try Files.open("/dev/null", O_RDONLY)
            let second = try Files.open("/dev/null", O_RDONLY)
            (owned, released) = (first.number, second.release())
            #expect(isOpen(owned))
        }
        #expect(isOpen(released))
        close(released)
    }

    @Test("closing what somebody else closed ends the program")
    func closedByAStranger() async {
        await #expect(processExitsWith: .failure) {
            let file = try Files.open("/dev/null", O_RDONLY)
            close(file.number)
        }
    }

    @Test(
        "everything is closed but what is kept",
        arguments: [[], [305], [309, 305, 305, 2], [303, 304, 310]] as [[Int32]])
    func closeAll(kept: [Int32]) async {
        await #expect(processExitsWith: .exitCode(42)) { [kept] in
            // High numbers: what other threads open in the meantime gets low ones.
            for number: Int32 in 303...310 { dup2(0, number) }
            try Descriptors.closeAll(but: kept)
            let left = (300...320).filter { isOpen($0) }
            exit(left == Set(kept).filter { $0 > 2 }.sorted() && (0...2).allSatisfy { isOpen($0) } ? 42 : 1)
        }
    }

    @Test("sealed memory can be read, and neither written, resized, mapped for writing nor sealed further")
    func sealedMemory() throws {
        let memory = try Files.sealedMemory("plan", [1, 2, 3])
        let number = memory.number
        #expect(try Transfer.read(number, at: 0, count: 10) == [1, 2, 3])
        #expect(throws: Errno(rawValue: EPERM)) { try checked { pwrite(number, [9], 1, 0) } }
        #expect(throws: Errno(rawValue: EPERM)) { try checked { pwrite(number, [9], 1, 3) } }
        #expect(throws: Errno(rawValue: EPERM)) { try checked { ftruncate(number, 0) } }
        #expect(throws: Errno(rawValue: EPERM)) { try checked { ftruncate(number, 100) } }
        #expect(throws: Errno(rawValue: EPERM)) { try checked { fcntl(number, 1033 /* F_ADD_SEALS */, 0x10) } }
        #expect(mmap(nil, 3, PROT_READ | PROT_WRITE, MAP_SHARED, number, 0) == MAP_FAILED)
        let path = "/proc/self/fd/\(number)"
        let again = try Files.open(path, O_RDWR)
        let other = again.number
        #expect(throws: Errno(rawValue: EPERM)) { try checked { write(other, [9], 1) } }
        #expect(try Transfer.read(number, at: 0, count: 10) == [1, 2, 3])
    }
}
