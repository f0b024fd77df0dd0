import Testing

@testable import SyscallFiltering

@Suite("Bit patterns")
struct BitPatternTests {
    @Test(
        "everything but some values is matched exactly once, and they never are",
        arguments: [
            ([0], 0b110_0000), ([0b10_0000], 0b110_0000), ([1, 2], 0xf), ([], 0xf), ([0, 1, 7, 15], 0xf),
            ([0x12, 0x1c, 0x23], 0xff), (Array(0...15), 0xf),
        ] as [([UInt64], UInt64)])
    func partition(values: [UInt64], mask: UInt64) {
        let patterns = BitPattern.everything(but: values, within: mask)
        for argument: UInt64 in 0...255 {
            let matches = patterns.count { argument & $0.mask == $0.value }
            #expect(matches == (values.contains(argument & mask) ? 0 : 1), "\(argument)")
        }
    }

    @Test("no pattern looks at a bit outside the mask")
    func withinMask() {
        for pattern in BitPattern.everything(but: [0x5412, 0x541c, 0x5423], within: 0xffff_ffff) {
            #expect(pattern.mask >> 32 == 0)
            #expect(pattern.value & ~pattern.mask == 0)
        }
    }
}
