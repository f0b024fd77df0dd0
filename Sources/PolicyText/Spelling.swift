internal import Policy

/// What may stand where a policy names a program.
enum CommandSpelling {
    /// What is wrong with an entry of `commands.allow` or `commands.ask`; nil: nothing.
    static func problem(inEntry text: String) -> TextProblem? {
        let words = text.split { $0 == " " || $0 == "\t" }.map(String.init)
        guard let program = words.first else { return TextProblem("names no program") }
        if let found = problem(inProgram: program) { return found }
        let marks: Set<Character> = ["\"", "'", "\\", "`", "$", ";", "|", "&", "<", ">", "\n", "\r"]
        if let word = words.dropFirst().first(where: { $0.contains(where: marks.contains) }) {
            return TextProblem(
                "has shell syntax in \(VisibleText.quoted(word)), which an entry takes literally",
                remedy: "an entry is a program and the words that must follow it")
        }
        if words.dropFirst().contains(where: { $0.contains("*") }) {
            return TextProblem(
                "has a * among its arguments",
                remedy: "whatever follows an entry is allowed; shapes of arguments belong into [[commands.rule]]")
        }
        return nil
    }

    /// What is wrong with a name or an absolute path of a program; nil: nothing. A path may have `*` in it.
    static func problem(inProgram text: String) -> TextProblem? {
        if text.hasPrefix("/") { return PlaceSpelling.problem(in: text, wildcards: .inComponents, placeholders: []) }
        if text.contains("/") {
            return TextProblem("is a relative path", remedy: "write a name or an absolute path")
        }
        let marks = text.unicodeScalars.first {
            !$0.properties.isAlphabetic && $0.properties.numericType == nil
                && !"._+-[@:,%=~".unicodeScalars.contains($0)
        }
        if let mark = marks {
            let remedy = mark == "*" ? "write an absolute path around the *" : "write a name or an absolute path"
            return TextProblem(
                "has a \(VisibleText.quoted(String(mark))), which no name of a program has", remedy: remedy)
        }
        return text == "." || text == ".." ? TextProblem("is no program") : nil
    }

    /// What is wrong with a child of a rule.
    static func problem(inChild text: String) -> TextProblem? {
        if text.isEmpty { return TextProblem("names no program") }
        if text.contains(where: { $0 == " " || $0 == "\t" }) {
            return TextProblem("has a space in it", remedy: "a child is one program, without arguments")
        }
        return problem(inProgram: text)
    }

    /// What is wrong with a shape of arguments.
    static func problem(inShape text: String) -> TextProblem? {
        text.contains("**")
            ? TextProblem("has ** in it", remedy: "a * in a shape stands for any text already") : nil
    }
}

/// What may stand where a policy names a place.
enum PlaceSpelling {
    /// Where a `*` may stand.
    enum Wildcards {
        case none
        /// `*` inside components.
        case inComponents
        /// `**` as a component.
        case anyDepth
    }

    /// What is wrong with a place; nil: nothing.
    static func problem(in text: String, wildcards: Wildcards, placeholders: [String]) -> TextProblem? {
        var path = text
        if text.hasPrefix("{") {
            guard let holder = placeholders.first(where: { text == $0 || text.hasPrefix($0 + "/") }) else {
                return wrongPlaceholder(text, placeholders)
            }
            path = "/" + text.dropFirst(holder.count + 1)
        }
        guard path.hasPrefix("/") else {
            let others = placeholders.isEmpty ? "" : " or begin with \(placeholders.joined(separator: " or "))"
            return TextProblem("is a relative path", remedy: "write an absolute path\(others)")
        }
        if path.contains("{") || path.contains("}") {
            return TextProblem("has a brace inside", remedy: "a placeholder stands at the start of a path")
        }
        if path.contains(where: { $0 == "\n" || $0 == "\r" }) { return TextProblem("has an end of line in it") }
        return problem(inComponents: path, text) ?? problem(inWildcards: path, wildcards)
    }

    private static func wrongPlaceholder(_ text: String, _ placeholders: [String]) -> TextProblem {
        let name = text.prefix { $0 != "/" }
        let known =
            placeholders.isEmpty ? "none is known here" : "known here is \(placeholders.joined(separator: ", "))"
        let nearest = EditDistance.nearest(to: String(name), among: placeholders)
        return TextProblem(
            "begins with a placeholder; \(known)", nearest: nearest.map { $0 + text.dropFirst(name.count) })
    }

    private static func problem(inComponents path: String, _ text: String) -> TextProblem? {
        let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        if parts.contains("..") { return TextProblem("has .. in it", remedy: "write the place that is meant") }
        guard path != "/", parts.contains(where: { $0.isEmpty || $0 == "." }) else { return nil }
        let clean = text.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
        return TextProblem(
            "has an empty component or . in it", nearest: text.hasPrefix("/") ? "/" + clean : clean)
    }

    private static func problem(inWildcards path: String, _ wildcards: Wildcards) -> TextProblem? {
        let parts = path.split(separator: "/").filter { $0.contains("*") }
        guard let part = parts.first else { return nil }
        switch wildcards {
        case .none: return TextProblem("has a * in it", remedy: "this key takes single places")
        case .inComponents:
            guard parts.contains(where: { $0.contains("**") }) else { return nil }
            return TextProblem("has ** in it", remedy: "only files.protect takes **")
        case .anyDepth:
            guard parts.contains(where: { $0 != "**" }) else { return nil }
            return TextProblem(
                "has a * inside \(VisibleText.quoted(String(part)))",
                remedy: "only ** as a whole component is known here")
        }
    }
}

/// What may stand where a policy names an environment variable.
enum VariableSpelling {
    /// What is wrong with a name that gets a value in `environment.set`.
    static func problem(inName text: String) -> TextProblem? {
        if !EnvironmentRules.isName(text) { return TextProblem("is no name of a variable") }
        if EnvironmentRules.isReserved(text) { return reserved }
        return EnvironmentRules.isLoaderVariable(text)
            ? TextProblem("is never set: the loader of every program reads it") : nil
    }

    /// What is wrong with a name that the front end or a request gives a value.
    static func problem(inPattern text: String) -> TextProblem? {
        if !EnvironmentRules.isPattern(text) {
            return TextProblem("is no name of a variable", remedy: "a name may end with one *")
        }
        if EnvironmentRules.isReserved(text) { return reserved }
        guard EnvironmentRules.isDangerous(text) else { return nil }
        return TextProblem(
            "is never passed on: it fits variables that make a loader, a shell, an interpreter or git run other code",
            remedy: "environment.set can give it a fixed value")
    }

    private static let reserved = TextProblem(
        "can't be set: PATH is commands.path, HOME is files.home, and the others follow from the view")
}
