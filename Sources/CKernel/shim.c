#define _GNU_SOURCE
#include "CKernel.h"
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdint.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Numbers that are the same on every architecture since 424 (asm-generic), for headers that lack them.
#define NR_pidfd_send_signal 424
#define NR_open_tree 428
#define NR_move_mount 429
#define NR_fsopen 430
#define NR_fsconfig 431
#define NR_fsmount 432
#define NR_pidfd_open 434
#define NR_clone3 435
#define NR_close_range 436
#define NR_openat2 437
#define NR_mount_setattr 442
#define NR_landlock_create_ruleset 444
#define NR_landlock_add_rule 445
#define NR_landlock_restrict_self 446

// struct clone_args of linux/sched.h, its own copy: the C library has no wrapper for clone3.
struct clone_arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

int csn_clone3(uint64_t flags, int cgroup, int *pidfd) {
    struct clone_arguments arguments;
    memset(&arguments, 0, sizeof arguments);
    arguments.flags = flags | CSN_CLONE_PIDFD | (cgroup >= 0 ? CSN_CLONE_INTO_CGROUP : 0);
    arguments.pidfd = (uint64_t)(uintptr_t)pidfd;
    arguments.exit_signal = SIGCHLD;
    arguments.cgroup = cgroup >= 0 ? (uint64_t)cgroup : 0;
    return (int)syscall(NR_clone3, &arguments, sizeof arguments);
}

// The stack of the holder. It shares everything else with this process: there is nothing to copy and nothing to tear down.
static char holder_stack[4096] __attribute__((aligned(16)));

// It ends at once. What has ended keeps its credentials, and with them its user namespace, until it is reaped
// (kernel/exit.c, release_task): nothing runs that somebody could stop or that could outlive this process.
static int hold(void *unused) {
    (void)unused;
    return 0;
}

int csn_hold_user_namespace(void) {
    return clone(hold, holder_stack + sizeof holder_stack, (int)CSN_CLONE_NEWUSER | CLONE_VM | SIGCHLD, NULL);
}

// Zero, then a descriptor or the negative errno, written by the child. No descriptor is 0: that is /dev/null.
static int network_state;
static char network_stack[4096] __attribute__((aligned(16)));

static int make_network(void *unused) {
    (void)unused;
    int made = unshare((int)CSN_CLONE_NEWNET);
    // By descriptor, because a process that has changed its user may not ask another one for its namespaces.
    if (made == 0) made = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    __atomic_store_n(&network_state, made < 0 ? -errno : made, __ATOMIC_SEQ_CST);
    return 0;
}

int csn_begin_network_namespace(void) {
    network_state = 0;
    return clone(make_network, network_stack + sizeof network_stack, CLONE_VM | CLONE_FILES | SIGCHLD, NULL);
}

int csn_made_network_namespace(void) {
    int state = __atomic_load_n(&network_state, __ATOMIC_SEQ_CST);
    if (state > 0) return state;
    errno = state < 0 ? -state : ECHILD;
    return -1;
}

int csn_setns(int fd, int type) { return setns(fd, type); }

int csn_fork(void) { return fork(); }
int csn_pipe2(int ends[2], int flags) { return pipe2(ends, flags); }
const char *csn_errno_name(int number) { return strerrorname_np(number); }
void csn_give_back_heap(void) { malloc_trim(0); }

void csn_give_back_memory(void) {
    csn_give_back_heap();
    // What earlier calls used of the stack: everything below this frame, a page apart from it.
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), end = ((uintptr_t)&page & -page) - page;
    madvise((void *)(end - 24 * page), 24 * page, MADV_DONTNEED);
}
int csn_pidfd_open(int pid) { return (int)syscall(NR_pidfd_open, pid, 0); }
int csn_pidfd_send_signal(int pidfd, int signal) { return (int)syscall(NR_pidfd_send_signal, pidfd, signal, NULL, 0); }

int csn_execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags) {
    return (int)syscall(SYS_execveat, fd, path, argv, envp, flags);
}

int csn_close_range(unsigned first, unsigned last, unsigned flags) {
    return (int)syscall(NR_close_range, first, last, flags);
}

int csn_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct { uint64_t flags, mode, resolve; } how = {flags, mode, resolve};
    return (int)syscall(NR_openat2, directory, path, &how, sizeof how);
}

ssize_t csn_readlinkat(int directory, const char *path, void *target, size_t count) {
    return readlinkat(directory, path, target, count);
}

int csn_memfd(const char *name, unsigned flags) { return memfd_create(name, flags); }
int csn_fcntl(int fd, int command, long argument) { return fcntl(fd, command, argument); }
int csn_ioctl_int(int fd, unsigned long request, long argument) { return ioctl(fd, request, argument); }
int csn_ioctl_pointer(int fd, unsigned long request, void *argument) { return ioctl(fd, request, argument); }

int csn_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
    return prctl(option, a, b, c, d);
}

int csn_pivot_root(const char *new_root, const char *put_old) { return (int)syscall(SYS_pivot_root, new_root, put_old); }

int csn_open_tree(int directory, const char *path, unsigned flags) {
    return (int)syscall(NR_open_tree, directory, path, flags | O_CLOEXEC);
}

int csn_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags) {
    return (int)syscall(NR_move_mount, from, from_path, to, to_path, flags);
}

int csn_fsopen(const char *type) { return (int)syscall(NR_fsopen, type, 1 /* FSOPEN_CLOEXEC */); }

int csn_fsconfig(int fd, unsigned command, const char *key, const char *value) {
    return (int)syscall(NR_fsconfig, fd, command, key, value, 0);
}

int csn_fsmount(int fd, unsigned attributes) { return (int)syscall(NR_fsmount, fd, 1 /* FSMOUNT_CLOEXEC */, attributes); }

int csn_mount_setattr(int fd, const char *path, unsigned flags, uint64_t set, uint64_t propagation, int userns) {
    struct { uint64_t set, clear, propagation, userns; } attributes = {set, 0, propagation, userns >= 0 ? (uint64_t)userns : 0};
    return (int)syscall(NR_mount_setattr, fd, path, flags, &attributes, sizeof attributes);
}

int csn_seccomp_install(const void *filter, unsigned short count) {
    struct sock_fprog program = {count, (struct sock_filter *)filter};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

int csn_seccomp_action_available(uint32_t action) {
    return (int)syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
}

int csn_has_call(long number) { return syscall(number, -1L, 0L, 0L, 0L, 0L, 0L) >= 0 || errno != ENOSYS; }

int csn_try_proc(void) {
    int context = csn_fsopen("proc");
    if (context < 0 || csn_fsconfig(context, 6 /* FSCONFIG_CMD_CREATE */, NULL, NULL) < 0) return errno;
    return csn_fsmount(context, 0xf /* read-only, nosuid, nodev, noexec */) < 0 ? errno : 0;
}

int csn_landlock_abi(void) {
    return (int)syscall(NR_landlock_create_ruleset, NULL, 0, CSN_LANDLOCK_CREATE_RULESET_VERSION);
}

int csn_landlock_create(uint64_t fs, uint64_t net, uint64_t scoped, size_t size) {
    uint64_t attributes[3] = {fs, net, scoped};
    return (int)syscall(NR_landlock_create_ruleset, attributes, size, 0);
}

int csn_landlock_add_path(int ruleset, int parent, uint64_t access) {
    struct __attribute__((packed)) { uint64_t access; int32_t parent; } rule = {access, parent};
    return (int)syscall(NR_landlock_add_rule, ruleset, CSN_LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

int csn_landlock_add_port(int ruleset, uint64_t port, uint64_t access) {
    uint64_t rule[2] = {access, port};
    return (int)syscall(NR_landlock_add_rule, ruleset, CSN_LANDLOCK_RULE_NET_PORT, rule, 0);
}

int csn_landlock_restrict(int ruleset) { return (int)syscall(NR_landlock_restrict_self, ruleset, 0); }
int csn_keyctl_join_session(void) { return (int)syscall(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL); }

// The raw calls: glibc's wrappers would walk all threads, and there is one.
int csn_setresuid(unsigned r, unsigned e, unsigned s) { return (int)syscall(SYS_setresuid, r, e, s); }
int csn_setresgid(unsigned r, unsigned e, unsigned s) { return (int)syscall(SYS_setresgid, r, e, s); }
int csn_setgroups_empty(void) { return (int)syscall(SYS_setgroups, 0, NULL); }

int csn_setrlimit(int resource, uint64_t soft, uint64_t hard) {
    struct rlimit limit = {soft, hard};
    return setrlimit(resource, &limit);
}

int csn_loopback_up(void) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    struct ifreq request;
    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, "lo", 3);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    int result = ioctl(fd, CSN_SIOCSIFFLAGS, &request);
    int saved = errno;
    close(fd);
    errno = saved;
    return result;
}

// SCM_MAX_FD of include/net/scm.h.
enum { MOST_DESCRIPTORS = 253 };

int csn_send_with_descriptors(int socket, const void *bytes, size_t count, const int *fds, size_t fd_count) {
    struct iovec vector = {(void *)bytes, count};
    union { char bytes[CMSG_SPACE(MOST_DESCRIPTORS * sizeof(int))]; struct cmsghdr align; } control;
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (fd_count > MOST_DESCRIPTORS) { errno = EINVAL; return -1; }
    if (fd_count > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        memcpy(CMSG_DATA(header), fds, fd_count * sizeof(int));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

ssize_t csn_receive_with_descriptors(int socket, void *bytes, size_t count, int *fds, size_t capacity, size_t *fd_count) {
    struct iovec vector = {bytes, count};
    union { char bytes[CMSG_SPACE(MOST_DESCRIPTORS * sizeof(int))]; struct cmsghdr align; } control;
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    *fd_count = 0;
    // With MSG_TRUNC the result is the message's real length, however little of it fits.
    ssize_t got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_TRUNC);
    if (got < 0) return got;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t found = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < found; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
            if (*fd_count < capacity) fds[(*fd_count)++] = fd;
            else close(fd);
        }
    }
    return got;
}

int csn_peer_uid(int socket, unsigned *uid, int *pid) {
    struct ucred credentials;
    socklen_t size = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0) return -1;
    *uid = credentials.uid;
    *pid = credentials.pid;
    return 0;
}

int csn_accept(int socket) { return accept4(socket, NULL, NULL, SOCK_CLOEXEC); }

int csn_poll(void *entries, unsigned long count, int64_t timeout) {
    struct timespec time = {timeout / 1000000000, timeout % 1000000000};
    return ppoll((struct pollfd *)entries, count, timeout < 0 ? NULL : &time, NULL);
}

int64_t csn_children_cpu(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_CHILDREN, &usage) < 0) return -1;
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000
        + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

int csn_spawn(const char *path, char *const argv[], char *const envp[], const int *fds, size_t fd_count, int new_session) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    pid_t pid = -1;
    sigemptyset(&none);
    sigfillset(&all);
    int failure = posix_spawn_file_actions_init(&actions);
    if (failure) { errno = failure; return -1; }
    failure = posix_spawnattr_init(&attributes);
    // A new session is a new process group as well.
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (new_session ? POSIX_SPAWN_SETSID : 0);
    if (!failure) failure = posix_spawnattr_setflags(&attributes, flags);
    if (!failure) failure = posix_spawnattr_setsigmask(&attributes, &none);
    if (!failure) failure = posix_spawnattr_setsigdefault(&attributes, &all);
    for (size_t i = 0; i < fd_count && !failure; i++)
        failure = posix_spawn_file_actions_adddup2(&actions, fds[i], (int)i);
    if (!failure) failure = posix_spawn_file_actions_addclosefrom_np(&actions, (int)fd_count);
    if (!failure) failure = posix_spawn(&pid, path, &actions, &attributes, argv, envp);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failure) { errno = failure; return -1; }
    return pid;
}

// What the child of csn_spawn_into does, with the caller's memory as it was: nothing here allocates or takes a lock.
static void become(const char *path, char *const argv[], char *const envp[], const int *fds, size_t fd_count, int report) {
    struct sigaction action;
    sigset_t none;
    memset(&action, 0, sizeof action);
    sigemptyset(&none);
    for (int number = 1; number < 65; number++) sigaction(number, &action, NULL);
    int failed = setsid() < 0;
    for (size_t i = 0; i < fd_count && !failed; i++) failed = dup2(fds[i], (int)i) < 0;
    failed = failed || syscall(NR_close_range, (unsigned)fd_count, ~0u, CLOSE_RANGE_CLOEXEC) < 0;
    if (!failed && sigprocmask(SIG_SETMASK, &none, NULL) == 0) execve(path, argv, envp);
    int error = errno;
    _exit(write(report, &error, sizeof error) == sizeof error ? 127 : 126);
}

int csn_spawn_into(int cgroup, const char *path, char *const argv[], char *const envp[], const int *fds, size_t fd_count) {
    sigset_t all, before;
    int ends[2], pidfd = -1, error = 0;
    if (pipe2(ends, O_CLOEXEC) < 0) return -1;
    int report = fcntl(ends[1], F_DUPFD_CLOEXEC, 64 + (int)fd_count);
    close(ends[1]);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int pid = report < 0 ? -1 : csn_clone3(CLONE_VFORK, cgroup, &pidfd);
    if (pid == 0) become(path, argv, envp, fds, fd_count, report);
    error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report);
    if (pid > 0) {
        close(pidfd);
        if (read(ends[0], &error, sizeof error) != sizeof error) error = 0;
        if (error) waitpid(pid, NULL, 0);
    }
    close(ends[0]);
    if (pid > 0 && !error) return pid;
    errno = error;
    return -1;
}

int csn_signalfd(const int *signals, size_t count) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < count; i++) sigaddset(&set, signals[i]);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0) return -1;
    return signalfd(-1, &set, SFD_CLOEXEC);
}

int csn_default_reserved_signals(void) {
    // The kernel's struct sigaction on any architecture: handler, flags, and more; all of it zero is SIG_DFL.
    const unsigned long none[8] = {0};
    for (int number = 32; number <= 33; number++)
        if (syscall(SYS_rt_sigaction, number, none, NULL, 8) < 0) return -1;
    return 0;
}

int csn_make_whiteout(int directory, const char *name) { return mknodat(directory, name, S_IFCHR, 0); }
int csn_random(void *bytes, size_t count) { return getrandom(bytes, count, 0) == (ssize_t)count ? 0 : -1; }

int64_t csn_file_system_type(int fd) {
    struct statfs information;
    return fstatfs(fd, &information) < 0 ? -1 : (int64_t)(information.f_type & 0xffffffff);
}

int csn_wait_exited(int status) { return WIFEXITED(status); }
int csn_wait_code(int status) { return WEXITSTATUS(status); }
int csn_wait_signal(int status) { return WTERMSIG(status); }
int csn_is_directory(unsigned mode) { return S_ISDIR(mode); }
int csn_is_regular(unsigned mode) { return S_ISREG(mode); }
int csn_is_symlink(unsigned mode) { return S_ISLNK(mode); }
