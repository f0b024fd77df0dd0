import Testing

@testable import Policy

@Suite("Quantities as text")
struct QuantityTests {
    @Test(
        "sizes are read in the units of the contract",
        arguments: [
            ("0 B", 0), ("1 KiB", 1024), ("2 GiB", 2_147_483_648), ("2GiB", 2_147_483_648),
            ("1 TiB", 1_099_511_627_776),
            ("3 kB", 3000), ("3 MB", 3_000_000), ("3 GB", 3_000_000_000), ("8388607 TiB", 9_223_370_937_343_148_032),
        ] as [(String, UInt64)])
    func sizes(text: String, bytes: UInt64) throws {
        #expect(try ByteCount(text: text).bytes == bytes)
    }

    @Test(
        "what is no size is refused, with the unit that was probably meant",
        arguments: [
            ("-1 B", nil), ("1.5 GiB", nil), ("1", nil), ("", nil), ("GiB", nil), ("8388608 TiB", nil),
            ("1  GiB", "1 GiB"),
            ("99999999999999999999 B", nil), ("nan B", nil), ("1e3 B", nil), ("+1 B", nil), ("0x10 B", nil),
            (" 1 B", nil),
            ("2 gib", "2 GiB"), ("2 G", "2 GiB"), ("2 KB", "2 kB"), ("2 MiBs", "2 MiB"), ("2 bytes", "2 B"),
            ("٣ B", nil),
        ] as [(String, String?)])
    func notSizes(text: String, nearest: String?) {
        let problem = #expect(throws: QuantityProblem.self) { try ByteCount(text: text) }
        #expect(problem?.nearest == nearest)
    }

    @Test(
        "durations are read in the units of the contract",
        arguments: [
            ("0 ms", 0), ("250 ms", 250_000_000), ("2 s", 2_000_000_000), ("30 min", 1_800_000_000_000),
            ("1 h", 3_600_000_000_000), ("1 d", 86_400_000_000_000), ("106751 d", 9_223_286_400_000_000_000),
        ] as [(String, UInt64)])
    func durations(text: String, nanoseconds: UInt64) throws {
        #expect(try TimeSpan(text: text).nanoseconds == nanoseconds)
    }

    @Test(
        "what is no duration is refused",
        arguments: [
            ("5 minutes", "5 min"), ("5 sec", "5 s"), ("5 m", "5 min"), ("106752 d", nil), ("-5 s", nil), ("5", nil),
        ]
            as [(String, String?)])
    func notDurations(text: String, nearest: String?) {
        let problem = #expect(throws: QuantityProblem.self) { try TimeSpan(text: text) }
        #expect(problem?.nearest == nearest)
    }

    @Test(
        "cores are read to a thousandth",
        arguments: [("2", 2000), ("2.0", 2000), ("0.25", 250), ("0.010", 10), ("8192", 8_192_000)])
    func cores(text: String, thousandths: UInt64) throws {
        #expect(try CoreCount(text: text).thousandths == thousandths)
    }

    @Test(
        "what is no number of cores is refused",
        arguments: ["0", "0.009", "-1", "1.0001", "1.", ".5", "8193", "1e1", "two", "", "1 s"])
    func notCores(text: String) {
        #expect(throws: QuantityProblem.self) { try CoreCount(text: text) }
    }

    @Test("a quantity is written as it is read", arguments: 0..<200)
    func roundTrip(seed: UInt64) throws {
        let number = (seed &* 0x9E37_79B9_7F4A_7C15) >> (seed % 63 + 1)
        #expect(try ByteCount(text: ByteCount(number).description) == ByteCount(number))
        let span = TimeSpan(nanoseconds: number / 1_000_000 * 1_000_000)
        #expect(try TimeSpan(text: span.description) == span)
        let cores = CoreCount(thousandths: number % 8_191_990 + 10)
        #expect(try CoreCount(text: cores.description) == cores)
    }

    @Test(
        "a day is read only as it is written, and only if there is such a day",
        arguments: [
            "2027-02-29", "2027-13-01", "2027-00-10", "27-01-01", "2027-1-1", "2027-01-01 ", "2027/01/01", "",
            "+027-01-01",
        ])
    func noDays(text: String) {
        #expect(CalendarDate(text) == nil)
    }

    @Test(
        "seconds of Unix time fall on their day",
        arguments: [
            (0, "1970-01-01"), (86_399, "1970-01-01"), (951_782_400, "2000-02-29"), (4_102_444_800, "2100-01-01"),
        ])
    func unixDays(seconds: Int64, day: String) {
        #expect(CalendarDate(unixSeconds: seconds).description == day)
        #expect(CalendarDate(day) == CalendarDate(unixSeconds: seconds))
    }
}
