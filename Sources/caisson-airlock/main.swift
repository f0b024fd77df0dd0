import Confinement
import Glibc
import Kernel
import Records

// The airlock: it becomes a task's monitor, and its first child the sandbox's init. It has one thread, and no argument or
// variable changes what it does. Namespaces are made while the front end still decides; nothing of the task is known then.

var arrival = Arrival()
do {
    guard let (outline, group) = try arrival.outline() else { _exit(0) }
    var sandbox = Sandbox.begin(outline, group)
    guard let early = try arrival.plan() else { Sandbox.abandon(sandbox) }
    // First of all: init reads the plan at the same time.
    sandbox = sandbox.then { (begun) throws(ConfinementError) in try begun.forward(early) }
    let plan = try LaunchPlan.open(try Files.contents("/proc/self/fd/\(early.plan)", limit: 16 << 20))
    guard plan.outline == outline else { throw RecordError.malformed("the plan is another task's", at: 0) }
    sandbox = sandbox.then { (begun) throws(ConfinementError) in try begun.handOver(plan, early) }
    // Meanwhile the front end has made the task's directory.
    guard let inherited = try arrival.finish() else { Sandbox.abandon(sandbox) }
    Monitor(plan: plan, descriptors: inherited).run(sandbox)
} catch {
    StartFailure.report(error, &arrival)
}
