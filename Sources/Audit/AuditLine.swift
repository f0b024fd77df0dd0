internal import JSON
internal import Records

/// The bytes of a line, and what of them is signed.
enum AuditLine {
    /// The line without its line break.
    static func bytes(
        _ entry: AuditEntry, seq: UInt64, time: String, previous: String, _ who: AuditWho
    ) -> [UInt8] {
        var line: JSONObject = [
            "seq": JSON(seq), "time": .string(time), "prev": .string(previous), "event": .string(entry.event.rawValue),
            "uid": JSON(who.uid), "front_end": .string(who.frontEnd),
            "client": who.client.map(JSON.string) ?? .null,
        ]
        for member in entry.facts.members { line.append(member.value, for: member.key) }
        return JSON.object(line).bytes
    }

    private static let signature = Array(",\"signature\":\"".utf8)

    /// A line and its signature, which is its last member.
    static func signed(_ line: [UInt8], by sign: ([UInt8]) throws(AuditError) -> String) throws(AuditError) -> [UInt8] {
        let message = Array(line.dropLast())
        return message + signature + Array(try sign(message).utf8) + Array("\"}".utf8)
    }

    /// What a signed line says before its signature, and the signature in hexadecimal digits; nil for any other line.
    static func parts(_ line: ArraySlice<UInt8>) -> (message: [UInt8], signature: String)? {
        let end = Array("\"}".utf8)
        let tail = signature.count + 128 + end.count
        guard line.count > tail, line.suffix(2).elementsEqual(end) else { return nil }
        let (message, rest) = (line.dropLast(tail), line.suffix(tail))
        let digits = rest.dropFirst(signature.count).dropLast(end.count)
        guard rest.starts(with: signature), digits.allSatisfy(Hexadecimal.isDigit) else { return nil }
        return (Array(message), String(decoding: digits, as: UTF8.self))
    }

    /// The beginning that every line has.
    struct Place {
        /// Its number.
        let seq: UInt64
        /// The hash of the line before.
        let previous: String
        /// What happened; nil for no word of ours.
        let event: AuditEntry.Event?
    }

    /// The beginning of a line; nil for what is no line.
    static func place(_ line: ArraySlice<UInt8>) -> Place? {
        line.last == UInt8(ascii: "}") ? place(beginning: line) : nil
    }

    /// The same of the beginning of a line.
    static func place(beginning line: ArraySlice<UInt8>) -> Place? {
        var rest = line
        guard take(&rest, "{\"seq\":") else { return nil }
        let digits = rest.prefix { 48...57 ~= $0 }
        rest = rest.dropFirst(digits.count)
        guard let seq = UInt64(String(decoding: digits, as: UTF8.self)), seq < AuditHead.numbers,
            take(&rest, ",\"time\":\"")
        else { return nil }
        // RFC 3339 with milliseconds: 24 characters.
        rest = rest.dropFirst(24)
        guard take(&rest, "\",\"prev\":\"") else { return nil }
        let hash = String(decoding: rest.prefix(64), as: UTF8.self)
        rest = rest.dropFirst(64)
        guard AuditHead.isHash(hash), take(&rest, "\",\"event\":\"") else { return nil }
        let word = String(decoding: rest.prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
        return Place(seq: seq, previous: hash, event: AuditEntry.Event(rawValue: word))
    }

    private static func take(_ rest: inout ArraySlice<UInt8>, _ text: StaticString) -> Bool {
        let isThere = text.withUTF8Buffer { rest.starts(with: $0) }
        if isThere { rest = rest.dropFirst(text.utf8CodeUnitCount) }
        return isThere
    }

    /// Its members; nil for what is no JSON.
    static func fields(_ line: ArraySlice<UInt8>) -> JSONObject? {
        do { return try JSON.parse(Array(line)).objectValue } catch { return nil }
    }
}
