import Records
import Testing

@Suite struct ByteTextTests {
    @Test(
        "A size is told in the largest unit that loses nothing",
        arguments: [
            (0, "0 B"), (1, "1 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1536 B"), (64 << 20, "64 MiB"),
            (3 << 30, "3 GiB"), (1 << 40, "1 TiB"), (UInt64.max, "18446744073709551615 B"),
        ] as [(UInt64, String)])
    func exact(bytes: UInt64, text: String) {
        #expect(ByteText.exact(bytes) == text)
    }
}
