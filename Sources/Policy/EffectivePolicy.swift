public import Records

/// A policy after every file was read, merged and checked: one value for each key, and where it was set.
public struct EffectivePolicy: Equatable, ByteCodable {
    /// What callers name it by.
    public var name = ""
    /// What it is for, in a sentence.
    public var description = ""
    /// The files it was made from, the first one first.
    public var sources: [String] = []
    /// What may be started.
    public var commands = CommandSettings()
    /// What a task sees and may change.
    public var files = FileSettings()
    /// What network it has.
    public var network = NetworkSettings()
    /// What it may use.
    public var limits = Limits()
    /// Which system calls it may make.
    public var syscalls = SyscallSettings()
    /// As whom it runs.
    public var privileges = PrivilegeSettings()
    /// What is asked of its memory and of its view of processes.
    public var hardening = HardeningSettings()
    /// Which variables it gets.
    public var environment = EnvironmentSettings()
    /// `auto`, or the path of the cgroup under which tasks are placed.
    public var cgroupParent = "auto"
    /// Patterns of names and options whose values never reach the audit log.
    public var redact: [String] = []
    /// What is kept of ended tasks.
    public var retention = RetentionSettings()
    /// Layers that may be missing, by name.
    public var degrade: [String] = []
    /// Every widening, with its reason.
    public var relaxations: [Relaxation] = []
    /// What the author of the last file expects.
    public var tests: [PolicyTest] = []
    /// Where each key was set.
    public var origins = OriginTable()

    /// The policy that holds where no file says anything: it allows no command.
    public init() {}

    /// SHA-256 over the encoded form, in hexadecimal: equal digests, equal policies, down to the lines of their files.
    public var digest: String {
        var writer = ByteWriter()
        encode(to: &writer)
        return SHA256.hexadecimal(writer.bytes)
    }

    /// Writes every field, in the order of their declaration.
    public func encode(to writer: inout ByteWriter) {
        writer.write(name)
        writer.write(description)
        writer.write(sources)
        writer.write(commands)
        writer.write(files)
        writer.write(network)
        writer.write(limits)
        writer.write(syscalls)
        writer.write(privileges)
        writer.write(hardening)
        writer.write(environment)
        writer.write(cgroupParent)
        writer.write(redact)
        writer.write(retention)
        writer.write(degrade)
        writer.write(relaxations)
        writer.write(tests)
        writer.write(origins)
    }

    /// Reads every field, in the order of their declaration.
    public init(from reader: inout ByteReader) throws(RecordError) {
        name = try reader.string()
        description = try reader.string()
        sources = try reader.strings()
        commands = try reader.value()
        files = try reader.value()
        network = try reader.value()
        limits = try reader.value()
        syscalls = try reader.value()
        privileges = try reader.value()
        hardening = try reader.value()
        environment = try reader.value()
        cgroupParent = try reader.string()
        redact = try reader.strings()
        retention = try reader.value()
        degrade = try reader.strings()
        relaxations = try reader.values()
        tests = try reader.values()
        origins = try reader.value()
    }
}
