@testable import SyscallFiltering

/// What the shipped filters do with every call of x86-64, as text for a reviewer and for the test that compares it.
struct GoldenTable {
    private let programs: [BPFProgram]
    private let rules: [[String: Verdict]]
    private let names: [UInt32: String]

    /// The columns: default and strict without a network under a list of commands, init, monitor.
    init() throws {
        let requests = [FilterRequest(), FilterRequest(base: "strict")]
        programs =
            try requests.map { BPFProgram(try FilterCompiler.task($0)) }
            + [BPFProgram(try FilterCompiler.reaper()), BPFProgram(try FilterCompiler.monitor())]
        rules = requests.map { ArgumentRules(request: $0).all } + [AirlockCalls.reaperRules, AirlockCalls.monitorRules]
        var names: [UInt32: String] = [:]
        for name in SyscallGroup.known {
            if case .number(let number)? = SyscallNumber.of(name) { names[UInt32(number)] = name }
        }
        self.names = names
    }

    /// A line for each number from 0 to 480; numbers without a call share one.
    var lines: [String] {
        get throws {
            var lines: [String] = []
            var first: UInt32?
            for number: UInt32 in 0...480 {
                if let name = names[number] {
                    if let start = first { lines.append(try line("\(start)-\(number - 1)", "-", start)) }
                    first = nil
                    lines.append(try line("\(number)", name, number))
                } else if first == nil {
                    first = number
                }
            }
            if let start = first { lines.append(try line("\(start)-480", "-", start)) }
            return lines
        }
    }

    private func line(_ label: String, _ name: String, _ number: UInt32) throws -> String {
        let words = try programs.indices.map { index in
            let outcome = try programs[index].run(.init(number: number))
            if outcome.readsArguments { return rules[index][name].map { "\($0)" } ?? "by arguments?" }
            return Self.word(outcome.action)
        }
        // One rule for all, or a word for each.
        return "\(label) \(name): " + (Set(words).count == 1 ? words[0] : words.joined(separator: ", "))
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
