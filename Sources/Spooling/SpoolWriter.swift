internal import Glibc
public import Kernel

/// Records what a task prints, byte for byte up to the limit, without ever holding the task back.
///
/// Owned by the task's monitor, used by one thread. Nothing is made durable before `makeDurable`.
public final class SpoolWriter {
    private let directory: Int32
    private let layout: SpoolLayout
    private var totals = StreamTotals()
    private var order: Int32?
    private var records: UInt64 = 0
    private var lastStream: SpoolStream?
    private var files: [StreamFiles] = [StreamFiles(), StreamFiles()]
    private var lost = StreamTotals()

    private struct StreamFiles {
        var head: Int32?
        var tail: Int32?
        var failed = false
    }

    /// A writer that makes no file before the first byte.
    ///
    /// - Parameters:
    ///   - directory: The task's directory; borrowed for the life of the writer.
    ///   - limit: Bytes of both streams together that are kept.
    public init(directory: Int32, limit: UInt64) {
        self.directory = directory
        layout = SpoolLayout(limit: limit)
    }

    deinit {
        for number in [order] + files.flatMap({ [$0.head, $0.tail] }) {
            if let number { _ = Descriptor(owning: number) }
        }
    }

    /// Bytes of both streams so far, kept or not.
    public var total: UInt64 { totals.both + lost.both }

    /// Records bytes of a stream, in the order of the calls.
    ///
    /// A disk that refuses them (ENOSPC, EDQUOT, EFBIG, EIO) is no failure of the task: from then on the stream's bytes
    /// are counted as lost.
    public func append(_ stream: SpoolStream, _ bytes: UnsafeRawBufferPointer) throws(Errno) {
        var rest = bytes
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest.prefix(SpoolLayout.largestAppend))
            rest = UnsafeRawBufferPointer(rebasing: rest[part.count...])
            if files[stream.rawValue].failed {
                lost[stream] += UInt64(part.count)
                continue
            }
            do {
                try store(stream, part)
                try promise(stream, UInt64(part.count))
            } catch {
                guard [ENOSPC, EDQUOT, EFBIG, EIO].contains(error.rawValue) else { throw error }
                files[stream.rawValue].failed = true
                lost[stream] += UInt64(part.count)
            }
        }
    }

    /// Writes down what was lost. Call it once, after the last append.
    public func seal() throws(Errno) {
        guard lost.both > 0 else { return }
        try writeRecord(0, lost)
    }

    /// Waits until all of it is on disk: the streams first, because a reader believes the order. Nothing was made where nothing
    /// was printed.
    public func makeDurable() throws(Errno) {
        for file in files.flatMap({ [$0.head, $0.tail] }) + [order] {
            if let file { try Files.makeDurable(file) }
        }
    }

    private func store(_ stream: SpoolStream, _ bytes: UnsafeRawBufferPointer) throws(Errno) {
        let head = layout.head(stream)
        let start = totals[stream]
        let toHead = start < head ? Int(min(UInt64(bytes.count), head - start)) : 0
        if toHead > 0 { try write(try file(stream, \.head, "head"), bytes[..<toHead], at: start) }
        var place = start + UInt64(toHead)
        var rest = bytes[toHead...]
        while !rest.isEmpty {
            let position = (place - head) % layout.ring(stream)
            let count = Int(min(UInt64(rest.count), layout.ring(stream) - position))
            try write(try file(stream, \.tail, "tail"), rest.prefix(count), at: position)
            place += UInt64(count)
            rest = rest.dropFirst(count)
        }
    }

    /// Says in the order that the bytes are there. What fails leaves everything as it was.
    private func promise(_ stream: SpoolStream, _ count: UInt64) throws(Errno) {
        let goesOn = records > 0 && (stream == lastStream || records >= layout.orderRecords)
        let number = goesOn ? records : records + 1
        var next = totals
        next[stream] += count
        if records == 0 { try writeRecord(0, StreamTotals()) }
        try writeRecord(number, next)
        (totals, records, lastStream) = (next, number, stream)
    }

    private func writeRecord(_ number: UInt64, _ record: StreamTotals) throws(Errno) {
        if order == nil { order = try Files.open("order", O_RDWR | O_CREAT, mode: 0o600, at: directory).release() }
        guard let order else { return }
        let (bytes, place) = (record.bytes, Int(number) * StreamTotals.size)
        var done = 0
        while done < bytes.count {
            done += try checked {
                bytes.withUnsafeBytes {
                    pwrite(order, $0.baseAddress?.advanced(by: done), $0.count - done, place + done)
                }
            }
        }
    }

    private func file(
        _ stream: SpoolStream, _ part: WritableKeyPath<StreamFiles, Int32?>, _ name: String
    ) throws(Errno) -> Int32 {
        if let open = files[stream.rawValue][keyPath: part] { return open }
        let flags = O_RDWR | O_CREAT
        let opened = try Files.open("\(stream.prefix).\(name)", flags, mode: 0o600, at: directory).release()
        files[stream.rawValue][keyPath: part] = opened
        return opened
    }

    private func write(_ file: Int32, _ bytes: Slice<UnsafeRawBufferPointer>, at offset: UInt64) throws(Errno) {
        let buffer = UnsafeRawBufferPointer(rebasing: bytes)
        var done = 0
        while done < buffer.count {
            done += try checked {
                pwrite(file, buffer.baseAddress?.advanced(by: done), buffer.count - done, Int(offset) + done)
            }
        }
    }
}
