#include "probe.h"

/* --- system calls: wrong pointers and impossible flags, so that what is let through fails in another way */

int verb_syscalls(void) {
    static char page[4096];
    const long bad = 1; /* no address */
    long self = getpid();
    struct { uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls; } clone3 = {0};
    clone3.exit_signal = SIGCHLD;
    call("clone3", 435, (long)&clone3, sizeof clone3, 0, 0, 0, 0);
    call("clone3-newuser", 435, (clone3.flags = CLONE_NEWUSER, (long)&clone3), sizeof clone3, 0, 0, 0, 0);
#if defined __x86_64__
    call("clone-newuser", SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0, 0);
    call("clone-newns", SYS_clone, CLONE_NEWNS | CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0, 0);
#endif
    call("unshare-user", SYS_unshare, CLONE_NEWUSER, 0, 0, 0, 0, 0);
    call("unshare-net", SYS_unshare, CLONE_NEWUSER | CLONE_NEWNET, 0, 0, 0, 0, 0);
    call("setns", SYS_setns, -1, 0, 0, 0, 0, 0);
    call("mount", SYS_mount, bad, bad, bad, 0, 0, 0);
    call("umount2", SYS_umount2, bad, 0, 0, 0, 0, 0);
    call("pivot_root", SYS_pivot_root, bad, bad, 0, 0, 0, 0);
    call("chroot", SYS_chroot, bad, 0, 0, 0, 0, 0);
    call("open_tree", 428, -1, bad, 0x1, 0, 0, 0);
    call("move_mount", 429, -1, bad, -1, bad, 0, 0);
    call("fsopen", 430, bad, 0, 0, 0, 0, 0);
    call("fsconfig", 431, -1, 0, 0, 0, 0, 0);
    call("fsmount", 432, -1, 0, 0, 0, 0, 0);
    call("fspick", 433, -1, bad, 0, 0, 0, 0);
    call("mount_setattr", 442, -1, bad, 0, bad, 32, 0);
    call("ptrace", SYS_ptrace, 0 /* PTRACE_TRACEME */, 0, 0, 0, 0, 0);
    call("ptrace-attach", SYS_ptrace, 16, 0x3fffffff /* nobody */, 0, 0, 0, 0);
    call("process_vm_readv", SYS_process_vm_readv, self, 0, 0, 0, 0, 0);
    call("process_vm_writev", SYS_process_vm_writev, self, 0, 0, 0, 0, 0);
    call("pidfd_getfd", 438, -1, 0, 0, 0, 0, 0);
    call("kcmp", SYS_kcmp, self, self, 0, 0, 0, 0);
    call("process_madvise", 440, -1, 0, 0, 0, 0, 0);
    call("io_uring_setup", 425, 1, (long)page, 0, 0, 0, 0);
    call("io_uring_enter", 426, -1, 0, 0, 0, 0, 0);
    call("io_uring_register", 427, -1, 0, 0, 0, 0, 0);
    call("keyctl", SYS_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */, -3, 0, 0, 0, 0);
    call("add_key", SYS_add_key, bad, bad, 0, 0, 0, 0);
    call("request_key", SYS_request_key, bad, bad, 0, 0, 0, 0);
    call("bpf", SYS_bpf, 0, bad, 0, 0, 0, 0);
    call("perf_event_open", SYS_perf_event_open, bad, 0, -1, -1, 0, 0);
    call("userfaultfd", SYS_userfaultfd, 0x1, 0, 0, 0, 0, 0);
    call("open_by_handle_at", SYS_open_by_handle_at, -1, bad, 0, 0, 0, 0);
    call("name_to_handle_at", SYS_name_to_handle_at, -1, bad, bad, bad, 0, 0);
    call("fanotify_init", SYS_fanotify_init, 0xffffffff, 0, 0, 0, 0, 0);
    call("kexec_load", SYS_kexec_load, 0, 0, bad, 0xffff, 0, 0);
    call("init_module", SYS_init_module, bad, 0, bad, 0, 0, 0);
    call("finit_module", SYS_finit_module, -1, bad, 0, 0, 0, 0);
    call("delete_module", SYS_delete_module, bad, 0, 0, 0, 0, 0);
    call("swapon", SYS_swapon, bad, 0, 0, 0, 0, 0);
    call("quotactl", SYS_quotactl, -1, 0, 0, 0, 0, 0);
    call("acct", SYS_acct, bad, 0, 0, 0, 0, 0);
    call("reboot", SYS_reboot, 0, 0, 0, 0, 0, 0);
    call("syslog", SYS_syslog, 10 /* SYSLOG_ACTION_SIZE_BUFFER */, 0, 0, 0, 0, 0);
    call("settimeofday", SYS_settimeofday, bad, 0, 0, 0, 0, 0);
    call("sethostname", SYS_sethostname, bad, 4, 0, 0, 0, 0);
#if defined __x86_64__
    call("modify_ldt", SYS_modify_ldt, 0, (long)page, 16, 0, 0, 0);
    call("iopl", SYS_iopl, 4, 0, 0, 0, 0, 0);
    call("ioperm", SYS_ioperm, 0, 0, 0, 0, 0, 0);
#endif
    call("personality-read-implies-exec", SYS_personality, 0x0400000, 0, 0, 0, 0, 0);
    call("prctl-pdeathsig", SYS_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0, 0);
    call("seccomp-listener", SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, bad, 0, 0, 0);
    call("openat2", 437, -100, bad, bad, 24, 0, 0);
    call("unknown", 999, 0, 0, 0, 0, 0, 0);
    /* Capabilities that are gone: ambient, bounding, securebits, groups, users, clock priority, limits. */
    call("ambient-raise", SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 0, 0, 0, 0);
    call("securebits", SYS_prctl, PR_SET_SECUREBITS, 0, 0, 0, 0, 0);
    call("setuid-0", SYS_setuid, 0, 0, 0, 0, 0, 0);
    call("setgroups", SYS_setgroups, 0, 0, 0, 0, 0, 0);
    struct rlimit more = {RLIM_INFINITY, RLIM_INFINITY};
    call("rlimit-raise", SYS_setrlimit, RLIMIT_NOFILE, (long)&more, 0, 0, 0, 0);
    call("nice", SYS_setpriority, PRIO_PROCESS, 0, -5, 0, 0, 0);
    call("memfd_create", SYS_memfd_create, (long)"probe", 0, 0, 0, 0, 0);
    return 0;
}

/* The way of 32-bit programs: number 20 is getpid there. */
int verb_int80(void) {
#if defined __x86_64__
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
    printf("int80 %s\n", result == getpid() ? "ok" : "wrong");
    return 0;
#else
    puts("int80 none");
    return 77;
#endif
}

int verb_x32(void) {
#if defined __x86_64__
    errno = 0;
    say("x32", syscall(0x40000000 | SYS_getpid) > 0 ? 0 : -1);
    return 0;
#else
    puts("x32 none");
    return 77;
#endif
}

/* Memory that is written and then executed, in each way there is. */
int verb_memory_wx(void) {
    void *both = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    say("mmap-both", both == MAP_FAILED ? -1 : 0);
    void *written = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    say("mprotect", mprotect(written, 4096, PROT_READ | PROT_EXEC));
    void *read = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    say("mprotect-read", mprotect(read, 4096, PROT_READ | PROT_EXEC));
    void *other = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    say("pkey_mprotect", syscall(SYS_pkey_mprotect, other, 4096, PROT_READ | PROT_EXEC, -1));
    say("mdwe", prctl(66 /* PR_GET_MDWE */, 0, 0, 0, 0));
    return 0;
}

/* Looks for a key of that name in the session keyring, and adds one. */
int verb_keys(char **names) {
    say("search", syscall(SYS_keyctl, 10 /* KEYCTL_SEARCH */, -3, "user", names[0], 0) < 0 ? -1 : 0);
    say("add", syscall(SYS_add_key, "user", "caisson-left", "x", 1, -3) < 0 ? -1 : 0);
    return 0;
}

/* CVE-2017-5226 and CVE-2019-10063: the kernel looks at 32 bits of the request, a filter may look at 64. */
int verb_terminal(void) {
    static char letter = 'x';
    static char twelve[12] = {1};
    const long high = (long)0xabcdef0100000000;
    call("TIOCSTI", SYS_ioctl, 0, 0x5412, (long)&letter, 0, 0, 0);
    call("TIOCSTI-high-bits", SYS_ioctl, 0, high | 0x5412, (long)&letter, 0, 0, 0);
    call("TIOCLINUX", SYS_ioctl, 0, 0x541c, (long)twelve, 0, 0, 0);
    call("TIOCLINUX-high-bits", SYS_ioctl, 0, high | 0x541c, (long)twelve, 0, 0, 0);
    call("TCGETS", SYS_ioctl, 0, 0x5401, 1, 0, 0, 0);
    return 0;
}
