public import Kernel

/// A filter that can't be compiled as it was asked for.
public enum FilterError: Error, Equatable, Sendable {
    /// No system call and no group has this name; the line of the base's file, and a known name that may be meant.
    case unknownName(String, line: Int?, nearest: String?)
    /// The base is neither `default` nor `strict`, and no file's text came with it.
    case unknownBase(String, nearest: String?)
    /// The airlock itself needs these calls after it has installed the filter, and every program after it.
    case incompleteBase(String, missing: [String])
    /// The call would do unchecked, behind a pointer or on its own, what the filter checks in other calls.
    case uncheckable(String)
    /// The call makes files that can be executed outside every list, and there is a list of commands.
    case evadesCommandList(String)
    /// libseccomp failed: the function, and what it said.
    case library(function: String, Errno)
    /// More instructions than the kernel's 4096.
    case tooLong(instructions: Int)
}

extension FilterError: CustomStringConvertible {
    /// One sentence with the remedy where there is one.
    public var description: String {
        switch self {
        case .unknownName(let name, let line, let nearest):
            "\(line.map { "line \($0): " } ?? "")there is no system call or group '\(name)'\(Self.suggestion(nearest))"
        case .unknownBase(let name, let nearest):
            "there is no base '\(name)' and no file of that name\(Self.suggestion(nearest))"
        case .incompleteBase(let name, let missing):
            "the base '\(name)' lacks \(missing.joined(separator: ", ")), which every task needs to begin"
        case .uncheckable(let name):
            "'\(name)' can't be allowed: its arguments can't be checked, and it does what is refused elsewhere"
        case .evadesCommandList(let name):
            "'\(name)' can't be allowed under a list of commands: what it makes can be executed without being listed"
        case .library(let function, let errno): "\(function) failed: \(errno)"
        case .tooLong(let instructions): "the filter has \(instructions) instructions; the kernel takes 4096"
        }
    }

    private static func suggestion(_ nearest: String?) -> String {
        nearest.map { "; '\($0)' is the nearest" } ?? ""
    }
}
