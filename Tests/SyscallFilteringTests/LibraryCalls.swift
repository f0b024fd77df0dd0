@testable import SyscallFiltering

/// The calls that libseccomp knows.
enum LibraryCalls {
    static let x86_64 = BPFProgram.Architecture.x86_64
    static let architectures = [x86_64, BPFProgram.Architecture.arm64]
    static let native = BPFProgram.Architecture.native

    /// Names by number.
    static func all(_ architecture: UInt32) -> [Int32: String] {
        var names: [Int32: String] = [:]
        for number: Int32 in 0...1000 { names[number] = SyscallNumber.name(number, architecture) }
        return names
    }
}
