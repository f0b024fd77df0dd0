import Audit
import JSON
import Tasks

/// Which lines of the audit log are shown.
struct AuditFilter {
    let events: [String]
    let task: String?
    let since: String?

    func takes(_ line: JSONObject) -> Bool {
        if !events.isEmpty, !events.contains(line["event"]?.stringValue ?? "") { return false }
        if let since, (line["time"]?.stringValue ?? "") < since { return false }
        guard let task else { return true }
        let tasks = [line["task"]].compactMap(\.self) + (line["tasks"]?.arrayValue ?? [])
        return tasks.contains { $0.stringValue?.hasPrefix(task) ?? false }
    }
}

/// The last of many texts.
struct AuditTailList {
    let limit: Int?
    private(set) var rest: [String] = []

    init(limit: Int?) {
        self.limit = limit
    }

    /// - Returns: A text that is to be printed now.
    mutating func add(_ text: String) -> String? {
        guard let limit else { return text }
        rest.append(text)
        if rest.count > max(0, limit) * 2 + 64 { rest.removeFirst(rest.count - max(0, limit)) }
        return nil
    }

    /// What is left to be printed at the end.
    var last: [String] { limit.map { rest.suffix(max(0, $0)).map(\.self) } ?? [] }
}

/// The audit log for people, and the outcome of a verification.
enum AuditText {
    /// A line of the log: number, time, who, what.
    static func line(_ line: JSONObject) -> String {
        let who = [line["front_end"]?.stringValue ?? "?", line["uid"]?.integerValue.map { ":\($0)" } ?? ""].joined()
        let client = line["client"]?.stringValue.map { " (\($0))" } ?? ""
        let text =
            "\(line["seq"]?.integerValue ?? 0) \(line["time"]?.stringValue ?? "") \(line["event"]?.stringValue ?? "") "
            + "\(who)\(client) \(facts(line))"
        return OutputText.visible(Array(text.utf8))
    }

    /// What is said of the event, by its most telling members first.
    private static func facts(_ line: JSONObject) -> String {
        let known = ["seq", "time", "prev", "event", "uid", "front_end", "client", "signature"]
        return line.members.filter { !known.contains($0.key) }.map { "\($0.key)=\(text($0.value))" }
            .joined(separator: " ")
    }

    private static func text(_ value: JSON) -> String {
        if let text = value.stringValue, !text.contains(" "), !text.isEmpty { return text }
        return value.text
    }

    /// Findings, notes, and what can be relied on.
    static func text(_ report: AuditReport, _ path: String) -> String {
        var lines: [String] = []
        for finding in report.findings {
            lines.append(
                "TAMPERED \(path)\(finding.line > 0 ? ":\(finding.line)" : ""): \(finding.kind.rawValue): \(finding.message)"
            )
        }
        if let remedy = report.findings.first?.remedy { lines.append("         -> \(remedy)") }
        for note in report.notes {
            lines.append("note     \(path)\(note.line > 0 ? ":\(note.line)" : ""): \(note.message)")
        }
        let signed = report.signedSeq > 0 ? "signed up to number \(report.signedSeq)" : "nothing of it signed"
        lines.append(
            "\(report.isWhole ? "whole" : "NOT WHOLE"): \(report.lines) lines, the last one number \(report.lastSeq), \(signed)"
        )
        lines.append("head \(report.head)")
        return lines.joined(separator: "\n")
    }

    /// The same facts.
    static func json(_ report: AuditReport, _ path: String) -> JSONObject {
        JSONObject(present: [
            "file": .string(path), "whole": .bool(report.isWhole), "lines": JSON(report.lines),
            "last_seq": JSON(report.lastSeq), "head": .string(report.head), "signed_seq": JSON(report.signedSeq),
            "key": report.key.map(JSON.string) ?? .null,
            "findings": .array(
                report.findings.map {
                    [
                        "kind": .string($0.kind.rawValue), "line": JSON($0.line), "message": .string($0.message),
                        "remedy": .string($0.remedy),
                    ]
                }),
            "notes": .array(report.notes.map { ["line": JSON($0.line), "message": .string($0.message)] }),
        ])
    }
}
