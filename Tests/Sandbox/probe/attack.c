#include "probe.h"

/* --- what scripts/attack tries: each leaves a trace on the host where it works, and nowhere else */

int verb_cat(char **paths) {
    char buffer[4096];
    for (; *paths; paths++) {
        int file = open(*paths, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        for (ssize_t count; file >= 0 && (count = read(file, buffer, sizeof buffer)) > 0;) fwrite(buffer, 1, (size_t)count, stdout);
        if (file >= 0) close(file);
    }
    return 0;
}

/* Everything that can be read through a descriptor that nobody gave it. */
int verb_descriptors(void) {
    char buffer[4096], path[64];
    for (int number = 3; number < 256; number++) {
        ssize_t count = pread(number, buffer, sizeof buffer, 0);
        if (count > 0) fwrite(buffer, 1, (size_t)count, stdout);
        snprintf(path, sizeof path, "/proc/self/fd/%d/secret", number);
        char *both[] = {path, NULL};
        verb_cat(both);
    }
    return 0;
}

int verb_kill(char **pids) {
    for (; *pids; pids++) say(*pids, kill(atoi(*pids), SIGKILL));
    return 0;
}

/* A copy of itself at a place of its own, executed: directly, by descriptor, and from memory. */
int verb_own_program(char **words) {
    int self = open("/proc/self/exe", O_RDONLY), copy = open(words[0], O_RDWR | O_CREAT | O_TRUNC, 0755);
    int memory = (int)syscall(SYS_memfd_create, "x", 0);
    char buffer[65536];
    for (ssize_t count; self >= 0 && (count = read(self, buffer, sizeof buffer)) > 0;)
        if (write(copy, buffer, (size_t)count) < 0 && write(memory, buffer, (size_t)count) < 0) break;
    if (copy >= 0) close(copy);
    char *arguments[] = {words[0], "touch", "w", words[1], NULL};
    if (fork() == 0) { execv(words[0], arguments); _exit(1); }
    if (memory >= 0 && fork() == 0) { syscall(SYS_execveat, memory, "", arguments, environ, AT_EMPTY_PATH); _exit(1); }
    while (wait(NULL) > 0) {}
    return 0;
}

/* Letters into the terminal that the caller reads. */
int verb_push(char **words) {
    for (int file = 0; file < 3; file++)
        for (char *letter = words[0]; *letter; letter++) ioctl(file, TIOCSTI, letter);
    int terminal = open("/dev/tty", O_RDWR);
    for (char *letter = words[0]; terminal >= 0 && *letter; letter++) ioctl(terminal, TIOCSTI, letter);
    return 0;
}

/* A name of the host that only its own system calls can reach: a mount in a namespace of its own. */
int verb_nested(char **words) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS)) { say("unshare", -1); return 0; }
    say("mount", syscall(SYS_mount, "none", words[0], "tmpfs", 0, 0));
    printf("nested\n");
    return 0;
}
