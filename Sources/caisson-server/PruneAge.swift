import Policy
import Tasks

/// A length of time as it is given on the command line.
struct PruneAge {
    let nanoseconds: UInt64

    init(_ text: String) throws {
        do {
            nanoseconds = try TimeSpan(text: text).nanoseconds
        } catch {
            throw TaskError.refused(
                "--older-than \(VisibleText.quoted(text)) is no length of time; write it as 30s, 10min or 2h")
        }
    }
}
