internal import Glibc
internal import Kernel
public import Records
public import Tasks

extension Launch {
    /// Starts a task whose standard input stays open: its monitor holds the write end.
    public static func withOpenInput(
        _ request: LaunchRequest, _ compiled: CompiledPolicy, _ state: StateDirectory, in airlock: Airlock,
        admit: Admission = { (_, _) throws(LaunchError) in }
    ) throws(LaunchError) -> LaunchedTask {
        try withOpenInput(request) { (request) throws(LaunchError) in
            try start(request, compiled, state, in: airlock, admit: admit)
        }
    }

    /// The same under a policy of which it is found out meanwhile whether it still holds.
    public static func withOpenInput(
        _ request: LaunchRequest, _ cached: CachedPolicy, _ state: StateDirectory, in airlock: Airlock,
        admit: Admission = { (_, _) throws(LaunchError) in }
    ) throws(LaunchError) -> LaunchedTask {
        try withOpenInput(request) { (request) throws(LaunchError) in
            try start(request, cached, state, in: airlock, admit: admit)
        }
    }

    /// Gives a pipe that was made for the task to its user. A caller's own pipe stays whose it is: others may read from it too.
    static func own(_ streams: LaunchStreams, _ identity: PlannedIdentity) throws(LaunchError) {
        guard streams.isInputOwn, let input = streams.input, identity.mapsOwners else { return }
        try on("the pipe for standard input") { () throws(Errno) in
            _ = try checked { fchown(input, identity.hostUser, identity.hostGroup) }
        }
    }

    private static func withOpenInput(
        _ request: LaunchRequest, _ start: (LaunchRequest) throws(LaunchError) -> LaunchedTask
    ) throws(LaunchError) -> LaunchedTask {
        let pipe = try on("a pipe for standard input") { () throws(Errno) in try DescriptorPair.pipe() }
        var request = request
        (request.streams.input, request.streams.inputSource) = (pipe.first.number, pipe.second.number)
        request.streams.isInputOwn = true
        return try start(request)
    }
}
