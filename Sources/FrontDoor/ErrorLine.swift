internal import Kernel

/// What the server has to say to whoever runs it, and to no client.
enum ErrorLine {
    /// A line on standard error. A reader that is gone has nobody to be told.
    static func write(_ text: String) {
        do { try Transfer.deliver(2, Array("caisson: \(text)\n".utf8)) } catch { return }
    }
}
