@testable import SyscallFiltering

/// What the shipped filters do, as text: for a reviewer, and for the test that compares it.
struct GoldenTable {
    /// A compiled filter, and the rules that it was made from.
    private struct Column {
        let name: String
        let program: BPFProgram
        let rules: [String: Verdict]

        init(_ name: String, _ request: FilterRequest) throws {
            self.init(name, try FilterCompiler.task(request), ArgumentRules(request: request).all)
        }

        init(_ name: String, _ program: [UInt8], _ rules: [String: Verdict]) {
            (self.name, self.program, self.rules) = (name, BPFProgram(program), rules)
        }
    }

    private let columns: [Column]
    private let variants: [Column]
    private let names: [UInt32: String]

    init() throws {
        columns = [
            try Column("default", FilterRequest()), try Column("strict", FilterRequest(base: "strict")),
            Column("init", try FilterCompiler.reaper(), AirlockCalls.reaperRules),
            Column("monitor", try FilterCompiler.monitor(), AirlockCalls.monitorRules),
        ]
        variants = [
            try Column("host", FilterRequest(network: .host)),
            try Column("unwritable", FilterRequest(mayWriteExecute: false)),
        ]
        let numbered = SyscallGroup.known.compactMap { name -> (UInt32, String)? in
            guard case .number(let number)? = SyscallNumber.of(name) else { return nil }
            return (UInt32(number), name)
        }
        names = Dictionary(uniqueKeysWithValues: numbered)
    }

    /// A line for each number from 0 to 480: number, name, and what each filter does. Numbers without a call share one.
    var calls: [String] {
        get throws {
            var lines: [String] = []
            var first: UInt32?
            for number: UInt32 in 0...481 {
                let name = names[number]
                if name == nil && number < 481 {
                    first = first ?? number
                    continue
                }
                if let start = first { lines.append(try line("\(start)-\(number - 1)", "-", start)) }
                first = nil
                if let name { lines.append(try line("\(number)", name, number)) }
            }
            return lines
        }
    }

    private func line(_ label: String, _ name: String, _ number: UInt32) throws -> String {
        let words = try columns.map { column in
            let outcome = try column.program.run(.init(number: number))
            return outcome.readsArguments ? "if" : Self.word(outcome.action)
        }
        let cells = zip([label, name] + words, [8, 25, 8, 8, 8, 0])
        return cells.map { $0 + String(repeating: " ", count: max(0, $1 - $0.utf8.count)) }.joined()
    }

    /// What each "if" stands for, and what is different with a network and without executable memory.
    var conditions: [String] {
        get throws {
            try columns.flatMap { try conditions($0, but: [:]) }
                + variants.flatMap { try conditions($0, but: columns[0].rules) }
        }
    }

    private func conditions(_ column: Column, but known: [String: Verdict]) throws -> [String] {
        try column.rules.sorted { $0.key < $1.key }.compactMap { name, verdict in
            guard verdict != known[name], case .number(let number)? = SyscallNumber.of(name) else { return nil }
            // A rule for a call that is refused anyway says nothing.
            guard try column.program.run(.init(number: UInt32(number))).readsArguments else { return nil }
            return "\(column.name) \(name): \(verdict.text)"
        }
    }

    private static func word(_ action: UInt32) -> String {
        switch action {
        case BPFProgram.allow: "allow"
        case BPFProgram.errno(1): "EPERM"
        case BPFProgram.errno(38): "ENOSYS"
        default: "0x\(String(action, radix: 16))"
        }
    }
}

extension Verdict {
    /// The tree in one line: the argument, counted from 0, and its bits, then the values and what follows from them.
    var text: String {
        switch self {
        case .always(.allow): "allow"
        case .always(.kill): "kill"
        case .always(.refuse(let errno)): [1: "EPERM", 93: "EPROTONOSUPPORT", 97: "EAFNOSUPPORT"][errno] ?? "\(errno)"
        case .byBits(let argument, let mask, let cases, let otherwise):
            "arg\(argument)" + (mask == Verdict.int ? "" : "&\(Verdict.number(mask))") + " { "
                + Verdict.text(cases) + "else \(otherwise.text) }"
        }
    }

    /// Values with the same consequence share it.
    private static func text(_ cases: [Case]) -> String {
        var groups: [(values: [String], text: String)] = []
        for each in cases {
            if groups.last?.text == each.verdict.text {
                groups[groups.count - 1].values.append(number(each.value))
            } else {
                groups.append(([number(each.value)], each.verdict.text))
            }
        }
        return groups.map { "\($0.values.joined(separator: " ")): \($0.text); " }.joined()
    }

    private static func number(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}
