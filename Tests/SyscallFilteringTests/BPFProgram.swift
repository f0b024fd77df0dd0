@testable import SyscallFiltering

/// A seccomp program and what the kernel makes of it, without the kernel. Source: seccomp(2), struct seccomp_data, and
/// the kernel's documentation of classic BPF.
struct BPFProgram {
    /// A call as the filter sees it.
    struct Call {
        var number: UInt32
        var arguments: [UInt64] = [0, 0, 0, 0, 0, 0]
        var architecture = Architecture.native
    }

    /// AUDIT_ARCH_* of linux/audit.h.
    enum Architecture {
        static let x86_64: UInt32 = 0xc000_003e
        static let i386: UInt32 = 0x4000_0003
        static let arm64: UInt32 = 0xc000_00b7
        static let arm: UInt32 = 0x4000_0028

        #if arch(arm64)
            static let native = arm64
        #else
            static let native = x86_64
        #endif
    }

    /// What came out, and how.
    struct Outcome {
        let action: UInt32
        /// Whether the way there depended on an argument.
        let readsArguments: Bool
        let steps: Int
    }

    /// The program is not one that seccomp accepts.
    struct Invalid: Error {
        let instruction: Int
    }

    private struct Instruction {
        let code: UInt16
        let ifTrue: UInt8
        let ifFalse: UInt8
        let value: UInt32
    }

    private let instructions: [Instruction]

    init(_ bytes: [UInt8]) {
        instructions = stride(from: 0, to: bytes.count, by: 8).map { start in
            let bytes = bytes[start..<start + 8].map(UInt32.init)
            return Instruction(
                code: UInt16(bytes[0] | bytes[1] << 8), ifTrue: UInt8(bytes[2]), ifFalse: UInt8(bytes[3]),
                value: bytes[4] | bytes[5] << 8 | bytes[6] << 16 | bytes[7] << 24)
        }
    }

    var count: Int { instructions.count }

    /// Runs the program; jumps only go forward, so that it ends.
    func run(_ call: Call) throws -> Outcome {
        let data = Self.data(call)
        var (accumulator, place, steps, reads) = (UInt32(0), 0, 0, false)
        while place < instructions.count {
            let instruction = instructions[place]
            let value = instruction.value
            steps += 1
            place += 1
            var holds: Bool?
            switch instruction.code {
            case 0x20:
                guard value % 4 == 0, value < 64 else { throw Invalid(instruction: place - 1) }
                reads = reads || value >= 16
                accumulator = data[Int(value / 4)]
            case 0x54: accumulator &= value
            case 0x05: place += Int(value)
            case 0x15: holds = accumulator == value
            case 0x25: holds = accumulator > value
            case 0x35: holds = accumulator >= value
            case 0x45: holds = accumulator & value != 0
            case 0x06: return Outcome(action: value, readsArguments: reads, steps: steps)
            default: throw Invalid(instruction: place - 1)
            }
            if let holds { place += Int(holds ? instruction.ifTrue : instruction.ifFalse) }
        }
        throw Invalid(instruction: place)
    }

    /// struct seccomp_data as words of a little-endian machine; the instruction pointer is 0.
    private static func data(_ call: Call) -> [UInt32] {
        [call.number, call.architecture, 0, 0]
            + call.arguments.flatMap { [UInt32(truncatingIfNeeded: $0), UInt32(truncatingIfNeeded: $0 >> 32)] }
    }
}

extension BPFProgram {
    static let allow: UInt32 = 0x7fff_0000
    static let killProcess: UInt32 = 0x8000_0000
    static func errno(_ number: Int32) -> UInt32 { 0x0005_0000 | UInt32(number) }

    /// What happens to a call of this machine, by name.
    func action(_ name: String, _ arguments: UInt64...) throws -> UInt32 {
        guard case .number(let number)? = SyscallNumber.of(name) else { throw Invalid(instruction: -1) }
        let all = arguments + Array(repeating: 0, count: 6 - arguments.count)
        return try run(Call(number: UInt32(number), arguments: all)).action
    }
}
