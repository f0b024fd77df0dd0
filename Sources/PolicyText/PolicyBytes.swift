internal import Policy

/// The bytes of a policy file after the checks that come before TOML.
struct PolicyBytes {
    /// The largest policy file, in bytes. A policy is written by people; whatever is larger is something else.
    static let limit = 1 << 20

    let bytes: [UInt8]
    let lines: LineTable
    private let path: String

    /// - Throws: `PolicyErrors` for more than ``limit`` bytes, a byte order mark, a NUL and what is not UTF-8.
    init(_ source: PolicySource) throws(PolicyErrors) {
        (path, bytes, lines) = (source.path, source.text, LineTable(source.text))
        guard bytes.count <= Self.limit else {
            throw PolicyErrors([PolicyError(file: path, problem: "the file is larger than 1 MiB")])
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw problem(at: 0, "the file begins with a byte order mark", remedy: "save it as UTF-8 without one")
        }
        if let nul = bytes.firstIndex(of: 0) {
            throw problem(at: nul, "the file contains a NUL", remedy: "a policy is text in UTF-8")
        }
        if let wrong = Self.firstInvalid(bytes) {
            throw problem(at: wrong, "this is not UTF-8", remedy: "a policy is text in UTF-8")
        }
    }

    /// The bytes as text.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// An error at one byte.
    func problem(at offset: Int, _ problem: String, remedy: String? = nil) -> PolicyErrors {
        let place = lines.position(offset)
        return PolicyErrors([
            PolicyError(file: path, line: place.line, column: place.column, problem: problem, remedy: remedy)
        ])
    }

    /// The offset of the first byte that is no part of a character.
    private static func firstInvalid(_ bytes: [UInt8]) -> Int? {
        guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var offset = 0
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): offset += UTF8.width(scalar)
            case .error: return min(offset, bytes.count - 1)
            case .emptyInput: return max(0, bytes.count - 1)
            }
        }
    }
}
