internal import JSON

/// One variable that a request sets; whether it may is the policy's decision.
public struct EnvironmentSetting: Sendable, Equatable {
    /// Its name: not empty, without `=` and NUL.
    public let name: String
    /// Its value, without NUL.
    public let value: String

    /// A variable, or nil where no process could have it.
    init?(_ name: String, _ value: JSON) {
        guard let value = value.stringValue, ToolArguments.isPlain(value), ToolArguments.isPlain(name) else {
            return nil
        }
        guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "=")) else { return nil }
        (self.name, self.value) = (name, value)
    }
}
