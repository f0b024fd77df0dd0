// What Swift cannot import from the C library: variadic functions, macros, and system calls without a wrapper.
// Each function is one call and leaves errno as the kernel set it. Nothing here decides anything.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Linux constants newer than Debian 12's headers (6.1), or hidden behind feature macros. Values: include/uapi.
enum {
    CSN_O_PATH = 010000000,
    CSN_O_TMPFILE = 020200000,
    CSN_AT_EMPTY_PATH = 0x1000,
    CSN_AT_RECURSIVE = 0x8000,
    CSN_AT_SYMLINK_NOFOLLOW = 0x100,
    CSN_RESOLVE_NO_XDEV = 0x01,
    CSN_RESOLVE_NO_MAGICLINKS = 0x02,
    CSN_RESOLVE_NO_SYMLINKS = 0x04,
    CSN_RESOLVE_BENEATH = 0x08,
    CSN_RESOLVE_IN_ROOT = 0x10,
    CSN_OPEN_TREE_CLONE = 1,
    CSN_MOVE_MOUNT_F_EMPTY_PATH = 0x04,
    CSN_MOVE_MOUNT_T_EMPTY_PATH = 0x40,
    CSN_FSCONFIG_SET_FLAG = 0,
    CSN_FSCONFIG_SET_STRING = 1,
    CSN_FSCONFIG_CMD_CREATE = 6,
    CSN_MOUNT_ATTR_RDONLY = 0x01,
    CSN_MOUNT_ATTR_NOSUID = 0x02,
    CSN_MOUNT_ATTR_NODEV = 0x04,
    CSN_MOUNT_ATTR_NOEXEC = 0x08,
    CSN_MOUNT_ATTR_NOATIME = 0x10,
    CSN_MOUNT_ATTR_NOSYMFOLLOW = 0x00200000,
    CSN_MOUNT_ATTR_IDMAP = 0x00100000,
    CSN_MS_PRIVATE = 1 << 18,
    CSN_P_PIDFD = 3,
    CSN_UMOUNT_NOFOLLOW = 8,
    CSN_PR_SET_PDEATHSIG = 1,
    CSN_PR_SET_DUMPABLE = 4,
    CSN_PR_SET_NO_NEW_PRIVS = 38,
    CSN_PR_GET_SPECULATION_CTRL = 52,
    CSN_PR_SET_SPECULATION_CTRL = 53,
    CSN_MFD_CLOEXEC = 1,
    CSN_MFD_ALLOW_SEALING = 2,
    CSN_F_ADD_SEALS = 1033,
    CSN_F_GET_SEALS = 1034,
    CSN_F_SETPIPE_SZ = 1031,
    CSN_SEALS_ALL = 0x0f, // seal, shrink, grow, write
    CSN_CLOSE_RANGE_CLOEXEC = 4,
    CSN_LANDLOCK_CREATE_RULESET_VERSION = 1,
    CSN_LANDLOCK_RULE_PATH_BENEATH = 1,
    CSN_LANDLOCK_RULE_NET_PORT = 2,
    CSN_PR_SET_MDWE = 65,
    CSN_PR_GET_MDWE = 66,
    CSN_TIOCSPTLCK = 0x40045431,
    CSN_TIOCGPTPEER = 0x5441,
    CSN_TIOCSIG = 0x40045436,
    CSN_SIOCSIFFLAGS = 0x8914,
    CSN_SIOCGIFFLAGS = 0x8913,
    CSN_PR_CAPBSET_DROP = 24,
    CSN_PR_CAP_AMBIENT = 47,
    CSN_PR_CAP_AMBIENT_CLEAR_ALL = 4,
};

#define CSN_CLONE_PIDFD 0x00001000ull
#define CSN_CLONE_NEWTIME 0x00000080ull
#define CSN_CLONE_NEWNS 0x00020000ull
#define CSN_CLONE_NEWCGROUP 0x02000000ull
#define CSN_CLONE_NEWUTS 0x04000000ull
#define CSN_CLONE_NEWIPC 0x08000000ull
#define CSN_CLONE_NEWUSER 0x10000000ull
#define CSN_CLONE_NEWPID 0x20000000ull
#define CSN_CLONE_NEWNET 0x40000000ull
#define CSN_CLONE_CLEAR_SIGHAND 0x100000000ull
#define CSN_CLONE_INTO_CGROUP 0x200000000ull

// clone3(2): returns the child's pid to the parent, 0 to the child. cgroup is a directory descriptor or -1.
int csn_clone3(uint64_t flags, int cgroup, int *pidfd);
// A child that makes a network namespace, opens it, and ends. It shares this process's memory and descriptors; one at a time.
int csn_begin_network_namespace(void);
// After the child has ended: what it made, a descriptor; or -1 with its errno, ECHILD if it was killed.
int csn_made_network_namespace(void);
int csn_setns(int fd, int type);
// A child that ends at once in a user namespace of its own, which is there until the child is reaped. It shares this process's
// memory; one at a time.
int csn_hold_user_namespace(void);
int csn_fork(void);
int csn_pipe2(int ends[2], int flags);
const char *csn_errno_name(int number);
// malloc_trim(3), and the same for the stack. For a process of one thread.
void csn_give_back_memory(void);
// malloc_trim(3), for any process.
void csn_give_back_heap(void);
int csn_pidfd_open(int pid);
int csn_pidfd_send_signal(int pidfd, int signal);
int csn_execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags);
int csn_close_range(unsigned first, unsigned last, unsigned flags);
int csn_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
ssize_t csn_readlinkat(int directory, const char *path, void *target, size_t count);
int csn_memfd(const char *name, unsigned flags);
int csn_fcntl(int fd, int command, long argument);
int csn_ioctl_int(int fd, unsigned long request, long argument);
int csn_ioctl_pointer(int fd, unsigned long request, void *argument);
int csn_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
int csn_pivot_root(const char *new_root, const char *put_old);
int csn_open_tree(int directory, const char *path, unsigned flags);
int csn_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags);
int csn_fsopen(const char *type);
int csn_fsconfig(int fd, unsigned command, const char *key, const char *value);
int csn_fsmount(int fd, unsigned attributes);
// propagation is 0 or one of MS_PRIVATE, MS_SLAVE, MS_SHARED; userns is a descriptor or -1.
int csn_mount_setattr(int fd, const char *path, unsigned flags, uint64_t set, uint64_t propagation, int userns);
int csn_seccomp_install(const void *filter, unsigned short count);
int csn_seccomp_action_available(uint32_t action);
// Whether the kernel, or what filters calls here, knows a call: it is made with arguments that are never right.
int csn_has_call(long number);
// Makes a proc file system, for a process in namespaces of its own; 0, or errno.
int csn_try_proc(void);
int csn_landlock_abi(void);
int csn_landlock_create(uint64_t fs, uint64_t net, uint64_t scoped, size_t size);
int csn_landlock_add_path(int ruleset, int parent, uint64_t access);
int csn_landlock_add_port(int ruleset, uint64_t port, uint64_t access);
int csn_landlock_restrict(int ruleset);
int csn_keyctl_join_session(void);
int csn_setresuid(unsigned r, unsigned e, unsigned s);
int csn_setresgid(unsigned r, unsigned e, unsigned s);
int csn_setgroups_empty(void);
int csn_setrlimit(int resource, uint64_t soft, uint64_t hard);
int csn_loopback_up(void);
int csn_send_with_descriptors(int socket, const void *bytes, size_t count, const int *fds, size_t fd_count);
ssize_t csn_receive_with_descriptors(int socket, void *bytes, size_t count, int *fds, size_t capacity, size_t *fd_count);
int csn_peer_uid(int socket, unsigned *uid, int *pid);
int csn_accept(int socket);
// Nanoseconds; a negative timeout waits for ever.
int csn_poll(void *entries, unsigned long count, int64_t timeout);
// CPU time of all reaped children in nanoseconds, or -1.
int64_t csn_children_cpu(void);
// posix_spawn(3) in a new session and process group, with default signals, an empty mask and an empty environment;
// fds[i] becomes descriptor i and nothing else is inherited. Returns the pid, or -1 with errno set.
int csn_spawn(const char *path, char *const argv[], char *const envp[], const int *fds, size_t fd_count, int new_session);
// The same in a session of its own, born in a control group: posix_spawn can't do that before glibc 2.39.
int csn_spawn_into(int cgroup, const char *path, char *const argv[], char *const envp[], const int *fds, size_t fd_count);
int csn_signalfd(const int *signals, size_t count);
// Gives signals 32 and 33 their default action, which sigaction(3) refuses.
int csn_default_reserved_signals(void);
// A whiteout of overlayfs: the character device 0:0, which anybody may make since 5.8.
int csn_make_whiteout(int directory, const char *name);
int csn_random(void *bytes, size_t count);
int64_t csn_file_system_type(int fd);
int csn_wait_exited(int status);
int csn_wait_code(int status);
int csn_wait_signal(int status);
int csn_is_directory(unsigned mode);
int csn_is_regular(unsigned mode);
int csn_is_symlink(unsigned mode);
