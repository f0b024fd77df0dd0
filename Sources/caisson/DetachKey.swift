/// The key that detaches: Ctrl-] three times within a second, as in machinectl(1). What comes before the third is passed on to
/// the task, so that no key is ever held back.
struct DetachKey {
    static let words = "Ctrl-] three times within a second"
    private static let key: UInt8 = 0x1d
    private static let count = 3
    private static let time: UInt64 = 1_000_000_000
    private var first: UInt64 = 0
    private var presses = 0

    /// Looks at what was typed.
    ///
    /// - Parameter now: On the monotonic clock.
    /// - Returns: Whether that detaches.
    mutating func isPressed(_ bytes: [UInt8], now: UInt64) -> Bool {
        for byte in bytes {
            if byte != Self.key || presses > 0 && now - first > Self.time { presses = 0 }
            guard byte == Self.key else { continue }
            if presses == 0 { first = now }
            presses += 1
            if presses == Self.count { return true }
        }
        return false
    }
}
