import Kernel
import Launching
import Policy
import Tasks

/// What every command needs of this process: its environment, read once, and the state directory.
struct FrontEnd {
    let environment: [String: String]
    let state: StateDirectory

    init(_ options: Options) throws {
        environment = Host.environment()
        state = try StateDirectory(try options.value("state") ?? StateDirectory.standardPath(environment))
    }

    /// A policy by name or path, compiled for this host; whether it still holds is to be found out.
    ///
    /// - Parameters:
    ///   - anew: It is compiled in any case.
    ///   - approving: A program of `commands.ask` that was approved, and that the kernel lets through. Whether that
    ///     policy holds is found out at once, so that nobody has to be asked twice.
    func policy(_ name: String, anew: Bool = false, approving: String? = nil) throws -> CachedPolicy {
        let path = try PolicyLocation(environment).find(name, allowsPath: true)
        let cache = CompiledPolicyCache(path, environment, approving: approving)
        let abi = Host.landlockABI
        let cached = anew ? nil : try cache.find(state, landlockABI: abi)
        if let cached, try approving == nil || cached.isCurrent() {
            return cached
        }
        guard try ServerProgram.compile(path, state, environment, approving: approving) == 0 else {
            throw PolicyFailure()
        }
        guard let cached = try cache.find(state, landlockABI: abi), try cached.isCurrent() else {
            throw LaunchError(
                .failed, "policy", "the policy \(path) changed while it was compiled", remedy: "run the command again")
        }
        return cached
    }

    /// Directories in which no task may write.
    func forbiddenPlaces() throws -> [String] {
        [state.path] + (try PolicyLocation(environment).directories)
    }
}

/// The compiler said what is wrong.
struct PolicyFailure: ExplainedError {
    let message = "the policy can't be used"
    let remedy = "correct it and try `caisson policy check FILE`"
}
