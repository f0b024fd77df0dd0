/// What is known of a task before it starts: written by the front end, read by every front end after it.
public struct TaskRecord: Sendable, Equatable {
    /// Its name.
    public var id: TaskID
    /// argv as the caller gave it, made text.
    public var arguments: [String]
    /// Where it starts.
    public var workingDirectory: String
    /// The workspace, if it has one.
    public var workspace: String?
    /// Name of the policy.
    public var policy: String
    /// SHA-256 of the effective policy, 64 hexadecimal digits.
    public var policyDigest: String
    /// Nanoseconds since 1970.
    public var startedAt: Int64
    /// Who asked for it: `cli:UID`, `mcp:UID`.
    public var owner: String
    /// Name of the tenant.
    public var tenant: String
    /// The kernel's boot id, with which a pid means something.
    public var bootID: String
    /// For each layer and limit, how it is enforced on this host.
    public var enforcement: [Enforcement]
    /// How long the ended task is kept, in nanoseconds.
    public var retention: UInt64
    /// Bytes of the record of output.
    public var recordBytes: UInt64
    /// Whether input can be sent later.
    public var inputStaysOpen: Bool
    /// The wall time limit in nanoseconds, 0 for none.
    public var wall: UInt64
    /// TERM to KILL, in nanoseconds.
    public var grace: UInt64
    /// Bytes that the records of ended tasks may take up together, as this task's policy says; nil: it was not asked.
    public var retainedBytes: UInt64?
    /// Patterns for whose new names somebody looks after the end; nil: there are none.
    public var watched: WatchedNames?

    /// A record with every part named.
    public init(
        id: TaskID, arguments: [String], workingDirectory: String, workspace: String?, policy: String,
        policyDigest: String, startedAt: Int64, owner: String, tenant: String, bootID: String,
        enforcement: [Enforcement], retention: UInt64, recordBytes: UInt64, inputStaysOpen: Bool, wall: UInt64,
        grace: UInt64, retainedBytes: UInt64?, watched: WatchedNames?
    ) {
        self.id = id
        self.arguments = arguments
        self.workingDirectory = workingDirectory
        self.workspace = workspace
        self.policy = policy
        self.policyDigest = policyDigest
        self.startedAt = startedAt
        self.owner = owner
        self.tenant = tenant
        self.bootID = bootID
        self.enforcement = enforcement
        self.retention = retention
        self.recordBytes = recordBytes
        self.inputStaysOpen = inputStaysOpen
        self.wall = wall
        self.grace = grace
        self.retainedBytes = retainedBytes
        self.watched = watched
    }
}

/// How one layer or limit is enforced for one task.
public struct Enforcement: Sendable, Equatable {
    /// The words of the contract.
    public enum Level: UInt8, Sendable {
        case enforced = 1
        case perProcess
        case notEnforced
        case notApplicable

        /// The words of the contract.
        public var words: String {
            switch self {
            case .enforced: "enforced"
            case .perProcess: "per process only"
            case .notEnforced: "not enforced"
            case .notApplicable: "not applicable"
            }
        }
    }

    /// A policy key or layer, such as `limits.memory` or `landlock`.
    public var subject: String
    /// What the policy asks for.
    public var wanted: String
    /// How far it holds.
    public var level: Level
    /// By which mechanism, or why not.
    public var means: String

    /// A statement.
    public init(_ subject: String, wanted: String, _ level: Level, means: String) {
        self.subject = subject
        self.wanted = wanted
        self.level = level
        self.means = means
    }
}

extension TaskRecord: ByteCodable {
    /// The frame's magic of a task record.
    public static var magic: StaticString { "CSTK" }
    /// The newest version.
    public static var version: UInt16 { 2 }

    /// The record as it is stored.
    public var sealed: [UInt8] {
        var writer = ByteWriter()
        encode(to: &writer)
        return Envelope.seal(magic: Self.magic, version: Self.version, contents: writer.bytes)
    }

    /// Reads a record from its frame.
    public static func open(_ bytes: [UInt8]) throws(RecordError) -> TaskRecord {
        var (found, reader) = try Envelope.open(magic: magic, newest: version, bytes: bytes)
        let record = try TaskRecord(from: &reader, version: found)
        try reader.finish()
        return record
    }

    /// Writes the fields in order.
    public func encode(to writer: inout ByteWriter) {
        writer.write(id.text)
        writer.write(arguments)
        writer.write(workingDirectory)
        writer.write(workspace) { $0.write($1) }
        writer.write(policy)
        writer.write(policyDigest)
        writer.write(startedAt)
        writer.write(owner)
        writer.write(tenant)
        writer.write(bootID)
        writer.write(enforcement)
        writer.write(retention)
        writer.write(recordBytes)
        writer.write(inputStaysOpen)
        writer.write(wall)
        writer.write(grace)
        writer.write(retainedBytes) { $0.write($1) }
        writer.write(watched)
    }

    /// Reads the fields in order.
    public init(from reader: inout ByteReader) throws(RecordError) {
        try self.init(from: &reader, version: Self.version)
    }

    /// Version 1 ended with `grace`.
    private init(from reader: inout ByteReader, version: UInt16) throws(RecordError) {
        guard let id = TaskID(try reader.string()) else { throw .malformed("no task id", at: 0) }
        self.id = id
        arguments = try reader.strings()
        workingDirectory = try reader.string()
        workspace = try reader.optional { (each) throws(RecordError) in try each.string() }
        policy = try reader.string()
        policyDigest = try reader.string()
        startedAt = try reader.integer()
        owner = try reader.string()
        tenant = try reader.string()
        bootID = try reader.string()
        enforcement = try reader.values()
        retention = try reader.integer()
        recordBytes = try reader.integer()
        inputStaysOpen = try reader.bool()
        wall = try reader.integer()
        grace = try reader.integer()
        guard version > 1 else { return }
        retainedBytes = try reader.optional { (each) throws(RecordError) in try each.integer() }
        watched = try reader.optional { (each) throws(RecordError) in try each.value() }
    }
}

extension Enforcement: ByteCodable {
    /// Writes the fields in order.
    public func encode(to writer: inout ByteWriter) {
        writer.write(subject)
        writer.write(wanted)
        writer.write(level.rawValue)
        writer.write(means)
    }

    /// Reads the fields in order.
    public init(from reader: inout ByteReader) throws(RecordError) {
        let subject = try reader.string()
        let wanted = try reader.string()
        let level: Level = try reader.choice()
        self.init(subject, wanted: wanted, level, means: try reader.string())
    }
}
