import Audit
import Kernel
import Launching
import PolicyCompiling
import Supervision
import Tasks

/// What a command finds around it: its environment, read once, and the state directory.
struct Surroundings {
    let environment: [String: String]
    let state: StateDirectory
    let location: PolicyLocation

    init(_ option: StateOption) throws {
        environment = Host.environment()
        state = try StateDirectory(try option.state ?? StateDirectory.standardPath(environment))
        location = try PolicyLocation(environment)
    }

    /// Directories in which no task may write.
    var off: [String] { [state.path] + location.directories }

    /// The audit log, for a front end of this kind.
    func audit(_ frontEnd: String) -> AuditLog { AuditLog(state, AuditWho(uid: Host.user, frontEnd: frontEnd)) }

    /// The policies that this process works with.
    ///
    /// - Parameter audit: Where it is written which are loaded; nil: nowhere, because nothing is started under them.
    func shelf(_ policy: String, others: [String] = [], audit: AuditLog? = nil) throws -> PolicyShelf {
        try PolicyShelf(standard: policy, others: others, location, environment: environment, state, audit: audit)
    }

    /// A supervisor for callers of this process.
    func supervisor(_ shelf: PolicyShelf, workspace: String?, principal: String) throws -> Supervisor {
        try Supervisor(
            state, shelf, principal: principal, workspace: workspace, environment: environment, off: off)
    }
}
