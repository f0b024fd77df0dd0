/// Lengths of time as a policy file writes them.
public enum DurationText {
    /// A length in the largest unit that loses nothing, such as `30 min`; less than a millisecond is left out.
    ///
    /// - Parameter nanoseconds: How long.
    public static func exact(_ nanoseconds: UInt64) -> String {
        let units: [(UInt64, String)] = [
            (86_400_000_000_000, "d"), (3_600_000_000_000, "h"), (60_000_000_000, "min"), (1_000_000_000, "s"),
        ]
        for (length, unit) in units where nanoseconds != 0 && nanoseconds % length == 0 {
            return "\(nanoseconds / length) \(unit)"
        }
        return "\(nanoseconds / 1_000_000) ms"
    }
}
