internal import Policy

/// What may stand in the keys that only name something.
enum HeadSpelling {
    /// What is wrong with the name of a policy: callers write it in commands and requests.
    static func problem(inName text: String) -> TextProblem? {
        let isName =
            !text.isEmpty && text.utf8.count <= 64 && text.utf8.first != UInt8(ascii: ".")
            && text.utf8.allSatisfy { PositionScanner.isBareKey($0) || $0 == UInt8(ascii: ".") }
        return isName ? nil : TextProblem("is no name", remedy: "use at most 64 letters, digits, - _ and .")
    }

    /// What is wrong with `cgroup.parent`.
    static func problem(inParent text: String) -> TextProblem? {
        if text == "auto" { return nil }
        guard let found = PlaceSpelling.problem(in: text, wildcards: .none, placeholders: []) else { return nil }
        return EditDistance.isNear(text, "auto") ? TextProblem(found.problem, nearest: "auto") : found
    }

    /// What is wrong with a pattern of `audit.redact`.
    static func problem(inPattern text: String) -> TextProblem? {
        text.allSatisfy { $0 == "*" } ? TextProblem("would hide everything", remedy: "name what is secret") : nil
    }

    /// What is wrong with the name of a layer.
    static func problem(inLayer text: String) -> TextProblem? {
        let layers = Layer.allCases.map(\.rawValue)
        if layers.contains(text) { return nil }
        return TextProblem(
            "is no layer that may be missing; those are \(layers.joined(separator: ", "))",
            nearest: EditDistance.nearest(to: text, among: layers))
    }
}

/// What may stand where a policy names system calls.
enum SyscallSpelling {
    /// What is wrong with the base.
    static func problem(inBase text: String) -> TextProblem? {
        if text.utf8.allSatisfy(PositionScanner.isBareKey), !text.isEmpty { return nil }
        return TextProblem(
            "is no base", remedy: "use \"default\", \"strict\" or the name of a file under policies/syscalls",
            nearest: EditDistance.nearest(to: text, among: ["default", "strict"]))
    }

    /// What is wrong with a call or a group. Whether the call exists is known where the filter is compiled.
    static func problem(inCall text: String) -> TextProblem? {
        let name = text.utf8.first == UInt8(ascii: "@") ? text.dropFirst() : text[...]
        let isName = !name.isEmpty && name.utf8.allSatisfy(PositionScanner.isBareKey)
        return isName ? nil : TextProblem("is neither a system call nor a @group")
    }
}
