/// System calls with one purpose, under a name that policies can use.
///
/// The groups together are what is known: a known call that no filter allows is EPERM, any other number is ENOSYS. Every
/// call of Linux 7.0 on x86-64 is in one of them, and arm64 has no other.
struct SyscallGroup: Sendable {
    /// With its `@`.
    let name: String
    /// Names of calls, and of other groups.
    let members: [String]

    private init(_ name: String, _ members: String) {
        self.name = name
        self.members = members.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    /// Every group, first the harmless ones.
    static let all: [SyscallGroup] = [
        SyscallGroup(
            "@memory",
            """
            brk madvise map_shadow_stack membarrier mincore mlock mlock2 mlockall mmap mprotect mremap mseal msync
            munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect remap_file_pages
            """),
        SyscallGroup(
            "@basic-io",
            """
            close close_range copy_file_range dup dup2 dup3 fadvise64 fcntl fdatasync flock fsync ioctl lseek pipe pipe2
            pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readv sendfile splice sync sync_file_range
            syncfs tee write writev
            """),
        SyscallGroup(
            "@io-event",
            """
            epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 poll ppoll
            pselect6 select
            """),
        SyscallGroup(
            "@file-system",
            """
            access chdir chmod chown creat faccessat faccessat2 fallocate fchdir fchmod fchmodat fchmodat2 fchown
            fchownat fgetxattr file_getattr flistxattr fremovexattr fsetxattr fstat fstatfs ftruncate futimesat getcwd
            getdents getdents64 getxattr getxattrat lchown lgetxattr link linkat listxattr listxattrat llistxattr
            lremovexattr lsetxattr lstat mkdir mkdirat mknod mknodat newfstatat open openat readlink readlinkat
            removexattr removexattrat rename renameat renameat2 rmdir setxattr setxattrat stat statfs statx symlink
            symlinkat truncate umask unlink unlinkat utime utimensat utimes
            """),
        SyscallGroup(
            "@process",
            """
            arch_prctl clone execve execveat exit exit_group fork get_robust_list getcpu getpgid getpgrp getpid getppid
            getrandom getrlimit getrusage getsid gettid pidfd_open pidfd_send_signal prctl prlimit64 restart_syscall
            rseq rseq_slice_yield sched_yield set_robust_list set_tid_address setpgid setrlimit setsid sysinfo times
            uname uprobe uretprobe vfork wait4 waitid
            """),
        SyscallGroup(
            "@signal",
            """
            kill pause rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
            rt_sigtimedwait rt_tgsigqueueinfo sigaltstack signalfd signalfd4 tgkill tkill
            """),
        SyscallGroup(
            "@timer",
            """
            alarm clock_getres clock_gettime clock_nanosleep getitimer gettimeofday nanosleep setitimer time
            timer_create timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime
            timerfd_settime
            """),
        SyscallGroup("@futex", "futex futex_requeue futex_wait futex_waitv futex_wake"),
        SyscallGroup(
            "@identity",
            """
            capget capset getegid geteuid getgid getgroups getresgid getresuid getuid setfsgid setfsuid setgid setgroups
            setregid setresgid setresuid setreuid setuid
            """),
        SyscallGroup(
            "@scheduling-query",
            """
            getpriority ioprio_get sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr
            sched_getparam sched_getscheduler sched_rr_get_interval
            """),
        SyscallGroup(
            "@scheduling",
            """
            @scheduling-query ioprio_set sched_setaffinity sched_setattr sched_setparam sched_setscheduler setpriority
            """),
        SyscallGroup(
            "@socket-pair",
            """
            getpeername getsockname getsockopt recvfrom recvmmsg recvmsg sendmmsg sendmsg sendto setsockopt shutdown
            socketpair
            """),
        SyscallGroup("@network-io", "@socket-pair accept accept4 bind connect listen socket"),
        SyscallGroup("@aio", "io_cancel io_destroy io_getevents io_pgetevents io_setup io_submit"),
        SyscallGroup("@inotify", "inotify_add_watch inotify_init inotify_init1 inotify_rm_watch"),
        SyscallGroup(
            "@ipc",
            """
            mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink msgctl msgget msgrcv msgsnd semctl
            semget semop semtimedop shmat shmctl shmdt shmget
            """),
        SyscallGroup("@numa", "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"),
        SyscallGroup("@landlock", "landlock_add_rule landlock_create_ruleset landlock_restrict_self"),
        SyscallGroup("@memfd", "memfd_create memfd_secret"),

        // What no base allows.
        SyscallGroup(
            "@debug", "kcmp pidfd_getfd process_madvise process_mrelease process_vm_readv process_vm_writev ptrace"),
        SyscallGroup("@page-migration", "migrate_pages move_pages"),
        SyscallGroup("@keyring", "add_key keyctl request_key"),
        SyscallGroup("@io-uring", "io_uring_enter io_uring_register io_uring_setup"),
        SyscallGroup("@namespace", "clone3 setns unshare"),
        SyscallGroup(
            "@mount",
            """
            chroot fsconfig fsmount fsopen fspick mount mount_setattr move_mount open_tree open_tree_attr pivot_root
            umount2
            """),
        SyscallGroup("@file-handle", "name_to_handle_at open_by_handle_at"),
        SyscallGroup("@fanotify", "fanotify_init fanotify_mark"),
        SyscallGroup("@clock", "adjtimex clock_adjtime clock_settime settimeofday"),
        SyscallGroup("@module", "delete_module finit_module init_module"),
        SyscallGroup("@raw-io", "ioperm iopl"),
        SyscallGroup("@reboot", "kexec_file_load kexec_load reboot"),
        SyscallGroup("@swap", "swapoff swapon"),
        SyscallGroup(
            "@privileged",
            """
            @clock @fanotify @file-handle @module @raw-io @reboot @swap acct bpf lsm_set_self_attr modify_ldt
            perf_event_open quotactl quotactl_fd setdomainname sethostname syslog userfaultfd vhangup
            """),
        SyscallGroup(
            "@obsolete",
            """
            _sysctl afs_syscall create_module epoll_ctl_old epoll_wait_old get_kernel_syms get_thread_area getpmsg
            lookup_dcookie nfsservctl putpmsg query_module security set_thread_area sysfs tuxcall uselib ustat vserver
            """),
        // New ways to learn about the host, and ways around a check: as on a kernel without them.
        SyscallGroup(
            "@absent",
            """
            cachestat clone3 file_setattr listmount listns lsm_get_self_attr lsm_list_modules openat2 statmount
            """),
        SyscallGroup("@strict", Bases.strict),
        SyscallGroup("@default", Bases.standard),
    ]

    /// Every call that is in a group.
    static let known: Set<String> = Set(all.flatMap(\.members).filter { !$0.hasPrefix("@") })

    /// The calls of a group, those of the groups in it included; nil if there is no such group.
    static func calls(of name: String) -> Set<String>? {
        guard let group = all.first(where: { $0.name == name }) else { return nil }
        return Set(group.members.flatMap { calls(of: $0) ?? [$0] })
    }
}
