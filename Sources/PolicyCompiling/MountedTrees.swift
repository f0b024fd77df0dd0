internal import Kernel
internal import Launching

/// File systems that the host has mounted below a directory. An overlay shows none of them, so each is a tree of its own.
enum MountedTrees {
    /// Their mount points, the higher ones first. Source: proc(5), /proc/self/mountinfo.
    static func below(_ root: String) throws(LaunchError) -> [String] {
        let text = try on("/proc/self/mountinfo") { () throws(Errno) in
            String(decoding: try Files.contents("/proc/self/mountinfo", limit: 16 << 20), as: UTF8.self)
        }
        let points = text.split(separator: "\n").compactMap { line -> String? in
            let words = line.split(separator: " ")
            guard words.count > 4 else { return nil }
            let point = String(words[4]).replacing("\\040", with: " ").replacing("\\011", with: "\t").replacing(
                "\\134", with: "\\")
            return point != root && Paths.isWithin(point, root) ? point : nil
        }
        return Set(points).sorted()
    }
}
