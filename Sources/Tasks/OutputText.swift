/// Bytes of a task as text: multi-byte characters whole, what a terminal would act on made visible.
public enum OutputText {
    /// How many bytes at the start of `bytes` end with a whole character; the rest may be the beginning of one.
    ///
    /// At most three bytes are held back, and none that could not become a character.
    public static func wholePrefix(_ bytes: [UInt8]) -> Int {
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0b1100_0000 == 0b1000_0000 { continue }
            let isBeginning = length(of: byte) > back && wrongLength(bytes.suffix(back)) == back
            return isBeginning ? bytes.count - back : bytes.count
        }
        return bytes.count
    }

    private static func length(of lead: UInt8) -> Int {
        switch lead {
        case 0xc2...0xdf: 2
        case 0xe0...0xef: 3
        case 0xf0...0xf4: 4
        default: 1
        }
    }

    /// The bytes as text: new lines and tabs stay, other control characters and bytes that are no UTF-8 become `\xNN`, and
    /// characters that hide or turn text around become `\u{NNNN}`. The bytes themselves can be had in base64.
    public static func visible(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var place = 0
        while place < bytes.count {
            // Most output is plain, and there may be a megabyte of it.
            let run = place
            while place < bytes.count, isPlain(bytes[place]) { place += 1 }
            text += bytes[run..<place]
            guard place < bytes.count else { break }
            if bytes[place] < 0x80 {
                // And some is a disk image, of which each byte is one of these.
                append(escaped: bytes[place], to: &text)
                place += 1
            } else {
                place += append(bytes[place...], to: &text)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes with each line ending in a line feed alone, also where a carriage return, or several, come before it.
    static func withoutReturns(_ bytes: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        kept.reserveCapacity(bytes.count)
        for byte in bytes {
            if byte == 0x0a { while kept.last == 0x0d { kept.removeLast() } }
            kept.append(byte)
        }
        return kept
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x20..<0x7f).contains(byte) || byte == 0x09 || byte == 0x0a
    }

    /// Appends what stands at the beginning of the bytes, and says how many of them that was.
    private static func append(_ bytes: ArraySlice<UInt8>, to text: inout [UInt8]) -> Int {
        var (decoder, iterator) = (UTF8(), bytes.makeIterator())
        guard case .scalarValue(let scalar) = decoder.decode(&iterator) else {
            let wrong = bytes.prefix(wrongLength(bytes))
            for byte in wrong { append(escaped: byte, to: &text) }
            return wrong.count
        }
        text += visible(scalar).utf8
        return UTF8.width(scalar)
    }

    /// Length of the maximal part that begins like a character and is none. Source: Unicode 15, section 3.9, U+FFFD
    /// substitution of maximal subparts.
    private static func wrongLength(_ bytes: ArraySlice<UInt8>) -> Int {
        guard let first = bytes.first, length(of: first) > 1 else { return 1 }
        let second: ClosedRange<UInt8> =
            switch first {
            case 0xe0: 0xa0...0xbf
            case 0xed: 0x80...0x9f
            case 0xf0: 0x90...0xbf
            case 0xf4: 0x80...0x8f
            default: 0x80...0xbf
            }
        var count = 1
        for byte in bytes.dropFirst().prefix(length(of: first) - 1) {
            guard (count == 1 ? second : 0x80...0xbf).contains(byte) else { break }
            count += 1
        }
        return count
    }

    private static func visible(_ scalar: Unicode.Scalar) -> String {
        switch scalar.value {
        case 0x09, 0x0a: return String(scalar)
        case 0..<0x20, 0x7f..<0xa0: return escaped(UInt8(scalar.value))
        default:
            let isHidden = [.format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
            guard isHidden, scalar.value != 0x200d else { return String(scalar) }
            return "\\u{\(String(scalar.value, radix: 16))}"
        }
    }

    private static func escaped(_ byte: UInt8) -> String {
        "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }

    private static func append(escaped byte: UInt8, to text: inout [UInt8]) {
        func digit(_ value: UInt8) -> UInt8 { value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10 }
        text.append(UInt8(ascii: "\\"))
        text.append(UInt8(ascii: "x"))
        text.append(digit(byte >> 4))
        text.append(digit(byte & 15))
    }
}
