/// What of a task's plan its namespaces and pipes are made from. It is known before anything is decided, so that they can be
/// made meanwhile.
public struct SandboxOutline: Sendable, Equatable {
    /// The task's name.
    public let task: TaskID
    /// User and group, inside and outside.
    public let identity: PlannedIdentity
    /// What the network looks like.
    public let network: PlannedNetwork
    /// Whether both output streams go through one pipe.
    public let mergesError: Bool

    /// An outline with every part named.
    public init(task: TaskID, identity: PlannedIdentity, network: PlannedNetwork, mergesError: Bool) {
        (self.task, self.identity, self.network, self.mergesError) = (task, identity, network, mergesError)
    }
}

extension LaunchPlan {
    /// The part of the plan that was handed over before the rest.
    public var outline: SandboxOutline {
        SandboxOutline(task: task, identity: identity, network: network, mergesError: streams.mergesError)
    }
}

extension SandboxOutline: ByteCodable {
    /// Writes the fields in order.
    public func encode(to writer: inout ByteWriter) {
        writer.write(task.text)
        writer.write(identity)
        writer.write(network.rawValue)
        writer.write(mergesError)
    }

    /// Reads the fields in order.
    public init(from reader: inout ByteReader) throws(RecordError) {
        let start = reader.position
        guard let task = TaskID(try reader.string()) else { throw .malformed("no task id", at: start) }
        self.init(
            task: task, identity: try reader.value(), network: try reader.choice(), mergesError: try reader.bool())
    }
}
