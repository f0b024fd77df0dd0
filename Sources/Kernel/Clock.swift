internal import Glibc

/// The kernel's clocks, in nanoseconds.
public enum Clock {
    /// Since 1970. Source: clock_gettime(2), CLOCK_REALTIME.
    public static func now() -> Int64 { Int64(read(CLOCK_REALTIME)) }

    /// Since some moment in the past, never set back, counting suspended time too. Source: CLOCK_BOOTTIME.
    public static func monotonic() -> UInt64 { read(CLOCK_BOOTTIME) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
