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

    /// The policies that this process works with.
    func shelf(_ policy: String, others: [String] = []) throws -> PolicyShelf {
        try PolicyShelf(standard: policy, others: others, location, environment: environment, state)
    }

    /// A supervisor for callers of this process.
    func supervisor(_ shelf: PolicyShelf, workspace: String?, principal: String) throws -> Supervisor {
        try Supervisor(
            state, shelf, principal: principal, workspace: workspace, environment: environment, off: off)
    }
}
