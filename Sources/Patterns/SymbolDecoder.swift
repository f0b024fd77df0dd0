/// Puts bytes together to symbols, across the ends of chunks.
///
/// A maximal run that begins like a character and is none is one symbol. Source: Unicode 16, section 3.9, U+FFFD
/// substitution of maximal subparts.
struct SymbolDecoder: Sendable {
    /// What became of a byte.
    enum Step: Equatable {
        /// It belongs to a symbol that is not complete.
        case more
        /// It completes a symbol.
        case symbol(Symbol)
        /// It is not taken: the symbol that had begun ended before it, and is invalid.
        case cut
    }

    private var value: Symbol = 0
    /// Bytes that the symbol still needs.
    private var missing = 0
    /// What the next byte may be.
    private var allowed: ClosedRange<UInt8> = 0x80...0xBF

    /// Whether nothing has begun.
    var isBetween: Bool { missing == 0 }

    mutating func reset() { missing = 0 }

    mutating func take(_ byte: UInt8) -> Step {
        guard missing > 0 else { return begin(byte) }
        guard allowed.contains(byte) else {
            missing = 0
            return .cut
        }
        allowed = 0x80...0xBF
        value = value << 6 | Symbol(byte & 0x3F)
        missing -= 1
        return missing == 0 ? .symbol(value) : .more
    }

    private mutating func begin(_ byte: UInt8) -> Step {
        switch byte {
        case 0x00...0x7F: return .symbol(Symbol(byte))
        case 0xC2...0xDF: (value, missing) = (Symbol(byte & 0x1F), 1)
        case 0xE0...0xEF: (value, missing) = (Symbol(byte & 0x0F), 2)
        case 0xF0...0xF4: (value, missing) = (Symbol(byte & 0x07), 3)
        default: return .symbol(invalidSymbol)
        }
        allowed = SymbolDecoder.second(after: byte)
        return .more
    }

    /// Leaves out what would be too long, a surrogate, or beyond U+10FFFF. Source: Unicode 16, table 3-7.
    private static func second(after lead: UInt8) -> ClosedRange<UInt8> {
        switch lead {
        case 0xE0: 0xA0...0xBF
        case 0xED: 0x80...0x9F
        case 0xF0: 0x90...0xBF
        case 0xF4: 0x80...0x8F
        default: 0x80...0xBF
        }
    }
}
