public import Policy
public import Records

/// A policy made ready for this host: names looked up, filters compiled, the system's part of the view prepared.
///
/// It is made once and read at every launch. It holds only while everything that it was made from looks the same.
public struct CompiledPolicy: Sendable, Equatable {
    /// The merged policy.
    public var policy: EffectivePolicy
    /// Its digest, 64 hexadecimal digits.
    public var digest: String
    /// The command list with its names looked up.
    public var table: CommandTable
    /// The compiled filters.
    public var filters: PlannedFilters
    /// The system's part of the view: what does not depend on the task.
    public var view: [MountStep]
    /// The Landlock rules over that part.
    public var rules: [LandlockRule]
    /// Trees of `files.read`, ready to be attached.
    public var readTrees: [MountStep]
    /// Programs that are allowed but that no task would find in its view.
    public var unseen: [String]
    /// What it was made from.
    public var stamps: StampList
    /// Release of the kernel for which it was made.
    public var kernel: String
    /// The Landlock ABI for which it was made.
    public var landlockABI: Int32

    /// A compiled policy with every part named.
    public init(
        policy: EffectivePolicy, table: CommandTable, filters: PlannedFilters, view: [MountStep],
        rules: [LandlockRule], readTrees: [MountStep], unseen: [String], stamps: [PathStamp], kernel: String,
        landlockABI: Int32
    ) {
        (self.policy, digest) = (policy, policy.digest)
        (self.table, self.filters, self.view, self.rules) = (table, filters, view, rules)
        (self.readTrees, self.unseen, self.stamps) = (readTrees, unseen, StampList(stamps))
        (self.kernel, self.landlockABI) = (kernel, landlockABI)
    }

    /// Whether the command list is a limit: under `allow_all` nothing is masked and everything visible may be executed.
    public var hasCommandList: Bool { table.allowAll == nil }
}

extension CompiledPolicy: ByteCodable {
    /// The frame's magic of a compiled policy.
    public static var magic: StaticString { "CSCP" }
    /// The newest version; another one is compiled again, never read.
    public static var version: UInt16 { 4 }

    /// The record as it is cached.
    public var sealed: [UInt8] {
        var writer = ByteWriter()
        encode(to: &writer)
        return Envelope.seal(magic: Self.magic, version: Self.version, contents: writer.bytes)
    }

    /// Reads a record from its frame.
    public static func open(_ bytes: [UInt8]) throws(RecordError) -> CompiledPolicy {
        var (found, reader) = try Envelope.open(magic: magic, newest: version, bytes: bytes)
        guard found == version else { throw .unknownVersion(found) }
        let policy = try CompiledPolicy(from: &reader)
        try reader.finish()
        return policy
    }

    /// Writes the fields.
    public func encode(to writer: inout ByteWriter) {
        writer.write(stamps)
        writer.write(kernel)
        writer.write(landlockABI)
        writer.write(policy)
        writer.write(digest)
        writer.write(table)
        writer.write(filters.task)
        writer.write(filters.reaper)
        writer.write(filters.monitor)
        writer.write(view)
        writer.write(rules) {
            $0.write($1.path)
            $0.write($1.grant.rawValue)
        }
        writer.write(readTrees)
        writer.write(unseen)
    }

    /// Reads the fields.
    public init(from reader: inout ByteReader) throws(RecordError) {
        stamps = try reader.value()
        kernel = try reader.string()
        landlockABI = try reader.integer()
        policy = try reader.value()
        digest = try reader.string()
        table = try reader.value()
        filters = PlannedFilters(
            task: try reader.byteList(), reaper: try reader.byteList(), monitor: try reader.byteList())
        view = try reader.values()
        rules = try reader.list { (each) throws(RecordError) in
            LandlockRule(path: try each.string(), grant: LandlockGrant(rawValue: try each.integer()))
        }
        readTrees = try reader.values()
        unseen = try reader.strings()
    }
}
