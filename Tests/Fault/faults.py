"""What each system call of a launch can answer when it fails: from its manual page, what happens on a host that is full, tired or hardened.

Numbers of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl). What is not here can't fail in a way that its caller could notice, or
belongs to the C library, which ends the program when it gets no memory to start with; close(2) closes whatever it answers."""

FAULTS = {
    0: ("read", "EIO"), 1: ("write", "ENOSPC", "EIO"), 16: ("ioctl", "ENOTTY"), 17: ("pread64", "EIO"),
    18: ("pwrite64", "ENOSPC", "EIO"), 32: ("dup", "EMFILE"), 33: ("dup2", "EBUSY"), 41: ("socket", "EMFILE", "ENOMEM"),
    46: ("sendmsg", "ENOBUFS", "ENOMEM"), 47: ("recvmsg", "ENOMEM"), 49: ("bind", "ENOSPC", "ENOMEM"), 50: ("listen", "ENOBUFS"),
    53: ("socketpair", "EMFILE", "ENOMEM"), 56: ("clone", "EAGAIN", "ENOMEM"), 57: ("fork", "EAGAIN"), 61: ("wait4", "ECHILD"),
    72: ("fcntl", "EINVAL", "EMFILE"), 73: ("flock", "ENOLCK"), 75: ("fdatasync", "EIO"), 77: ("ftruncate", "EIO"),
    80: ("chdir", "ENOENT", "EACCES"), 82: ("rename", "ENOSPC"), 83: ("mkdir", "ENOSPC", "EDQUOT"), 112: ("setsid", "EPERM"),
    116: ("setgroups", "EPERM"), 117: ("setresuid", "EAGAIN", "EPERM"), 119: ("setresgid", "EPERM"), 125: ("capget", "EPERM"),
    126: ("capset", "EPERM"), 155: ("pivot_root", "EBUSY", "EINVAL"), 157: ("prctl", "EPERM", "EINVAL"),
    161: ("chroot", "EPERM"), 165: ("mount", "ENOMEM", "EPERM"), 166: ("umount2", "EBUSY"), 170: ("sethostname", "EPERM"),
    217: ("getdents64", "EIO"), 250: ("keyctl", "EDQUOT", "ENOMEM"), 257: ("openat", "EMFILE", "ENOMEM", "EACCES"),
    258: ("mkdirat", "ENOSPC", "EDQUOT"), 262: ("newfstatat", "EIO"), 263: ("unlinkat", "EIO"), 264: ("renameat", "ENOSPC", "EIO"),
    266: ("symlinkat", "ENOSPC"), 267: ("readlinkat", "EIO"), 268: ("fchmodat", "EPERM"), 271: ("ppoll", "ENOMEM"),
    272: ("unshare", "ENOSPC", "EPERM"), 285: ("fallocate", "ENOSPC"), 288: ("accept4", "EMFILE"), 302: ("prlimit64", "EPERM"),
    308: ("setns", "EPERM"), 317: ("seccomp", "ENOMEM", "EACCES"), 319: ("memfd_create", "EMFILE", "ENOMEM"),
    322: ("execveat", "ENOMEM", "EACCES"), 332: ("statx", "EIO"), 424: ("pidfd_send_signal", "EPERM"),
    428: ("open_tree", "EMFILE", "ENOMEM"), 429: ("move_mount", "ENOMEM"), 430: ("fsopen", "EMFILE", "ENODEV"),
    431: ("fsconfig", "ENOMEM", "EINVAL"), 432: ("fsmount", "EMFILE"), 434: ("pidfd_open", "EMFILE", "ENOMEM"),
    435: ("clone3", "EAGAIN", "ENOSPC"), 436: ("close_range", "EMFILE"), 437: ("openat2", "EMFILE", "EACCES"),
    442: ("mount_setattr", "ENOMEM", "EINVAL"), 444: ("landlock_create_ruleset", "EMFILE"), 445: ("landlock_add_rule", "ENOMEM"),
    446: ("landlock_restrict_self", "E2BIG"),
}

# Without one of these the task would be held by less: where it fails in init or in the task side, nothing runs.
CONFINING = {
    "setsid", "setgroups", "setresuid", "setresgid", "capset", "pivot_root", "prctl", "umount2", "keyctl", "unshare", "setns",
    "prlimit64", "seccomp", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "mount_setattr", "mount",
    "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "clone3", "chroot", "sethostname",
}
