import Kernel
import Records

// The airlock: started by a front end with a sealed plan, it becomes the task's monitor, and its first child the
// sandbox's init. It has one thread, and no argument or variable changes what it does.

do {
    let bytes = try Files.contents("/proc/self/fd/\(AirlockDescriptor.plan)", limit: 16 << 20)
    let plan = try LaunchPlan.open(bytes)
    Monitor(plan: plan, descriptors: try Inheritance(plan)).run()
} catch {
    // There is no plan, and so nobody to report to in its terms: the front end sees the socket close.
    StartFailure.report("\(error)")
}
