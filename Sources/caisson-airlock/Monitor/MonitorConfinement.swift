import Confinement
import Glibc
import Kernel
import Records

/// What a monitor gives up before it opens the gate: from then on it reads what hostile code writes.
enum MonitorConfinement {
    /// What takes nothing that is needed for the receipt, while init builds the view. The filter lets pass what `apply` calls:
    /// it only takes more away.
    static func prepare(_ plan: LaunchPlan) throws(ConfinementError) {
        if geteuid() == 0 {
            try Capabilities.lockSecureBits()
            try Capabilities.emptyBoundingSet()
        }
        try ProcessFlags.dumpable(false, stage: .monitorConfinement)
        try ProcessFlags.noNewPrivileges()
        try InstalledFilter.install(plan.filters.monitor, stage: .monitorConfinement)
    }

    /// After the receipt, because reading another process's /proc needs what is given up here.
    ///
    /// - Parameter inherited: What it still needs: directories of placeholders, the task's cgroup.
    static func apply(_ plan: LaunchPlan, _ inherited: Inheritance) throws(ConfinementError) {
        let placeholders = inherited.placeholders.map(\.parent)
        // Only root maps owners. The filter lets nobody ask who they are.
        let isRoot = plan.identity.mapsOwners
        // A task under another uid can only be signalled with CAP_KILL, and a name in somebody else's directory only be
        // removed with CAP_DAC_OVERRIDE, which the domain below holds to removing names in these directories.
        let kept = [Capabilities.kill] + (placeholders.isEmpty ? [] : [Capabilities.overrideAccess])
        try Capabilities.empty(keeping: isRoot ? kept : [])
        // Signals are not scoped: it could not kill its task.
        var rules = [rule(AirlockDescriptor.directory, [.read, .write])]
        rules += placeholders.map { rule($0, [.remove]) }
        if let group = inherited.cgroup { rules.append(rule(group, [.read, .write])) }
        if let parent = inherited.cgroupParent { rules.append(rule(parent, [.removeDirectory])) }
        let domain = PlannedLandlock(minimumABI: 0, rules: rules, connectPorts: nil)
        try Landlock.restrict(domain, scoped: false)
    }

    private static func rule(_ directory: Int32, _ grant: LandlockGrant) -> LandlockRule {
        LandlockRule(path: "/proc/self/fd/\(directory)", grant: grant)
    }
}
