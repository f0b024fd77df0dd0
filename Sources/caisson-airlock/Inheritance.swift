import Kernel
import Records

/// What the front end handed over, by the plan's list.
struct Inheritance {
    /// What the task reads, or nil.
    var input: Int32?
    /// Where a foreground front end reads standard output, or nil.
    var outputSink: Int32?
    /// Where a foreground front end reads standard error, or nil.
    var errorSink: Int32?
    /// The directories of the handed trees, in their order.
    var trees: [Int32] = []
    /// The task's cgroup directory, or nil.
    var cgroup: Int32?
    /// The directory above it, or nil.
    var cgroupParent: Int32?
    /// The write end of the task's input, or nil.
    var inputSource: Int32?

    /// The placeholders, locked, and the directories that hold them.
    var placeholders: [(file: Int32, parent: Int32)] {
        zip(placeholderFiles, placeholderParents).map { (file: $0, parent: $1) }
    }
    private var placeholderFiles: [Int32] = []
    private var placeholderParents: [Int32] = []

    /// Takes the descriptors that follow the fixed ones.
    init(_ plan: LaunchPlan) {
        for (place, role) in plan.descriptors.enumerated() {
            let number = AirlockDescriptor.firstOptional + Int32(place)
            switch role {
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
    }
}
