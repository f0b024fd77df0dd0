public import JSON
internal import Kernel
internal import Records

/// Everything that is known of a task: view, plan, how each layer is enforced, and the receipt.
public struct Inspection: Sendable {
    private let view: TaskView
    private let plan: LaunchPlan
    private let receipt: Receipt?

    /// Reads the records of a task.
    public init(_ task: TaskDirectory) throws(TaskError) {
        view = try TaskView(task)
        plan = try task.plan()
        receipt = try task.receipt()
    }

    /// The task view with `workspace`, `plan`, `enforcement` and `receipt`.
    public var json: JSONObject {
        var object = view.json
        object["workspace"] = view.record.workspace.map(JSON.string) ?? .null
        object["owner"] = .string(view.record.owner)
        object["plan"] = .object(planJSON)
        object["enforcement"] = .array(
            view.record.enforcement.map { line in
                .object([
                    "subject": .string(line.subject), "wanted": .string(line.wanted),
                    "level": .string(line.level.words),
                    "means": .string(line.means),
                ])
            })
        object["receipt"] = receipt.map { .object(json($0)) } ?? .null
        return object
    }

    /// The environment by its names alone: values may be secrets.
    private var planJSON: JSONObject {
        [
            "executable": .string(plan.executable.path), "environment": JSON(environmentNames),
            "network": .string("\(plan.network)"), "mounts": JSON(plan.mounts.map(\.summary)),
            "landlock_rules": JSON(plan.landlock.rules.count), "wall_ms": JSON(plan.deadlines.wall / 1_000_000),
            "grace_ms": JSON(plan.deadlines.grace / 1_000_000), "record_bytes": JSON(plan.streams.recordBytes),
            "input_stays_open": .bool(plan.streams.inputStaysOpen), "terminal": .bool(plan.streams.terminal != nil),
        ]
    }

    private var environmentNames: [String] {
        plan.environment.map { String(decoding: $0.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self) }
    }

    private func json(_ receipt: Receipt) -> JSONObject {
        [
            "taken_at": .string(TimeText.timestamp(receipt.takenAt)),
            "lines": .array(
                receipt.lines.map { line in
                    .object([
                        "subject": .string(line.subject), "field": .string(line.field),
                        "planned": .string(line.planned),
                        "observed": .string(line.observed), "agrees": .bool(line.agrees),
                    ])
                }),
        ]
    }

    /// The same facts for people.
    public var text: String {
        let record = view.record
        var lines = [
            "task        \(record.id)", "command     \(record.arguments.map(Self.shown).joined(separator: " "))",
            "directory   \(Self.shown(record.workingDirectory))",
            "workspace   \(record.workspace.map(Self.shown) ?? "none")",
            "policy      \(record.policy) (\(record.policyDigest.prefix(16)))", "owner       \(record.owner)",
            "started     \(TimeText.timestamp(record.startedAt))",
            "status      \(view.status.word), \(TimeText.duration(view.runtime / 1_000_000))",
        ]
        if plan.streams.terminal != nil {
            lines.append("streams     a terminal of its own")
        } else if plan.streams.inputStaysOpen {
            lines.append("input       open")
        }
        if let reason = view.reason { lines.append("reason      \(reason)") }
        lines += endLines
        lines += ["environment \(environmentNames.joined(separator: " "))", "", "enforcement"]
        lines += record.enforcement.map { line in
            Self.columns([line.subject, line.wanted, line.level.words, line.means], widths: [20, 12, 18])
        }
        lines += ["", "view"] + plan.mounts.map { "  \($0.summary)" }
        if let receipt {
            lines += [
                "", "receipt, read from outside at \(TimeText.timestamp(receipt.takenAt)) before the task was released",
            ]
            lines += receipt.lines.map { line in
                let mark = line.agrees ? "=" : "DIFFERS FROM \(line.planned)"
                return Self.columns([line.subject, line.field, line.observed, mark], widths: [5, 28, 44])
            }
        }
        return lines.joined(separator: "\n")
    }

    private var endLines: [String] {
        guard let end = view.end else { return [] }
        var lines: [String] = []
        if let code = end.exitCode { lines.append("exit code   \(code)") }
        if let signal = end.signal { lines.append("signal      SIG\(Signals.name(signal))") }
        lines.append("ended       \(TimeText.timestamp(end.endedAt))")
        if let proof = end.proof { lines.append("proof       \(JSON.object(proof.json).text)") }
        if let matches = view.newMatches { lines += Self.lines(matches) }
        return lines
    }

    /// What a pattern of the policy stands for and did not cover.
    private static func lines(_ matches: NewMatches) -> [String] {
        let title = "new names for which files.protect has a pattern; nothing protected them"
        return [title] + matches.paths.map { "  \(shown($0))" }
            + (matches.cut.map { ["  there may be more: \(shown($0))"] } ?? [])
    }

    private static func shown(_ text: String) -> String { OutputText.visible(Array(text.utf8)) }

    private static func columns(_ cells: [String], widths: [Int]) -> String {
        "  "
            + cells.enumerated().map { place, cell in
                place < widths.count ? cell + String(repeating: " ", count: max(1, widths[place] - cell.count)) : cell
            }.joined(separator: " ")
    }
}

extension MountStep {
    /// The step in a line.
    var summary: String {
        switch self {
        case .directory(let path, _): "\(path) empty directory"
        case .link(let path, let target): "\(path) -> \(target)"
        case .tree(let source, let target, let attributes): "\(target) from \(source) \(attributes.words)"
        case .overlay(let layers, let target, let attributes):
            "\(target) from \(layers.last ?? "") below \(layers.count - 1) mask \(attributes.words)"
        case .handed(let tree, let target, let attributes): "\(target) from \(tree.source) \(attributes.words)"
        case .scratch(_, let target, _, let attributes): "\(target) private \(attributes.words)"
        case .proc(let target, let minimal): "\(target) own processes\(minimal ? " only" : "")"
        case .hide(let path, _): "\(path) hidden"
        case .terminals(let target): "\(target) own terminals"
        case .pin(let path, let readOnly): "\(path) \(readOnly ? "protected" : "can't be renamed")"
        }
    }
}

extension MountAttributes {
    /// The words of mount(8).
    var words: String {
        let names: [(MountAttributes, String)] = [
            (.readOnly, "ro"), (.noSetUserID, "nosuid"), (.noDevices, "nodev"), (.noExecute, "noexec"),
        ]
        return names.filter { contains($0.0) }.map(\.1).joined(separator: ",")
    }
}
