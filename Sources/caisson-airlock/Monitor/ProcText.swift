import Glibc
import Records

// What /proc prints, read as bytes: text that is looked through once is not worth a string for each of its words, and the
// task waits meanwhile.

/// A file of /proc made of `Name: value` lines; white space inside a value is one space.
struct ProcessStatus {
    private let text: [UInt8]

    init(_ text: [UInt8]) { self.text = text }

    /// The value of a name, or `missing`.
    subscript(name: StaticString) -> String {
        ProcText.value(name, then: UInt8(ascii: ":"), in: text).map { ProcText.joined($0) } ?? "missing"
    }
}

/// /proc/PID/limits: soft and hard limit by the kernel's name for it.
struct ProcessLimits {
    private let text: [UInt8]

    init(_ text: [UInt8]) { self.text = text }

    /// The name is padded to 26 columns.
    subscript(name: StaticString) -> String {
        let rest = ProcText.value(name, then: ProcText.space, in: text)
        return rest.map { ProcText.joined($0.dropFirst(25 - name.utf8CodeUnitCount), atMost: 2) } ?? "missing"
    }

    static func word(_ value: UInt64) -> String { value == .max ? "unlimited" : "\(value)" }

    /// The kernel's name of a resource (fs/proc/base.c), by its number.
    static func name(_ resource: Int32) -> StaticString? {
        names.indices.contains(Int(resource)) ? names[Int(resource)] : nil
    }

    private static let names: [StaticString] = [
        "Max cpu time", "Max file size", "Max data size", "Max stack size", "Max core file size", "Max resident set",
        "Max processes", "Max open files", "Max locked memory", "Max address space", "Max file locks",
        "Max pending signals", "Max msgqueue size",
    ]
}

/// /proc/PID/mountinfo: the flags of the topmost mount at each place.
struct MountTable {
    /// Place and flags of each mount, and the options of its file system, in the order of the table.
    private let mounts: [(place: ArraySlice<UInt8>, flags: ArraySlice<UInt8>, options: ArraySlice<UInt8>)]

    init(_ text: [UInt8]) {
        mounts = text.split(separator: ProcText.newline).compactMap { line in
            let words = line.split(separator: ProcText.space)
            return words.count > 5 ? (words[4], words[5], words[words.count - 1]) : nil
        }
    }

    /// The place of each mount.
    var places: [String] { mounts.map { MountTable.plain($0.place) } }

    /// Whether the topmost mount at a place is of a file system with this option.
    func hasOption(_ option: String, at path: String) -> Bool {
        let options = topmost(path)?.options.split(separator: UInt8(ascii: ",")) ?? []
        return options.contains { $0.elementsEqual(option.utf8) }
    }

    /// Of several mounts at one place the last one is on top.
    private func topmost(
        _ path: String
    ) -> (place: ArraySlice<UInt8>, flags: ArraySlice<UInt8>, options: ArraySlice<UInt8>)? {
        let wanted = MountTable.escaped(path)
        return mounts.last { $0.place.elementsEqual(wanted) }
    }

    /// What may not be done at a place; nil: nothing is mounted there.
    func attributes(_ path: String) -> MountAttributes? {
        guard let found = topmost(path) else { return nil }
        var attributes: MountAttributes = []
        for word in found.flags.split(separator: UInt8(ascii: ",")) {
            if let known = MountAttributes.names.first(where: { ProcText.isEqual(word, $0.name) }) {
                attributes.insert(known.attribute)
            }
        }
        return attributes
    }

    /// A place as it is, without its escapes.
    private static func plain(_ place: ArraySlice<UInt8>) -> String {
        guard place.contains(92) else { return String(decoding: place, as: UTF8.self) }
        var bytes: [UInt8] = []
        var rest = place
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == 92, digits.count == 3 {
                bytes.append(digits.reduce(0) { $0 &* 8 &+ ($1 &- 48) })
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Space, tab, newline and backslash are written as three octal digits (fs/proc_namespace.c).
    private static func escaped(_ path: String) -> [UInt8] {
        // Nearly every path: a launch waits for this.
        guard path.utf8.contains(where: { [9, 10, 32, 92].contains($0) }) else { return Array(path.utf8) }
        return path.utf8.flatMap { byte -> [UInt8] in
            guard [9, 10, 32, 92].contains(byte) else { return [byte] }
            return [92, 48 + byte / 64, 48 + byte / 8 % 8, 48 + byte % 8]
        }
    }
}

extension MountAttributes {
    /// Their names in mountinfo.
    fileprivate static var names: [(attribute: MountAttributes, name: StaticString)] {
        [(.readOnly, "ro"), (.noSetUserID, "nosuid"), (.noDevices, "nodev"), (.noExecute, "noexec")]
    }

    /// The words of mountinfo, separated by commas.
    var words: String {
        var words = ""
        for (attribute, name) in Self.names where contains(attribute) {
            words += (words.isEmpty ? "" : ",") + name.description
        }
        return words
    }
}

/// Words and lines of /proc.
enum ProcText {
    static let newline = UInt8(ascii: "\n")
    static let space = UInt8(ascii: " ")

    /// The rest of the line that begins with a name and what follows it.
    static func value(_ name: StaticString, then next: UInt8, in text: [UInt8]) -> ArraySlice<UInt8>? {
        var start = 0
        while start < text.count {
            let end = text[start...].firstIndex(of: newline) ?? text.count
            let value = start + name.utf8CodeUnitCount
            if value < end, text[value] == next, isEqual(text[start..<value], name) { return text[(value + 1)..<end] }
            start = end + 1
        }
        return nil
    }

    /// Whether a word is a name.
    static func isEqual(_ word: ArraySlice<UInt8>, _ name: StaticString) -> Bool {
        name.withUTF8Buffer { word.elementsEqual($0) }
    }

    /// The words of a line with one space between them.
    static func joined(_ line: ArraySlice<UInt8>, atMost count: Int = .max) -> String {
        var bytes: [UInt8] = []
        for word in line.split(whereSeparator: { $0 == space || $0 == UInt8(ascii: "\t") }).prefix(count) {
            if !bytes.isEmpty { bytes.append(space) }
            bytes += word
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
