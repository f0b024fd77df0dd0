internal import Kernel
public import Policy

extension CalendarDate {
    /// Today, in UTC.
    public static var today: CalendarDate { CalendarDate(unixSeconds: Clock.now() / 1_000_000_000) }
}
