import Foundation
import Tasks
import TestSupport
import Testing

@Suite("Base64")
struct Base64Tests {
    @Test(
        "is that of RFC 4648, section 10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(plain: String, encoded: String) {
        #expect(Base64.text(Array(plain.utf8)) == encoded)
    }

    @Test("agrees with Foundation for bytes of any kind and count", arguments: UInt64(0)..<50)
    func agrees(seed: UInt64) {
        var random = SplitMix(seed)
        let bytes = (0..<Int(seed * 7)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        #expect(Base64.text(bytes) == Data(bytes).base64EncodedString())
    }
}

@Suite("Times as text")
struct TimeTextTests {
    @Test(
        "are RFC 3339 in UTC with milliseconds, cut and not rounded",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (999_999, "1970-01-01T00:00:00.000Z"),
            (1_000_000, "1970-01-01T00:00:00.001Z"), (951_782_399_999_999_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000Z"),
            (1_700_000_000_120_000_000, "2023-11-14T22:13:20.120Z"),
            (Int64.max, "2262-04-11T23:47:16.854Z"), (-1, "1970-01-01T00:00:00.000Z"),
            (Int64.min, "1970-01-01T00:00:00.000Z"),
        ])
    func timestamps(nanoseconds: Int64, expected: String) {
        #expect(TimeText.timestamp(nanoseconds) == expected)
    }

    @Test(
        "of a length name the two units that matter",
        arguments: [
            (0, "0 ms"), (999, "999 ms"), (1000, "1.0 s"), (12_490, "12.4 s"), (59_999, "59.9 s"),
            (60_000, "1 min 0 s"),
            (185_000, "3 min 5 s"), (3_599_999, "59 min 59 s"), (3_600_000, "1 h 0 min"), (7_800_000, "2 h 10 min"),
            (UInt64.max, "5124095576030 h 25 min"),
        ] as [(UInt64, String)])
    func durations(milliseconds: UInt64, expected: String) {
        #expect(TimeText.duration(milliseconds) == expected)
    }
}
