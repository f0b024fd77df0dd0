/// A place in a text, counted as editors do.
struct TextPosition: Hashable, Comparable, Sendable {
    /// The line, counted from 1.
    let line: Int
    /// The column in characters (Unicode scalars), counted from 1.
    let column: Int

    static let start = TextPosition(line: 1, column: 1)

    static func < (left: TextPosition, right: TextPosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// Finds line and column of a byte.
struct LineTable: Sendable {
    private let bytes: [UInt8]
    private let starts: [Int]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        starts = [0] + bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
    }

    /// The place of the byte at `offset`, which may be one past the last.
    func position(_ offset: Int) -> TextPosition {
        var (low, high) = (0, starts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        let before = bytes[starts[low]..<min(offset, bytes.count)]
        return TextPosition(line: low + 1, column: before.count { $0 & 0xC0 != 0x80 } + 1)
    }
}
