import Confinement
import Glibc
import Kernel
import Records

/// What a monitor gives up before it opens the gate: from then on it reads what hostile code writes.
enum MonitorConfinement {
    /// After the receipt, because reading another process's /proc needs what is given up here.
    ///
    /// - Parameter placeholders: Directories in which placeholders will be removed.
    static func apply(_ plan: LaunchPlan, placeholders: [Int32]) throws(ConfinementError) {
        try ProcessFlags.dumpable(false, stage: .monitorConfinement)
        let isRoot = geteuid() == 0
        if isRoot { try Capabilities.lockSecureBits() }
        if isRoot { try Capabilities.emptyBoundingSet() }
        // A task under another uid can only be signalled with CAP_KILL, and a name in somebody else's directory only be
        // removed with CAP_DAC_OVERRIDE, which the domain below holds to removing names in these directories.
        let kept = [Capabilities.kill] + (placeholders.isEmpty ? [] : [Capabilities.overrideAccess])
        try Capabilities.empty(keeping: isRoot ? kept : [])
        try ProcessFlags.noNewPrivileges()
        // Signals are not scoped: it could not kill its task.
        let own = LandlockRule(path: "/proc/self/fd/\(AirlockDescriptor.directory)", grant: [.read, .write])
        let parents = placeholders.map { LandlockRule(path: "/proc/self/fd/\($0)", grant: [.remove]) }
        let domain = PlannedLandlock(minimumABI: 0, rules: [own] + parents, connectPorts: nil)
        try Landlock.restrict(domain, scoped: false)
        try InstalledFilter.install(plan.filters.monitor, stage: .monitorConfinement)
    }
}
