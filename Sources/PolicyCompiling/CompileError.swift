internal import Kernel
internal import Launching

/// Turns a failed system call of the compiler into an error that names its subject.
func on<Result: ~Copyable>(_ subject: String, _ body: () throws(Errno) -> Result) throws(LaunchError) -> Result {
    do {
        return try body()
    } catch {
        throw LaunchError(
            .failed, "policy", "the policy can't be made ready for this host: \(subject): \(error)",
            remedy: "mend that and run the command again")
    }
}
