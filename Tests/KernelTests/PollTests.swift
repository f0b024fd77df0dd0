import Foundation
import Glibc
import Testing

@testable import Kernel

@Suite("Waiting")
struct PollTests {
    @Test("what can be read, what can be written, and whose other end is gone, each at its place")
    func events() throws {
        let idle = try DescriptorPair.pipe()
        let full = try DescriptorPair.pipe()
        let gone = numbers(try DescriptorPair.pipe())
        defer { close(gone.first) }
        try Transfer.write(full.second.number, [1])
        close(gone.second)
        var poll = Poll()
        let places = (
            poll.add(idle.first.number, Int32(POLLIN)), poll.add(full.first.number, Int32(POLLIN)),
            poll.add(gone.first, 0), poll.add(idle.second.number, Int32(POLLOUT))
        )
        try poll.wait()
        #expect(poll.events(places.0) == 0)
        #expect(poll.events(places.1) == Int32(POLLIN))
        #expect(poll.events(places.2) == Int32(POLLHUP))
        #expect(poll.events(places.3) == Int32(POLLOUT))
    }

    @Test("a timeout is waited for, in nanoseconds, and 0 does not wait", arguments: [0, 1, 30_000_000] as [UInt64])
    func timeout(nanoseconds: UInt64) throws {
        let pipe = try DescriptorPair.pipe()
        var poll = Poll()
        let place = poll.add(pipe.first.number, Int32(POLLIN))
        let start = Clock.monotonic()
        try poll.wait(timeout: nanoseconds)
        let waited = Clock.monotonic() - start
        #expect(poll.events(place) == 0)
        #expect(waited >= nanoseconds && waited < nanoseconds + 5_000_000_000)
    }

    @Test("a wait that a signal interrupts is an empty one")
    func interrupted() async {
        await #expect(processExitsWith: .success) {
            signal(SIGALRM) { _ in }
            // The threads of a concurrent program block all signals.
            try Processes.block([])
            let pipe = try DescriptorPair.pipe()
            try Transfer.write(pipe.second.number, [1])
            var poll = Poll()
            let ready = poll.add(pipe.first.number, Int32(POLLIN))
            try poll.wait()
            #expect(poll.events(ready) != 0)
            var empty = Poll()
            let place = empty.add(pipe.second.number, 0)
            let waiter = pthread_self()
            Thread {
                usleep(50_000)
                pthread_kill(waiter, SIGALRM)
            }.start()
            let start = Clock.monotonic()
            try empty.wait(timeout: 20_000_000_000)
            #expect(empty.events(place) == 0)
            #expect(Clock.monotonic() - start < 10_000_000_000)
        }
    }
}
