public import Policy

/// The environment of a task: nothing of the front end's but what the policy names.
public enum TaskEnvironment {
    /// Makes the list.
    ///
    /// - Parameters:
    ///   - policy: `environment` and `commands.path`.
    ///   - host: The front end's own environment.
    ///   - request: What the caller sets; names that are not in `environment.accept` are refused.
    ///   - hasTerminal: Whether programs will ask what kind of terminal they have: `xterm` where nobody says.
    public static func plan(
        _ policy: EffectivePolicy, host: [String: String], request: [EnvironmentVariable], hasTerminal: Bool = false
    ) throws(LaunchError) -> [EnvironmentVariable] {
        var values: [String: String] = [:]
        for (name, value) in host where policy.environment.keep.contains(where: { matches(name, $0) }) {
            values[name] = value
        }
        for variable in fixed(policy) { values[variable.name] = variable.value }
        if hasTerminal, values["TERM"] == nil { values["TERM"] = "xterm" }
        for variable in policy.environment.set { values[variable.name] = variable.value }
        for variable in request {
            try check(variable, policy)
            values[variable.name] = variable.value
        }
        return values.sorted { $0.key < $1.key }.map { EnvironmentVariable(name: $0.key, value: $0.value) }
    }

    private static func fixed(_ policy: EffectivePolicy) -> [EnvironmentVariable] {
        [
            ("PATH", policy.commands.path.joined(separator: ":")), ("HOME", TaskIdentity.home), ("TMPDIR", "/tmp"),
            ("USER", TaskIdentity.name), ("LOGNAME", TaskIdentity.name),
        ].map { EnvironmentVariable(name: $0.0, value: $0.1) }
    }

    private static func check(_ variable: EnvironmentVariable, _ policy: EffectivePolicy) throws(LaunchError) {
        let name = VisibleText.quoted(variable.name)
        let accepted = policy.environment.accept
        // What is no name could be one and the beginning of its value: `BASH_ENV=/tmp/x` is not in the table of names.
        guard EnvironmentRules.isName(variable.name), accepted.contains(where: { matches(variable.name, $0) }),
            !EnvironmentRules.isDangerous(variable.name), !EnvironmentRules.isReserved(variable.name)
        else {
            let allowed = accepted.isEmpty ? "it accepts none" : "it accepts \(accepted.joined(separator: ", "))"
            let place = policy.origins["environment.accept"].map { " (\($0))" } ?? ""
            throw LaunchError(
                .refused, "environment",
                "the policy \"\(policy.name)\" does not let a request set \(name): \(allowed)\(place)",
                remedy: "leave it out, or have the policy's author add it to environment.accept")
        }
        guard !variable.value.utf8.contains(0) else {
            throw LaunchError(.refused, "environment", "the value of \(name) contains a NUL")
        }
    }

    /// Names are compared byte for byte.
    private static func matches(_ name: String, _ pattern: String) -> Bool { Glob.matches(pattern, name) }
}
