import Policy

/// Reads a command's options: `--name VALUE`, `--name=VALUE`, `--flag`, `--` and the rest.
struct Options {
    // Lists, not tables: they hold three entries, and a table's type is made anew in every process.
    private var values: [(name: String, value: String)] = []
    private var flags: [String] = []
    /// What is no option, in order; after `--` everything.
    private(set) var rest: [String] = []
    /// Whether `--help` was asked for.
    var wantsHelp: Bool { flags.contains("help") }

    /// Reads arguments.
    ///
    /// - Parameters:
    ///   - valued: Names of options that take a value.
    ///   - flags: Names of options that take none; `help` is always one.
    ///   - stopsAtFirst: Whether the first argument that is no option ends the options: it begins a command.
    init(_ arguments: [String], valued: [String], flags: [String] = [], stopsAtFirst: Bool = false) throws(UsageError) {
        var place = 0
        while place < arguments.count {
            let argument = arguments[place]
            place += 1
            if argument == "--" {
                rest += arguments[place...]
                return
            }
            guard argument.hasPrefix("-"), argument.count > 1 else {
                rest.append(argument)
                if stopsAtFirst {
                    rest += arguments[place...]
                    return
                }
                continue
            }
            try read(argument, arguments, &place, valued, flags + ["help"])
        }
    }

    private mutating func read(
        _ argument: String, _ arguments: [String], _ place: inout Int, _ valued: [String], _ known: [String]
    ) throws(UsageError) {
        let text = argument == "-h" ? "help" : String(argument.drop { $0 == "-" })
        let sign = text.firstIndex(of: "=")
        let name = String(text[..<(sign ?? text.endIndex)])
        if valued.contains(name), argument.hasPrefix("--") {
            if let sign {
                values.append((name, String(text[text.index(after: sign)...])))
            } else if place < arguments.count {
                values.append((name, arguments[place]))
                place += 1
            } else {
                throw UsageError("--\(name) needs a value", "")
            }
        } else if known.contains(name), sign == nil {
            flags.append(name)
        } else {
            let near = EditDistance.nearest(to: name, among: valued + known)
            throw UsageError(
                "there is no option \(VisibleText.quoted(argument))",
                near.map { "did you mean --\($0)?" }
                    ?? "--help lists the options; what belongs to the command comes after `--`")
        }
    }

    /// The last value of an option.
    func value(_ name: String) -> String? { values.last { $0.name == name }?.value }
    /// All values of an option, in order.
    func all(_ name: String) -> [String] { values.filter { $0.name == name }.map(\.value) }
    /// Whether a flag was given.
    func has(_ name: String) -> Bool { flags.contains(name) }

    /// The value of an option that is a length of time, in nanoseconds.
    func duration(_ name: String) throws(UsageError) -> UInt64? {
        guard let text = value(name) else { return nil }
        do {
            return try TimeSpan(text: text).nanoseconds
        } catch {
            throw UsageError(
                "--\(name) \(VisibleText.quoted(text)) is no length of time", "write it as 500ms, 30s, 5min or 2h")
        }
    }

    /// The value of an option that is a count of bytes.
    func count(_ name: String) throws(UsageError) -> UInt64? {
        guard let text = value(name) else { return nil }
        guard let count = UInt64(text) else {
            throw UsageError("--\(name) \(VisibleText.quoted(text)) is no number", "write a number of bytes, 0 or more")
        }
        return count
    }
}
