import Glibc
import Kernel

/// One output stream: a pipe that the monitor fills and that is emptied into ours.
final class Sink {
    /// For the monitor, to be closed here once it has it.
    private(set) var monitorEnd: Int32?
    /// What is read here; nil after its end.
    private(set) var source: Int32?
    /// Whether it was given up before everything was passed on.
    private(set) var isAbandoned = false
    private let outlet: Outlet
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 4096)
    private var pending = 0..<0

    init(_ target: Int32) throws(Errno) {
        outlet = try Outlet(target)
        let ends = try DescriptorPair.pipe()
        ends.apart { first, second in (source, monitorEnd) = (first.release(), second.release()) }
    }

    func handedOver() {
        if let monitorEnd { close(monitorEnd) }
        monitorEnd = nil
    }

    /// Whether there is something to come, or to be passed on.
    var isOpen: Bool { source != nil || isHeldBack }
    /// Whether there is something to be passed on before anything more is read.
    var isHeldBack: Bool { !pending.isEmpty }

    /// Adds what it waits for: our reader, as long as it has not taken everything, so that the task feels its pace.
    func wait(in poll: inout Poll) -> Int {
        isHeldBack ? poll.add(outlet.number, Int32(POLLOUT)) : poll.add(source ?? -1, Int32(POLLIN))
    }

    /// Moves what is there and taken; false if whoever reads our output is gone.
    func move() throws(Errno) -> Bool {
        if !isHeldBack { try fill() }
        do {
            while isHeldBack {
                let count = try outlet.write(UnsafeRawBufferPointer(rebasing: buffer[pending]))
                guard count > 0 else { return true }
                pending = (pending.lowerBound + count)..<pending.upperBound
            }
            return true
        } catch {
            guard error.rawValue == EPIPE || error.rawValue == EBADF else { throw error }
            abandon()
            return false
        }
    }

    private func fill() throws(Errno) {
        guard let source else { return }
        pending = 0..<(try Transfer.read(source, into: buffer))
        if pending.isEmpty { finish() }
    }

    /// Gives up what was not passed on yet.
    func abandon() {
        isAbandoned = true
        pending = 0..<0
        finish()
    }

    private func finish() {
        if let source { close(source) }
        source = nil
    }
}
