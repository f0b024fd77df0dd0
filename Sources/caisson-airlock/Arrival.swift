import Glibc
import Kernel
import Records

/// What the front end sends while there is no task yet. Whoever goes away, or refuses the task, just hangs up.
struct Arrival {
    private var inherited = Inheritance()
    /// Whether nothing more will come, or nothing that could be understood.
    private var isOver = false

    /// The outline, and the task's cgroup where it has one; nil: there will be no task.
    mutating func outline() throws -> (outline: SandboxOutline, group: Int32?)? {
        let message = try Transfer.receive(AirlockDescriptor.report, limit: AirlockMessage.limit)
        guard !message.bytes.isEmpty else { return nil }
        guard case .outline(let outline) = try AirlockMessage(bytes: message.bytes) else {
            isOver = true
            throw RecordError.malformed("the outline comes first", at: 0)
        }
        return (outline, message.descriptors.first)
    }

    /// The plan, and what of the rest came before it; nil: there will be no task.
    mutating func plan() throws -> Inheritance? {
        while inherited.plan < 0 {
            guard try take() else { return nil }
        }
        return inherited
    }

    /// Everything; nil: there will be no task.
    mutating func finish() throws -> Inheritance? {
        try rest() ? inherited : nil
    }

    /// Takes whatever still comes; false: there will be no task.
    mutating func rest() throws -> Bool {
        while !isOver {
            guard try take() else { return false }
        }
        return true
    }

    /// Takes away the placeholders of a task that does not start. Their names are in the plan, which may be what can't be read.
    func takeBack() throws(Errno) {
        for place in inherited.placeholders {
            let path = try Files.target("/proc/self/fd/\(place.file)")
            try PlaceholderFile.remove(place.file, Paths.name(path), at: place.parent)
        }
    }

    /// Takes one message; false: the front end hung up.
    private mutating func take() throws -> Bool {
        let message = try Transfer.receive(
            AirlockDescriptor.report, limit: AirlockMessage.limit, most: AirlockMessage.descriptorLimit)
        isOver = true
        guard !message.bytes.isEmpty else { return false }
        guard case .descriptors(let roles, let isLast) = try AirlockMessage(bytes: message.bytes) else {
            // An outline that nobody has taken: this airlock could not even begin.
            isOver = false
            return true
        }
        guard roles.count == message.descriptors.count else {
            throw RecordError.malformed("descriptors are missing", at: 0)
        }
        for (role, number) in zip(roles, message.descriptors) { try inherited.take(role, number) }
        isOver = isLast
        return true
    }
}
