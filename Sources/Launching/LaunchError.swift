internal import Kernel
public import Policy
public import Tasks

/// Why a task was not started.
public struct LaunchError: ExplainedError {
    /// Which of the exit codes of the contract stands for it.
    public enum Kind: Sendable {
        /// The policy refuses it: 126.
        case refused
        /// It is there and can't be executed: 126.
        case notExecutable
        /// There is no such program: 127.
        case notFound
        /// Caisson can't do it here: 125.
        case failed
    }

    /// What sort of failure it is.
    public let kind: Kind
    /// The word of `end.cause`: a policy's key such as `commands` or `workspace`, or `launch`.
    public let cause: String
    /// What happened and why.
    public let message: String
    /// What to do next.
    public let remedy: String
    /// The decision, where the command list made one.
    public let decision: Decision?
    /// What a person has to be asked before the same is tried again; nil: nobody's answer would change anything.
    public var question: ApprovalQuestion?

    /// An error with all of its parts.
    public init(_ kind: Kind, _ cause: String, _ message: String, remedy: String = "", decision: Decision? = nil) {
        (self.kind, self.cause, self.message, self.remedy) = (kind, cause, message, remedy)
        self.decision = decision
    }

    /// The exit code of `run`.
    public var exitCode: Int32 {
        switch kind {
        case .refused, .notExecutable: 126
        case .notFound: 127
        case .failed: 125
        }
    }
}

extension LaunchError {
    /// Takes back something that was begun before the failure.
    ///
    /// - Returns: The failure itself, and that something was left behind, where it was.
    func undoing(_ step: () throws(LaunchError) -> Void) -> LaunchError {
        do {
            try step()
            return self
        } catch {
            let sentence = "\(message) (and something was left behind: \(error.message))"
            return LaunchError(kind, cause, sentence, remedy: remedy, decision: decision)
        }
    }
}

extension LaunchError {
    /// A place of a policy that holds the state directory.
    ///
    /// - Parameter key: The key that names the place.
    public static func holdsState(_ place: String, _ state: String, _ key: String) -> LaunchError {
        LaunchError(
            .refused, key, "\(place) holds the state directory \(state), which no task may see (\(key))",
            remedy: "name the directories below it that the task needs, or another state directory with --state DIR")
    }
}

/// Runs a system call and names its subject in the failure.
func on<Result: ~Copyable>(
    _ subject: String, remedy: String = "", _ body: () throws(Errno) -> Result
) throws(LaunchError) -> Result {
    do {
        return try body()
    } catch {
        throw LaunchError(.failed, "launch", "\(subject): \(error)", remedy: remedy)
    }
}

/// Turns an error of a task's directory into one of its launch.
func launching<Result: ~Copyable>(_ body: () throws(TaskError) -> Result) throws(LaunchError) -> Result {
    do {
        return try body()
    } catch {
        throw LaunchError(.failed, "launch", error.message, remedy: error.remedy)
    }
}
