internal import Glibc

/// What a program gets from whoever started it, in whatever state that is, and puts right before anything else.
public enum Inherited {
    /// Opens descriptors 0 to 2 where they are closed, gives SIGCHLD its default, and ignores SIGXFSZ.
    ///
    /// A file that is opened later would become somebody's standard output; an ignored SIGCHLD reaps children before they
    /// are asked for (wait(2)); a file that would grow beyond RLIMIT_FSIZE is an error to be told, and not our death.
    public static func putRight() throws(Errno) {
        for number in Int32(0)...2 {
            do {
                _ = try checked { fcntl(number, F_GETFD) }
            } catch {
                guard error.rawValue == EBADF else { throw error }
                // The lowest free number is this one. Writing to it fails, as it did before.
                _ = try Files.open("/dev/null", O_RDONLY).release()
            }
        }
        signal(SIGCHLD, SIG_DFL)
        Processes.ignore(SIGXFSZ)
    }

    /// The command line, or the place of the first argument that is not UTF-8: changed to be, it would name something else.
    public static func arguments() -> Result<[String], BadArgument> {
        var found: [String] = []
        for place in 0..<Int(CommandLine.argc) {
            guard let pointer = CommandLine.unsafeArgv[place], let text = String(validatingCString: pointer) else {
                return .failure(BadArgument(place: place))
            }
            found.append(text)
        }
        return .success(found)
    }

    /// An argument that is not UTF-8.
    public struct BadArgument: Error {
        /// Its place on the command line; 0 is the program's name.
        public let place: Int
    }

    /// Those of some signals that are not ignored: who starts a program with an ignored signal wants it to stay so (nohup(1)).
    public static func heeded(_ signals: [Int32]) throws(Errno) -> [Int32] {
        var heeded: [Int32] = []
        for number in signals {
            var action = sigaction()
            _ = try checked { sigaction(number, nil, &action) }
            // SIG_IGN is 1 cast to a function (asm-generic/signal-defs.h); functions can't be compared.
            if unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) != 1 { heeded.append(number) }
        }
        return heeded
    }
}
