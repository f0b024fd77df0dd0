import Confinement
import Glibc
import Kernel
import Records

/// What a monitor gives up before it opens the gate: from then on it reads what hostile code writes.
enum MonitorConfinement {
    /// After the receipt, because reading another process's /proc needs what is given up here.
    static func apply(_ plan: LaunchPlan) throws(ConfinementError) {
        try ProcessFlags.dumpable(false, stage: .monitorConfinement)
        let isRoot = geteuid() == 0
        if isRoot { try Capabilities.lockSecureBits() }
        if isRoot { try Capabilities.emptyBoundingSet() }
        // A task under another uid can only be signalled with CAP_KILL.
        try Capabilities.empty(keeping: isRoot ? [Capabilities.kill] : [])
        try ProcessFlags.noNewPrivileges()
        // Signals are not scoped: it could not kill its task.
        let own = LandlockRule(path: "/proc/self/fd/\(AirlockDescriptor.directory)", grant: [.read, .write])
        let domain = PlannedLandlock(minimumABI: 0, rules: [own], connectPorts: nil)
        try Landlock.restrict(domain, scoped: false)
        try InstalledFilter.install(plan.filters.monitor, stage: .monitorConfinement)
    }
}
