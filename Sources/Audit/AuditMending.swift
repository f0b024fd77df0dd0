internal import JSON

/// What a line `torn` or `gap` says of the bytes and lines that a crash has cost.
struct AuditMending {
    /// The hash of a part of a line that stands before it.
    let torn: String?
    /// Lines that were written and are not there.
    let missing: ClosedRange<UInt64>?
    /// Whether the host had been started anew in between.
    let hostRestarted: Bool
    /// Whether the file with the last line's hash was missing.
    let hadNoHead: Bool

    /// Reads a line; nil for one of another event.
    init?(_ line: ArraySlice<UInt8>, _ place: AuditLine.Place?) {
        guard place?.event == .torn || place?.event == .gap, let fields = AuditLine.fields(line) else { return nil }
        torn = fields["torn_sha256"]?.stringValue
        hostRestarted = fields["host_restarted"]?.boolValue ?? false
        hadNoHead = fields["head_missing"]?.boolValue ?? false
        if let from = fields["missing_from"]?.integerValue, let to = fields["missing_to"]?.integerValue,
            from > 0, from <= to
        {
            missing = UInt64(from)...UInt64(to)
        } else {
            missing = nil
        }
    }
}
