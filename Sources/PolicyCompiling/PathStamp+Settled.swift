internal import Kernel
internal import Launching

extension PathStamp {
    /// Stamps of paths as they look now: take them before anything is derived from the paths.
    static func all(_ paths: some Sequence<String>) throws(LaunchError) -> [PathStamp] {
        var stamps: [PathStamp] = []
        for path in paths { stamps.append(try on(path) { () throws(Errno) in try settled(path) }) }
        return stamps
    }

    /// The stamp of a path that has not changed for a moment.
    ///
    /// The kernel's times of files are those of its last tick, at most 10 ms ago: of two changes in one tick, the second one
    /// would leave no trace in a stamp that was taken between them.
    static func settled(_ path: String) throws(Errno) -> PathStamp {
        let moment: Int64 = 20_000_000
        for _ in 0..<10 {
            let (now, stamp) = (Clock.now(), try PathStamp(path))
            guard let changed = stamp.changed, changed > now - moment, changed <= now + moment else { return stamp }
            var nothing = Poll()
            try nothing.wait(timeout: UInt64(moment))
        }
        return try PathStamp(path)
    }
}
