public import Records

/// The `[limits]` table: what a task may use.
public struct Limits: Equatable, ByteCodable {
    /// How long it may run before it is asked to end.
    public var wall: TimeSpan = .minutes(30)
    /// How long it may take to end before it is killed.
    public var grace: TimeSpan = .seconds(2)
    /// How many cores it may use at a time.
    public var cpu: CoreCount = CoreCount(thousandths: 2000)
    /// How much processor time it may use in all.
    public var cpuTime: TimeSpan = .minutes(10)
    /// How much memory it may use.
    public var memory: ByteCount = .gibibytes(2)
    /// How much of it may be swapped out.
    public var swap: ByteCount = ByteCount(0)
    /// How many processes and threads may exist at a time.
    public var processes: UInt64 = 256
    /// How many descriptors one process may have open.
    public var openFiles: UInt64 = 1024
    /// How large one file may grow.
    public var fileSize: ByteCount = .gibibytes(1)
    /// How much the workspace may take up; nil: no limit is asked for.
    public var disk: ByteCount? = nil
    /// Bytes a second that it may read and write; nil: no limit is asked for.
    public var io: ByteCount? = nil
    /// How much of its output is kept, both streams together.
    public var output: ByteCount = .mebibytes(64)
    /// How large a core dump may be; 0: none is written.
    public var core: ByteCount = ByteCount(0)

    /// What holds where a policy says nothing.
    public init() {}

    /// Writes every field, in the order of their declaration.
    public func encode(to writer: inout ByteWriter) {
        writer.write(wall)
        writer.write(grace)
        writer.write(cpu)
        writer.write(cpuTime)
        writer.write(memory)
        writer.write(swap)
        writer.write(processes)
        writer.write(openFiles)
        writer.write(fileSize)
        writer.write(disk)
        writer.write(io)
        writer.write(output)
        writer.write(core)
    }

    /// Reads every field, in the order of their declaration.
    public init(from reader: inout ByteReader) throws(RecordError) {
        wall = try reader.value()
        grace = try reader.value()
        cpu = try reader.value()
        cpuTime = try reader.value()
        memory = try reader.value()
        swap = try reader.value()
        processes = try reader.integer()
        openFiles = try reader.integer()
        fileSize = try reader.value()
        disk = try reader.optional { (reader) throws(RecordError) in try reader.value() }
        io = try reader.optional { (reader) throws(RecordError) in try reader.value() }
        output = try reader.value()
        core = try reader.value()
    }
}
