import Foundation
import Glibc
import Kernel
import Testing

@testable import Spooling

@Suite("Reading while the task still prints", .serialized)
struct WhileWrittenTests {
    /// What is printed, over and over: its length divides no size of a ring, so that no wrong place looks right.
    private static let text: [UInt8] = {
        var random = SplitMix(state: 11)
        let once = (0..<100_003).map { _ in UInt8.random(in: 0...255, using: &random) }
        return once + once + once + once
    }()
    private static let period: UInt64 = 100_003

    /// The bytes of a stream at an offset, at most three periods of them.
    private static func expected(_ offset: UInt64, _ count: Int) -> ArraySlice<UInt8> {
        text[Int(offset % period)...].prefix(count)
    }

    private static func append(_ writer: SpoolWriter, _ stream: SpoolStream, _ offset: UInt64, _ count: Int)
        throws(Errno)
    {
        var failure: Errno?
        expected(offset, count).withUnsafeBytes { raw in
            do throws(Errno) { try writer.append(stream, raw) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private static func start(_ body: @escaping @Sendable () throws -> Void) -> Thread {
        let thread = Thread {
            do { try body() } catch { Issue.record(error) }
        }
        thread.start()
        return thread
    }

    @Test(
        "a reader never gets a byte that is not the one at its offset, while the ring turns",
        arguments: [4096, 300_000])
    func neverAWrongByte(limit: UInt64) throws {
        let bench = try Workbench()
        let (directory, end) = (bench.directory, Date(timeIntervalSinceNow: 1))
        let thread = Self.start { try Self.print(SpoolWriter(directory: directory, limit: limit), until: end) }
        var (compared, random) = (0, SplitMix(state: limit))
        while !thread.isFinished, compared >= 0 {
            compared += try Self.compare(bench.reader(limit: limit), SpoolLayout(limit: limit), &random)
        }
        #expect(compared > 0)
        withExtendedLifetime(bench) {}
    }

    private static func print(_ writer: SpoolWriter, until end: Date) throws {
        var (totals, random) = (StreamTotals(), SplitMix(state: 1))
        while Date() < end {
            let stream: SpoolStream = Int.random(in: 0..<8, using: &random) == 0 ? .stderr : .stdout
            let count = Int.random(in: 1...SpoolLayout.largestAppend, using: &random)
            try append(writer, stream, totals[stream], count)
            totals[stream] += UInt64(count)
        }
    }

    /// Reads the oldest bytes of the ring, which are overwritten next. Returns how many it compared, far below 0 if one is
    /// wrong.
    private static func compare(
        _ reader: SpoolReader, _ layout: SpoolLayout, _ random: inout SplitMix
    ) throws -> Int {
        let stream: SpoolStream = Int.random(in: 0..<4, using: &random) == 0 ? .stderr : .stdout
        let slice = try reader.read(.stream(stream), offset: layout.head(stream), maxBytes: 200_000)
        if !slice.bytes.elementsEqual(expected(slice.offset, slice.bytes.count)) {
            Issue.record("\(slice.bytes.count) bytes from \(slice.offset) are not those that were printed")
            return Int.min / 2
        }
        return slice.bytes.count
    }

    @Test("a reader that follows a task within the limit gets every byte once and in order")
    func following() throws {
        let bench = try Workbench()
        let (limit, size, directory) = (UInt64(16 << 20), UInt64(6 << 20), bench.directory)
        let thread = Self.start {
            let writer = SpoolWriter(directory: directory, limit: limit)
            for offset in stride(from: 0, to: size, by: 3072) { try Self.append(writer, .stdout, offset, 3072) }
        }
        var (place, isLast, allRight) = (UInt64(0), false, true)
        while !isLast, allRight {
            // Seen before the read: what the task printed at the very end is then in it.
            isLast = thread.isFinished
            let slice = try bench.reader(limit: limit).read(.both, offset: place, maxBytes: 100_000)
            isLast = isLast && !slice.more
            allRight = slice.offset == place && slice.bytes.elementsEqual(Self.expected(place, slice.bytes.count))
            place = slice.nextOffset
        }
        #expect(allRight)
        #expect(place == size)
        withExtendedLifetime(bench) {}
    }
}
