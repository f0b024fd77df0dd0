import Glibc
import Kernel
import Tasks

/// What the program says to people: on standard error, as `caisson: ...`, so that standard output is the task's alone.
enum Message {
    /// Prints what happened and what to do next.
    static func print(_ message: String, remedy: String) {
        write("caisson: \(message)\n" + (remedy.isEmpty ? "" : "caisson: \(remedy)\n"), to: 2)
    }

    /// Prints an error.
    static func print(_ error: any ExplainedError) {
        print(error.message, remedy: error.remedy)
    }

    /// Prints a help text or a listing.
    static func help(_ text: String, to descriptor: Int32) {
        write(text + "\n", to: descriptor)
    }

    /// A reader that is gone has nobody to be told.
    static func write(_ text: String, to descriptor: Int32) {
        do { try Transfer.deliver(descriptor, Array(text.utf8)) } catch { return }
    }
}
