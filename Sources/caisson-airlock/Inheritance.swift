import Glibc
import Kernel
import Records

/// What the front end handed over together with the plan.
struct Inheritance {
    /// The plan, in sealed memory.
    private(set) var plan: Int32 = -1
    /// What the task reads, or nil.
    private(set) var input: Int32?
    /// Where a foreground front end reads standard output, or nil.
    private(set) var outputSink: Int32?
    /// Where a foreground front end reads standard error, or nil.
    private(set) var errorSink: Int32?
    /// The directories of the handed trees, in their order.
    private(set) var trees: [Int32] = []
    /// The task's cgroup directory, or nil.
    private(set) var cgroup: Int32?
    /// The directory above it, or nil.
    private(set) var cgroupParent: Int32?
    /// The write end of the task's input, or nil.
    private(set) var inputSource: Int32?

    /// What init needs of it: the plan, the trees, and the input where there is one.
    var forInit: [Int32] { [plan] + trees + (input.map { [$0] } ?? []) }

    /// The placeholders, locked, and the directories that hold them.
    var placeholders: [(file: Int32, parent: Int32)] {
        zip(placeholderFiles, placeholderParents).map { (file: $0, parent: $1) }
    }
    private var placeholderFiles: [Int32] = []
    private var placeholderParents: [Int32] = []

    /// Takes over one descriptor.
    mutating func take(_ role: PlanDescriptor, _ number: Int32) throws(Errno) {
        switch role {
        case .plan: plan = number
        case .directory: try Self.move(number, AirlockDescriptor.directory)
        case .lock: try Self.move(number, AirlockDescriptor.lock)
        case .control: try Self.move(number, AirlockDescriptor.control)
        case .input: input = number
        case .outputSink: outputSink = number
        case .errorSink: errorSink = number
        case .tree: trees.append(number)
        case .cgroup: cgroup = number
        case .inputSource: inputSource = number
        case .cgroupParent: cgroupParent = number
        case .placeholder: placeholderFiles.append(number)
        case .placeholderParent: placeholderParents.append(number)
        }
    }

    private static func move(_ number: Int32, _ place: Int32) throws(Errno) {
        _ = try checked { dup2(number, place) }
        _ = Descriptor(owning: number)
    }
}
