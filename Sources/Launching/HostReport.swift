internal import Glibc
internal import Kernel

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
        let release = Host.kernelRelease()
        let abi = Host.landlockABI
        var lines = [
            try Self.userNamespaces(), try Self.controlGroups(), try Self.groups(),
            Self.kernel(
                "seccomp", Host.hasSeccompKill, "the filter kills foreign calls (SECCOMP_RET_KILL_PROCESS)",
                "boot a kernel from 4.14 on with CONFIG_SECCOMP_FILTER"),
            Self.landlock("landlock", abi, 1, "5.13", mayBeDegraded: true),
            Self.landlock("ports", abi, 4, "6.7", mayBeDegraded: true),
            Self.landlock("scope", abi, 6, "6.12", mayBeDegraded: true),
            Self.kernel(
                "mask", try Self.hasOverlay(), "overlayfs is there",
                "modprobe overlay, or boot a kernel with CONFIG_OVERLAY_FS"),
        ]
        lines.append(
            Line(
                layer: "openat2", isEnforced: Self.isAtLeast(release, 5, 12), mayBeDegraded: false,
                found: "kernel \(release)",
                remedy: Self.isAtLeast(release, 5, 12) ? "" : "boot a kernel from 5.12 on (openat2, mount_setattr)"))
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
        let remedy =
            switch failure?.rawValue {
            case nil: ""
            case EPERM:
                "sysctl -w kernel.unprivileged_userns_clone=1 (Debian), kernel.apparmor_restrict_unprivileged_userns=0 or an "
                    + "AppArmor profile with userns (Ubuntu), or run as root"
            case ENOSPC: "sysctl -w user.max_user_namespaces=10000"
            default: "boot a kernel with CONFIG_USER_NS"
            }
        let found = failure.map { "can't be made: \($0)" } ?? "can be made as uid \(Host.user)"
        return Line(
            layer: "namespaces", isEnforced: failure == nil, mayBeDegraded: false, found: found, remedy: remedy)
    }

    private static func controlGroups() throws(LaunchError) -> Line {
        let finding = try ControlGroupTree.find("auto")
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

    private static func isAtLeast(_ release: String, _ major: Int, _ minor: Int) -> Bool {
        let numbers = release.split { !$0.isNumber }.compactMap { Int($0) }
        guard numbers.count >= 2 else { return false }
        return (numbers[0], numbers[1]) >= (major, minor)
    }
}
