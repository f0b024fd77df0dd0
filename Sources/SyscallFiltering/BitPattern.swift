/// Some bits of an argument, compared with values that they must have; the other bits don't matter.
struct BitPattern: Hashable, Sendable {
    /// The bits that are compared.
    let mask: UInt64
    /// What they must be.
    let value: UInt64

    /// Patterns that together match everything within `mask` but the values, none of them twice.
    ///
    /// Why not "not equal": the kernel cuts an int argument to 32 bits, and a comparison of 64 bits takes junk in the upper
    /// half for another value (CVE-2019-10063). libseccomp masks only for equality, and takes an argument only once a
    /// rule. Why disjoint: then the order in which libseccomp compares doesn't matter.
    static func everything(but values: [UInt64], within mask: UInt64) -> [BitPattern] {
        let bits = (0..<64).reversed().map { UInt64(1) << $0 }.filter { mask & $0 != 0 }
        return rest(of: Set(values.map { $0 & mask }), bits[...], BitPattern(mask: 0, value: 0))
    }

    /// Goes down one bit: a half without a value is one pattern.
    private static func rest(of values: Set<UInt64>, _ bits: ArraySlice<UInt64>, _ prefix: BitPattern) -> [BitPattern] {
        if values.isEmpty { return [prefix] }
        guard let bit = bits.first else { return [] }
        return [bit, 0].flatMap { side in
            rest(
                of: values.filter { $0 & bit == side }, bits.dropFirst(),
                BitPattern(mask: prefix.mask | bit, value: prefix.value | side))
        }
    }
}
