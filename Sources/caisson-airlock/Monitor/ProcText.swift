import Glibc

/// A file of /proc made of `Name: value` lines; white space inside a value is one space.
struct ProcessStatus {
    private var values: [Substring: String] = [:]

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let words = line[line.index(after: colon)...].split { $0 == " " || $0 == "\t" }
            values[line[..<colon]] = words.joined(separator: " ")
        }
    }

    subscript(name: Substring) -> String { values[name] ?? "missing" }
}

/// /proc/PID/limits: soft and hard limit by the kernel's name for it.
struct ProcessLimits {
    private var values: [String: String] = [:]

    init(_ text: String) {
        for line in text.split(separator: "\n").dropFirst() {
            // The name is padded to 26 columns.
            let name = line.prefix(25).split(separator: " ").joined(separator: " ")
            let words = line.dropFirst(26).split(separator: " ")
            if words.count >= 2 { values[name] = "\(words[0]) \(words[1])" }
        }
    }

    subscript(name: String) -> String { values[name] ?? "missing" }

    static func word(_ value: UInt64) -> String { value == .max ? "unlimited" : "\(value)" }

    /// The kernel's name of a resource (fs/proc/base.c).
    static func name(_ resource: Int32) -> String? {
        let names: [Int32: String] = [
            0: "Max cpu time", 1: "Max file size", 2: "Max data size", 3: "Max stack size", 4: "Max core file size",
            6: "Max processes", 7: "Max open files", 8: "Max locked memory", 9: "Max address space",
            10: "Max file locks", 11: "Max pending signals", 12: "Max msgqueue size",
        ]
        return names[resource]
    }
}

/// /proc/PID/mountinfo: the flags of the topmost mount at each place.
struct MountTable {
    private var flags: [String: Substring] = [:]

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            // Of several mounts at one place the last one is on top.
            if words.count > 5 { flags[MountTable.unescaped(words[4])] = words[5] }
        }
    }

    /// `ro`, `nosuid`, `nodev` and `noexec` as far as they are set.
    func flags(_ path: String) -> String {
        guard let all = flags[path] else { return "missing" }
        let wanted: Set<Substring> = ["ro", "nosuid", "nodev", "noexec"]
        return all.split(separator: ",").filter { wanted.contains($0) }.joined(separator: ",")
    }

    /// Space, tab, newline and backslash are written as three octal digits.
    private static func unescaped(_ path: Substring) -> String {
        var bytes: [UInt8] = []
        let raw = Array(path.utf8)
        var index = 0
        while index < raw.count {
            if raw[index] == UInt8(ascii: "\\"), index + 3 < raw.count,
                let code = UInt8(String(decoding: raw[index + 1...index + 3], as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                index += 4
            } else {
                bytes.append(raw[index])
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
