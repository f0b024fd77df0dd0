internal import JSON
internal import Spooling
internal import Tasks

/// What Claude Code did and said, from the events that it prints as JSON, one a line.
///
/// Source: `claude --help`, `--output-format stream-json`. An event of a kind that is not known here is left out; a line that
/// is no event stays as it is.
enum ClaudeTranscript {
    /// The beginning of every command of the tool `claude_code`; with `--print`, events need `--verbose`.
    static let command = [
        "claude", "--print", "--dangerously-skip-permissions", "--output-format", "stream-json", "--verbose",
    ]
    /// So many bytes are looked at for one answer. An event that is longer is left out.
    static let window = 1 << 20

    /// Whether a task prints events.
    static func isWritten(by arguments: [String]) -> Bool { arguments.starts(with: command) }

    /// Whole events from the beginning of a piece of output, as text.
    ///
    /// - Parameters:
    ///   - isInside: Whether the piece begins within an event, whose rest is left out.
    ///   - budget: Bytes of text at most, but for the first event.
    ///   - isWhole: Whether nothing will be added to a last line without its end.
    /// - Returns: The text, and how many bytes of the piece it stands for.
    static func text(
        _ bytes: [UInt8], isInside: Bool, budget: Int, isWhole: Bool
    ) -> (text: String, used: Int) {
        var (text, used) = ("", 0)
        if isInside { used = end(of: bytes[...]) ?? bytes.count }
        while used < bytes.count, let end = end(of: bytes[used...]) ?? (isWhole ? bytes.count : nil) {
            let said = OutputText.visible(Array(event(Array(bytes[used..<end])).utf8))
            if !text.isEmpty, text.utf8.count + said.utf8.count > budget { break }
            text += said
            used = end
        }
        guard used == 0, bytes.count >= window else { return (text, used) }
        return ("[an event of more than \(window) bytes is left out]\n", bytes.count)
    }

    /// Behind the line break that ends the first line.
    private static func end(of bytes: ArraySlice<UInt8>) -> Int? {
        bytes.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }
    }

    // MARK: events

    private static func event(_ line: [UInt8]) -> String {
        let event: JSON
        do {
            event = try JSON.parse(line, limits: JSONLimits(depth: 256, bytes: window))
        } catch {
            // What somebody else printed.
            return String(decoding: line, as: UTF8.self)
        }
        switch event["type"]?.stringValue {
        case "system": return system(event)
        case "assistant": return blocks(event).map(spoken).joined()
        case "user": return blocks(event).map(answered).joined()
        case "result": return result(event)
        case nil: return String(decoding: line, as: UTF8.self)
        default: return ""
        }
    }

    private static func blocks(_ event: JSON) -> [JSON] { event["message"]?["content"]?.arrayValue ?? [] }

    private static func system(_ event: JSON) -> String {
        func field(_ key: String) -> String { word(event[key]) }
        switch event["subtype"]?.stringValue {
        case "init":
            let session = "model \(field("model")), session \(field("session_id"))"
            return "[Claude Code \(field("claude_code_version")), \(session)]\n"
        case "api_retry":
            let status = "\(field("error")) \(field("error_status"))"
            return "[the API said \(status); attempt \(field("attempt")) of \(field("max_retries")) follows]\n"
        default: return ""
        }
    }

    private static func spoken(_ block: JSON) -> String {
        switch block["type"]?.stringValue {
        case "text": return ended(block["text"]?.stringValue ?? "")
        case "tool_use": return "[\(word(block["name"])) \(start(of: word(block["input"]), 400))]\n"
        default: return ""
        }
    }

    private static func answered(_ block: JSON) -> String {
        guard block["type"]?.stringValue == "tool_result" else { return "" }
        let parts = block["content"]?.arrayValue?.compactMap { $0["text"]?.stringValue }
        let text = block["content"]?.stringValue ?? parts?.joined(separator: "\n") ?? ""
        let shown = start(of: text, 400).split(separator: "\n").joined(separator: "\n   ")
        return "\(block["is_error"]?.boolValue == true ? "-> failed: " : "-> ")\(shown)\n"
    }

    /// The result's own text is what was said last.
    private static func result(_ event: JSON) -> String {
        let hasFailed = event["is_error"]?.boolValue ?? false
        let reason = event["terminal_reason"] ?? event["subtype"]
        var facts = [hasFailed ? "failed: \(word(reason))" : "done"]
        if let turns = event["num_turns"]?.integerValue { facts.append("\(turns) turn\(turns == 1 ? "" : "s")") }
        if let time = event["duration_ms"]?.integerValue { facts.append(TimeText.duration(UInt64(clamping: time))) }
        if let cost = number(event["total_cost_usd"]) { facts.append(dollars(cost)) }
        return "[\(facts.joined(separator: ", "))]\n"
    }

    // MARK: words

    private static func word(_ value: JSON?) -> String { value?.stringValue ?? value?.text ?? "?" }

    private static func ended(_ text: String) -> String { text.hasSuffix("\n") ? text : text + "\n" }

    private static func start(of text: String, _ limit: Int) -> String {
        let left = text.count - limit
        return left > 0 ? "\(text.prefix(limit))... (\(left) more characters)" : text
    }

    private static func number(_ value: JSON?) -> Double? {
        switch value {
        case .number(let number): number
        case .integer(let integer): Double(integer)
        default: nil
        }
    }

    /// With four decimals. An amount that nobody pays is not shown as one.
    private static func dollars(_ amount: Double) -> String {
        guard amount >= 0, amount < 1e9 else { return "$?" }
        let parts = Int64((amount * 10_000).rounded())
        let decimals = String(parts % 10_000)
        return "$\(parts / 10_000).\(String(repeating: "0", count: 4 - decimals.count))\(decimals)"
    }
}
