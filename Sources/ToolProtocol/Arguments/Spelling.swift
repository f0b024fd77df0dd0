/// Finds the argument that a caller has in mind.
///
/// Models rarely mistype; they write `taskId`, `cwdir` or `timeout`. So the case and the joints of a name do not count,
/// and names are compared by the pairs of letters that they share.
enum Spelling {
    /// The known name that is most like the given one, if half of their pairs agree.
    static func nearest(to name: String, among known: [String]) -> String? {
        let wanted = pairs(name)
        let ranked = known.map { ($0, likeness(wanted, pairs($0))) }
        guard let best = ranked.max(by: { $0.1 < $1.1 }), best.1 >= 0.5 else { return nil }
        return best.0
    }

    /// Twice the shared pairs by all pairs (Dice's coefficient), 0 to 1.
    private static func likeness(_ left: Set<[UInt8]>, _ right: Set<[UInt8]>) -> Double {
        let all = left.count + right.count
        return all == 0 ? 0 : 2 * Double(left.intersection(right).count) / Double(all)
    }

    /// Only the first 64 bytes count, so that a hostile name costs no time.
    private static func pairs(_ name: String) -> Set<[UInt8]> {
        let letters = name.utf8.prefix(64).filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") }
            .map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        return Set(zip(letters, letters.dropFirst()).map { [$0, $1] })
    }
}
