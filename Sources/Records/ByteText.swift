/// Sizes as a policy file writes them.
public enum ByteText {
    /// A size in the largest unit that loses nothing, such as `64 MiB`.
    public static func exact(_ bytes: UInt64) -> String {
        for (shift, unit) in [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")]
        where bytes != 0 && bytes % (1 << UInt64(shift)) == 0 {
            return "\(bytes >> UInt64(shift)) \(unit)"
        }
        return "\(bytes) B"
    }
}
