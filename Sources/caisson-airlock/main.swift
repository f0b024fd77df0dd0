import Kernel
import Records

// The airlock: started by a front end with a sealed plan, it becomes the task's monitor, and its first child the
// sandbox's init. It has one thread, and no argument or variable changes what it does.

do {
    let bytes = try Files.contents("/proc/self/fd/\(AirlockDescriptor.plan)", limit: 16 << 20)
    let plan = try LaunchPlan.open(bytes)
    Monitor(plan: plan, descriptors: Inheritance(plan)).run()
} catch {
    StartFailure.report(error)
}
