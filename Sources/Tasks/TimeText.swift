internal import Policy

/// Times as people and programs read them.
public enum TimeText {
    /// RFC 3339 in UTC with milliseconds, such as `2026-11-24T09:05:03.120Z`.
    ///
    /// - Parameter nanoseconds: Since 1970; what lies before is shown as its first moment.
    public static func timestamp(_ nanoseconds: Int64) -> String {
        let nanoseconds = max(0, nanoseconds)
        let seconds = nanoseconds / 1_000_000_000
        let rest = Int(seconds % 86_400)
        let clock = [rest / 3600, rest / 60 % 60, rest % 60].map { padded($0, 2) }.joined(separator: ":")
        let milliseconds = Int(nanoseconds / 1_000_000 % 1000)
        return "\(CalendarDate(unixSeconds: seconds))T\(clock).\(padded(milliseconds, 3))Z"
    }

    /// A length such as `850 ms`, `12.4 s`, `3 min 5 s` or `2 h 10 min`.
    ///
    /// - Parameter milliseconds: How long, 0 or more.
    public static func duration(_ milliseconds: UInt64) -> String {
        let seconds = milliseconds / 1000
        if seconds < 1 { return "\(milliseconds) ms" }
        if seconds < 60 { return "\(seconds).\(milliseconds / 100 % 10) s" }
        if seconds < 3600 { return "\(seconds / 60) min \(seconds % 60) s" }
        return "\(seconds / 3600) h \(seconds / 60 % 60) min"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
