/// The name of a task: 128 random bits in 32 hexadecimal digits.
///
/// Process ids are reused and can be guessed; this can't. Whoever makes one takes the bits from getrandom(2).
public struct TaskID: Hashable, Sendable, CustomStringConvertible {
    /// 32 lower-case hexadecimal digits.
    public let text: String

    /// The 16 bytes as text.
    public init(bytes: [UInt8]) {
        precondition(bytes.count == 16, "a task id has 16 bytes")
        text = Hexadecimal.text(bytes)
    }

    /// Accepts exactly the written form, so that an id can be used as a file name without a second look.
    public init?(_ text: some StringProtocol) {
        // Of one type, because thousands are read at a time.
        let text = String(text)
        guard text.utf8.count == 32, text.utf8.allSatisfy(Hexadecimal.isDigit) else { return nil }
        self.text = text
    }

    /// The written form.
    public var description: String { text }
}

/// Lower-case hexadecimal text.
public enum Hexadecimal {
    /// Two digits a byte.
    public static func text(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether a character is one of 0-9 and a-f.
    public static func isDigit(_ character: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(character)
    }
}
