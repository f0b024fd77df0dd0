/// The step of a launch, in the order of confinement. A failure names its step and the errno.
public enum Stage: UInt8, Sendable, CaseIterable {
    // Monitor
    case plan = 1
    case taskDirectory
    case controlSocket
    case pipes
    case workspaceMount
    case namespaces
    case identityMaps
    // Init
    case identity
    case sources
    case rootMount
    case mounts
    case pivot
    case network
    case hostName
    case executable
    case taskFork
    // Task side
    case session
    case standardStreams
    case workingDirectory
    case resourceLimits
    case keyring
    case secureBits
    case boundingSet
    case credentials
    case capabilities
    case parentDeath
    case hardening
    case noNewPrivileges
    case landlock
    case seccomp
    case gate
    case execute
    // Init and monitor, themselves
    case initConfinement
    case receipt
    case monitorConfinement
    case cgroup
    // Init and task side
    case terminal

    /// The step as users read it, such as `landlock` or `identity_maps`.
    public var name: String {
        var text = ""
        for character in "\(self)".unicodeScalars {
            if character.properties.isUppercase {
                text += "_" + character.properties.lowercaseMapping
            } else {
                text.unicodeScalars.append(character)
            }
        }
        return text
    }

    /// The stage of that name, or nil.
    public init?(name: String) {
        guard let stage = Stage.allCases.first(where: { $0.name == name }) else { return nil }
        self = stage
    }
}
