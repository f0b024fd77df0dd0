internal import Glibc
internal import Kernel
internal import Tasks

/// What this host can enforce for this user: each layer, whether it is there, and how it can be had.
public struct HostReport: Sendable {
    /// One layer.
    public struct Line: Sendable, Equatable {
        /// Such as `landlock`.
        public let layer: String
        /// Whether tasks have it here.
        public let isEnforced: Bool
        /// Whether tasks can start without it, where a policy says so by name.
        public let mayBeDegraded: Bool
        /// What was found.
        public let found: String
        /// How it can be had; empty where it is there.
        public let remedy: String
    }

    /// The layers, in the order of confinement.
    public let lines: [Line]

    /// Looks at the host. Nothing is changed and no task is started.
    public init() throws(LaunchError) {
        let abi = Host.landlockABI
        var lines = [
            try Self.userNamespaces(), try Self.controlGroups(), try Self.groups(), try Self.proc(),
            Self.kernel(
                "seccomp", Host.hasSeccompKill, "the filter kills foreign calls (SECCOMP_RET_KILL_PROCESS)",
                StartRemedy.seccomp),
            Self.landlock("landlock", abi, 1, "5.13", mayBeDegraded: true),
            Self.landlock("ports", abi, 4, "6.7", mayBeDegraded: true),
            Self.landlock("scope", abi, 6, "6.12", mayBeDegraded: true),
            Self.kernel(
                "mask", try Self.hasOverlay(), "overlayfs is there", StartRemedy.overlay),
        ]
        lines.append(Self.calls())
        self.lines = lines
    }

    /// Whether every layer that can't be degraded is there.
    public var canRunTasks: Bool { lines.allSatisfy { $0.isEnforced || $0.mayBeDegraded } }

    private static func kernel(_ layer: String, _ isThere: Bool, _ found: String, _ remedy: String) -> Line {
        Line(
            layer: layer, isEnforced: isThere, mayBeDegraded: layer == "mask", found: isThere ? found : "missing",
            remedy: isThere ? "" : remedy)
    }

    private static func landlock(_ layer: String, _ abi: Int32, _ wanted: Int32, _ release: String, mayBeDegraded: Bool)
        -> Line
    {
        let found = abi == 0 ? "this kernel has no Landlock, or it is switched off" : "Landlock ABI \(abi)"
        return Line(
            layer: layer, isEnforced: abi >= wanted, mayBeDegraded: mayBeDegraded, found: found,
            remedy: abi >= wanted ? "" : "boot a kernel from \(release) on, with landlock in lsm=")
    }

    /// A user namespace is made and thrown away: settings that forbid it are too many to know them all.
    private static func userNamespaces() throws(LaunchError) -> Line {
        let failure = Host.userNamespaceFailure()
        let remedy = failure.map { StartRemedy.namespaces($0) } ?? ""
        let found = failure.map { "can't be made: \($0)" } ?? "can be made as uid \(Host.user)"
        return Line(
            layer: "namespaces", isEnforced: failure == nil, mayBeDegraded: false, found: found, remedy: remedy)
    }

    private static func proc() throws(LaunchError) -> Line {
        // Without the namespaces there is nothing to try it in, and their line says so.
        guard Host.userNamespaceFailure() == nil else {
            return Line(
                layer: "proc", isEnforced: false, mayBeDegraded: false, found: "can't be tried without namespaces",
                remedy: "see namespaces")
        }
        let failure = try on("a proc file system") { () throws(Errno) in try Host.ownProcFailure() }
        return Line(
            layer: "proc", isEnforced: failure == nil, mayBeDegraded: false,
            found: failure.map { "a sandbox can't have a /proc of its own: \($0)" }
                ?? "a sandbox has a /proc of its own",
            remedy: failure == nil ? "" : StartRemedy.proc)
    }

    private static func calls() -> Line {
        let missing = Host.missingCalls()
        return Line(
            layer: "calls", isEnforced: missing.isEmpty, mayBeDegraded: false,
            found: missing.isEmpty
                ? "kernel \(Host.kernelRelease()) has every system call that is needed"
                : "there is no \(missing.joined(separator: ", ")) (kernel \(Host.kernelRelease()))",
            remedy: missing.isEmpty ? "" : StartRemedy.calls)
    }

    private static func controlGroups() throws(LaunchError) -> Line {
        let finding = try ControlGroupTree.find("auto", prepares: false)
        let missing = finding.missing
        return Line(
            layer: "cgroup", isEnforced: missing == nil, mayBeDegraded: true,
            found: missing.map { "limits fall to rlimits: \($0)" }
                ?? "memory, processes and cores are limited by cgroup v2",
            remedy: finding.remedy)
    }

    private static func groups() throws(LaunchError) -> Line {
        let hasGroups = try on("getgroups") { () throws(Errno) in try Host.hasSupplementaryGroups() }
        let isEnforced = Host.user == 0 || !hasGroups
        return Line(
            layer: "groups", isEnforced: isEnforced, mayBeDegraded: true,
            found: isEnforced
                ? "tasks have no supplementary groups" : "an ordinary user can't drop supplementary groups",
            remedy: isEnforced ? "" : "run as root, or as a user without supplementary groups")
    }

    private static func hasOverlay() throws(LaunchError) -> Bool {
        let text = try on("/proc/filesystems") { () throws(Errno) in
            String(decoding: try Files.contents("/proc/filesystems", limit: 1 << 20), as: UTF8.self)
        }
        return text.split(separator: "\n").contains { $0.hasSuffix("\toverlay") }
    }
}
