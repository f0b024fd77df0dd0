internal import Glibc
public import Kernel
public import Records

/// How a layer can be had without which a launch failed.
public enum StartRemedy {
    /// For a step that failed, or nil where it can't be said.
    public static func of(_ end: EndRecord) -> String? {
        guard end.status == .failedToStart, let stage = end.stage, let number = end.errno else { return nil }
        if number == ENOSYS { return stage == .landlock ? landlock : calls }
        switch stage {
        case .namespaces: return namespaces(Errno(rawValue: number))
        case .mounts: return end.detail == "/proc" && number == EPERM ? proc : nil
        case .sources: return number == ENODEV ? overlay : nil
        case .workspaceMount: return owners(number)
        case .landlock: return number == EOPNOTSUPP ? landlock : nil
        case .seccomp, .initConfinement, .monitorConfinement: return number == EINVAL ? seccomp : nil
        case .terminal:
            return number == ENOSPC ? "sysctl -w kernel.pty.max=8192, or end tasks that have terminals" : nil
        case .keyring: return "sysctl -w kernel.keys.maxkeys=20000, or let no call for keys through (syscalls.allow)"
        default: return nil
        }
    }

    /// For user namespaces that can't be made. Source: user_namespaces(7).
    public static func namespaces(_ errno: Errno) -> String {
        switch errno.rawValue {
        case EPERM:
            "sysctl -w kernel.unprivileged_userns_clone=1 (Debian), kernel.apparmor_restrict_unprivileged_userns=0 or an "
                + "AppArmor profile with userns (Ubuntu), or run as root"
        case ENOSPC: "sysctl -w user.max_user_namespaces=10000"
        default: "boot a kernel with CONFIG_USER_NS"
        }
    }

    /// For a /proc that can't be mounted.
    public static let proc =
        "something covers parts of /proc here, as container engines do: start the container with it uncovered "
        + "(--security-opt systempaths=unconfined, procMount: Unmasked), or run outside of it"
    /// For system calls that are not there.
    public static let calls =
        "boot a kernel from 5.12 on, or let the filter under which this runs pass the newer system calls (a container engine's "
        + "seccomp profile)"
    /// For overlayfs.
    public static let overlay = "modprobe overlay, or boot a kernel with CONFIG_OVERLAY_FS"
    /// For filters of system calls.
    public static let seccomp = "boot a kernel with CONFIG_SECCOMP_FILTER"
    /// For Landlock.
    public static let landlock = "boot a kernel from 5.13 on with lsm=landlock,..."

    private static func owners(_ number: Int32) -> String? {
        switch number {
        case EINVAL:
            "as root, the owner of a writable place is mapped onto the task's user, which its file system can't do (overlay and "
                + "network file systems): use a place on ext4, xfs, btrfs, or on tmpfs from Linux 6.3 on, or run as an ordinary user"
        case EPERM: "as root, CAP_SYS_ADMIN is needed to map owners of writable places; or run as an ordinary user"
        default: nil
        }
    }
}
