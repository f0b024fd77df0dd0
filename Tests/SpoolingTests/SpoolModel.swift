@testable import Spooling

/// What the record promises, said once more without files: everything is kept in memory, and each answer is looked up.
struct SpoolModel {
    /// One byte of the common order.
    struct Place {
        var stream: SpoolStream
        var offset: Int
        /// The run of one stream that it belongs to.
        var run: Int
    }

    let limit: Int
    /// Everything that was printed, by stream.
    private(set) var bytes: [[UInt8]] = [[], []]
    private(set) var order: [Place] = []
    private var runs = 0
    /// Streams of the last run: more than one where the order is no longer recorded.
    private var lastRun: Set<SpoolStream> = []

    init(limit: Int) { self.limit = limit }

    mutating func append(_ stream: SpoolStream, _ new: [UInt8]) {
        guard !new.isEmpty else { return }
        if runs == 0 || (lastRun != [stream] && runs < max(1024, limit / 256)) {
            runs += 1
            lastRun = []
        }
        lastRun.insert(stream)
        let start = bytes[stream.rawValue].count
        bytes[stream.rawValue] += new
        for index in new.indices { order.append(Place(stream: stream, offset: start + index, run: runs)) }
    }

    func total(_ source: SpoolSource) -> Int {
        switch source {
        case .both: order.count
        case .stream(let stream): bytes[stream.rawValue].count
        }
    }

    /// The first half and the last half of a stream's share stay; standard error has a quarter of the limit.
    func isKept(_ stream: SpoolStream, _ offset: Int) -> Bool {
        let share = stream == .stderr ? limit / 4 : limit - limit / 4
        let (head, total) = (share / 2, bytes[stream.rawValue].count)
        return offset < head || offset >= total - (share - head)
    }

    private func byte(_ source: SpoolSource, _ offset: Int) -> UInt8? {
        switch source {
        case .stream(let stream):
            return isKept(stream, offset) ? bytes[stream.rawValue][offset] : nil
        case .both:
            let place = order[offset]
            let isOrdered = place.run < runs || lastRun.count == 1
            return isOrdered && isKept(place.stream, place.offset)
                ? bytes[place.stream.rawValue][place.offset] : nil
        }
    }

    /// What a read answers with: it skips what was dropped at its beginning, and ends before what is dropped later.
    func read(_ source: SpoolSource, _ offset: Int, _ maxBytes: Int) -> SpoolSlice {
        let total = total(source)
        var start = offset
        while start < total, byte(source, start) == nil { start += 1 }
        var found: [UInt8] = []
        while found.count < maxBytes, start + found.count < total, let next = byte(source, start + found.count) {
            found.append(next)
        }
        return SpoolSlice(
            bytes: found, offset: UInt64(start), nextOffset: UInt64(start + found.count), totalBytes: UInt64(total),
            droppedBytes: UInt64(start - offset))
    }
}
