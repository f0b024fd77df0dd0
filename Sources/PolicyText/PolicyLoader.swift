public import Policy

/// Turns the text of policy files into one policy. It reads no file itself.
public enum PolicyLoader {
    /// How many files may extend each other in a row.
    static let deepest = 10

    /// Reads a policy and everything that it extends.
    ///
    /// Files are merged in the order in which `extends` names them, each after the ones that it extends itself, and a file
    /// that is reached twice counts where it was reached first.
    ///
    /// - Parameters:
    ///   - entry: The file that was asked for.
    ///   - today: The day, in UTC, on which relaxations must still hold.
    ///   - find: The file that a name in `extends` stands for; nil: there is none. Whoever looks it up checks who owns it
    ///     and who may write it, and throws what is wrong with that.
    /// - Returns: The policy with an origin for each key that a file sets.
    /// - Throws: `PolicyErrors` with everything that is wrong in the files. The files are merged only if each is right by
    ///   itself.
    public static func load(
        _ entry: PolicySource, today: CalendarDate, find: (String) throws(PolicyError) -> PolicySource?
    ) throws(PolicyErrors) -> EffectivePolicy {
        var chain = FileChain(today: today)
        try chain.add(entry, find)
        if !chain.errors.isEmpty { throw PolicyErrors(inOrder: chain.errors) }
        var merge = PolicyMerge()
        for file in chain.files { merge.add(file) }
        if !merge.errors.isEmpty { throw PolicyErrors(inOrder: merge.errors) }
        var policy = merge.policy
        if policy.name.isEmpty { policy.name = name(of: entry.path) }
        return policy
    }

    /// A policy without a name is called as its file is.
    private static func name(of path: String) -> String {
        let last = path.split(separator: "/").last ?? ""
        return String(last.hasSuffix(".toml") ? last.dropLast(5) : last)
    }
}

/// The files of a policy in the order of their merging.
private struct FileChain {
    let today: CalendarDate
    private(set) var files: [EffectivePolicy] = []
    private(set) var errors: [PolicyError] = []
    private var open: [String] = []
    private var done: Set<String> = []

    init(today: CalendarDate) {
        self.today = today
    }

    mutating func add(
        _ source: PolicySource, _ find: (String) throws(PolicyError) -> PolicySource?
    ) throws(PolicyErrors) {
        open.append(source.path)
        defer { open.removeLast() }
        let file = try PolicyFile(source, today: today)
        var own = file.errors
        for (name, place) in file.extends {
            let base: PolicySource?
            do throws(PolicyError) { base = try find(name) } catch {
                errors.append(error)
                continue
            }
            if let problem = problem(name, base, place, source.path) {
                own.append(problem)
            } else if let base, !done.contains(base.path) {
                try add(base, find)
            }
        }
        done.insert(source.path)
        errors += PolicyErrors(own).errors
        files.append(file.policy)
    }

    private func problem(_ name: String, _ base: PolicySource?, _ place: TextPosition, _ file: String) -> PolicyError? {
        func error(_ problem: String, remedy: String? = nil) -> PolicyError {
            PolicyError(
                file: file, line: place.line, column: place.column, key: "extends", problem: problem, remedy: remedy)
        }
        guard let base else { return error("there is no policy \(VisibleText.quoted(name))") }
        if let start = open.firstIndex(of: base.path) {
            let circle = (open[start...] + [base.path]).joined(separator: " -> ")
            return error("the files extend each other in a circle: \(circle)")
        }
        guard open.count <= PolicyLoader.deepest else {
            return error("more than \(PolicyLoader.deepest) files extend each other in a row")
        }
        return nil
    }
}
