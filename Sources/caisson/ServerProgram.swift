import Glibc
import Kernel
import Launching
import Tasks

/// The executable with the libraries that this one does without.
enum ServerProgram {
    private static let name = "caisson-server"

    /// Becomes the server, with the same arguments.
    static func replaceThisProgram(_ arguments: [String]) throws -> Never {
        let path = try InstalledFiles.program(name)
        let argv = ([name] + arguments).map { strdup($0) } + [nil]
        execv(path, argv)
        throw LaunchError(.failed, "launch", "\(path) can't be started: errno \(errno)")
    }

    /// Compiles a policy into the cache; what it has to say goes to standard error.
    ///
    /// - Parameter approving: A program of `commands.ask` that the kernel lets through as well; nil: none.
    /// - Returns: The exit code.
    static func compile(
        _ path: String, _ state: StateDirectory, _ environment: [String: String], approving: String?
    ) throws -> Int32 {
        let program = try InstalledFiles.program(name)
        let variables = environment.map { "\($0.key)=\($0.value)" }
        let words =
            [name, "compile", "--state", state.path] + (approving.map { ["--approving", $0] } ?? []) + [path]
        let none = try Files.open("/dev/null", O_RDWR)
        let pid = try Spawn.start(
            program, arguments: words, environment: variables,
            descriptors: [none.number, none.number, 2], newSession: false)
        guard let (_, status) = try Processes.reap(pid) else { return 125 }
        return Processes.exitCode(status) ?? 125
    }
}
