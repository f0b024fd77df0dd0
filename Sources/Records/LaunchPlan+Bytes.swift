extension LaunchPlan: ByteCodable {
    /// The frame's magic of a plan.
    public static var magic: StaticString { "CSPL" }
    /// The newest version.
    public static var version: UInt16 { 3 }

    /// The plan as it travels.
    public var sealed: [UInt8] {
        var writer = ByteWriter()
        encode(to: &writer)
        return Envelope.seal(magic: Self.magic, version: Self.version, contents: writer.bytes)
    }

    /// Reads a plan from its frame.
    public static func open(_ bytes: [UInt8]) throws(RecordError) -> LaunchPlan {
        var (found, reader) = try Envelope.open(magic: magic, newest: version, bytes: bytes)
        let plan = try LaunchPlan(from: &reader, version: found)
        // In the first version, the descriptors that came with it were listed at its end.
        if found == 1 { _ = try reader.byteList() }
        try reader.finish()
        return plan
    }

    /// Writes every part in the order of the declaration.
    public func encode(to writer: inout ByteWriter) {
        writer.write(task.text)
        writer.write(arguments) { $0.write($1) }
        writer.write(environment) { $0.write($1) }
        writer.write(executable)
        writer.write(workingDirectory)
        writer.write(hostName)
        writer.write(identity)
        writer.write(mounts)
        writer.write(scratchBytes)
        writer.write(network.rawValue)
        writer.write(limits)
        writer.write(landlock)
        writer.write(filters.task)
        writer.write(filters.reaper)
        writer.write(filters.monitor)
        writer.write(hardening.denyWriteExecute)
        writer.write(hardening.mitigateSpeculation)
        writer.write(hardening.sessionKeyring)
        writer.write(deadlines.wall)
        writer.write(deadlines.grace)
        writer.write(deadlines.cpuTime)
        writer.write(streams.mergesError)
        writer.write(streams.recordBytes)
        writer.write(streams.inputStaysOpen)
        writer.write(cgroup)
        writer.write(placeholders)
        writer.write(streams.terminal)
    }

    /// Reads every part in the order of the declaration.
    public init(from reader: inout ByteReader) throws(RecordError) {
        try self.init(from: &reader, version: Self.version)
    }

    private init(from reader: inout ByteReader, version: UInt16) throws(RecordError) {
        let start = reader.position
        guard let task = TaskID(try reader.string()) else { throw .malformed("no task id", at: start) }
        self.task = task
        arguments = try reader.list { (each) throws(RecordError) in try each.byteList() }
        environment = try reader.list { (each) throws(RecordError) in try each.byteList() }
        executable = try reader.value()
        workingDirectory = try reader.string()
        hostName = try reader.string()
        identity = try reader.value()
        mounts = try reader.values()
        scratchBytes = try reader.integer()
        network = try reader.choice()
        limits = try reader.values()
        landlock = try reader.value()
        filters = PlannedFilters(
            task: try reader.byteList(), reaper: try reader.byteList(), monitor: try reader.byteList())
        hardening = PlannedHardening(
            denyWriteExecute: try reader.bool(), mitigateSpeculation: try reader.bool(),
            sessionKeyring: try reader.bool())
        deadlines = PlannedDeadlines(
            wall: try reader.integer(), grace: try reader.integer(), cpuTime: try reader.integer())
        streams = PlannedStreams(
            mergesError: try reader.bool(), recordBytes: try reader.integer(), inputStaysOpen: try reader.bool())
        cgroup = try reader.optional { (each) throws(RecordError) in try PlannedCgroup(from: &each) }
        placeholders = try reader.strings()
        if version >= 3 { streams.terminal = try reader.optional { (each) throws(RecordError) in try each.value() } }
        guard !arguments.isEmpty else { throw .malformed("a plan without argv", at: start) }
        guard identity.innerUser != 0, identity.innerGroup != 0 else { throw .malformed("inner uid 0", at: start) }
        guard (arguments + environment).allSatisfy({ !$0.contains(0) }) else {
            throw .malformed("NUL in argv or environment", at: start)
        }
    }
}

extension PlannedExecutable: ByteCodable {
    /// Writes the fields in order.
    public func encode(to writer: inout ByteWriter) {
        writer.write(path)
        writer.write(inode)
        writer.write(size)
        writer.write(modified)
        writer.write(digest)
    }

    /// Reads the fields in order.
    public init(from reader: inout ByteReader) throws(RecordError) {
        path = try reader.string()
        inode = try reader.integer()
        size = try reader.integer()
        modified = try reader.integer()
        digest = try reader.byteList()
        guard digest.isEmpty || digest.count == 32 else {
            throw .malformed("a digest has 32 bytes", at: reader.position)
        }
    }
}

extension PlannedIdentity: ByteCodable {
    /// Writes the fields in order.
    public func encode(to writer: inout ByteWriter) {
        writer.write(innerUser)
        writer.write(innerGroup)
        writer.write(hostUser)
        writer.write(hostGroup)
        writer.write(mapsOwners)
        writer.write(dropsGroups)
    }

    /// Reads the fields in order.
    public init(from reader: inout ByteReader) throws(RecordError) {
        innerUser = try reader.integer()
        innerGroup = try reader.integer()
        hostUser = try reader.integer()
        hostGroup = try reader.integer()
        mapsOwners = try reader.bool()
        dropsGroups = try reader.bool()
    }
}

extension PlannedLimit: ByteCodable {
    /// Writes the fields in order.
    public func encode(to writer: inout ByteWriter) {
        writer.write(resource)
        writer.write(soft)
        writer.write(hard)
    }

    /// Reads the fields in order.
    public init(from reader: inout ByteReader) throws(RecordError) {
        resource = try reader.integer()
        soft = try reader.integer()
        hard = try reader.integer()
    }
}

extension PlannedLandlock: ByteCodable {
    /// Writes the fields in order.
    public func encode(to writer: inout ByteWriter) {
        writer.write(minimumABI)
        writer.write(rules) {
            $0.write($1.path)
            $0.write($1.grant.rawValue)
        }
        writer.write(connectPorts) { inner, ports in inner.write(ports) { $0.write($1) } }
    }

    /// Reads the fields in order.
    public init(from reader: inout ByteReader) throws(RecordError) {
        minimumABI = try reader.integer()
        rules = try reader.list { (each) throws(RecordError) in
            let path = try each.string()
            return LandlockRule(path: path, grant: LandlockGrant(rawValue: try each.integer()))
        }
        connectPorts = try reader.optional { (each) throws(RecordError) in
            try each.list { (port) throws(RecordError) in try port.integer() }
        }
    }
}

extension PlannedCgroup: ByteCodable {
    /// Writes the fields in order.
    public func encode(to writer: inout ByteWriter) {
        writer.write(path)
        writer.write(values) {
            $0.write($1.file)
            $0.write($1.value)
        }
    }

    /// Reads the fields in order.
    public init(from reader: inout ByteReader) throws(RecordError) {
        path = try reader.string()
        values = try reader.list { (each) throws(RecordError) in
            CgroupValue(file: try each.string(), value: try each.string())
        }
    }
}
