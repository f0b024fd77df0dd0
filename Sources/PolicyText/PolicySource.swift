/// The text of one policy file. Whoever read it has checked who may write it.
public struct PolicySource: Sendable, Equatable {
    /// The path that errors and origins show.
    public let path: String
    /// The bytes of the file.
    public let text: [UInt8]

    /// The bytes of a file.
    public init(path: String, text: [UInt8]) {
        (self.path, self.text) = (path, text)
    }

    /// A text that is in memory already.
    public init(path: String, text: String) {
        self.init(path: path, text: Array(text.utf8))
    }
}
