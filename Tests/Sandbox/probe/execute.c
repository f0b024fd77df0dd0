#include "probe.h"

/* --- executing */

static int copy(int from, int to) {
    char buffer[65536];
    ssize_t count;
    if (lseek(from, 0, SEEK_SET) < 0) return -1;
    while ((count = read(from, buffer, sizeof buffer)) > 0)
        if (write(to, buffer, (size_t)count) != count) return -1;
    return (int)count;
}

/* Forks and executes; what was executed says so by exit code 42. */
void execute(const char *name, int file, const char *path) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char *arguments[] = {"probe", "exit", "42", NULL};
        if (path) execve(path, arguments, environ);
        else syscall(SYS_execveat, file, "", arguments, environ, AT_EMPTY_PATH);
        say(name, -1);
        _exit(0);
    }
    int status = 0;
    if (waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 42) printf("%s RAN\n", name);
    else if (WIFSIGNALED(status)) printf("%s SIG%s\n", name, sigabbrev_np(WTERMSIG(status)));
    fflush(stdout);
}

static void map(const char *prefix, int file) {
    char name[300];
    snprintf(name, sizeof name, "%s mmap", prefix);
    void *place = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
    say(name, place == MAP_FAILED ? -1 : 0);
    snprintf(name, sizeof name, "%s mprotect", prefix);
    place = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0);
    say(name, place == MAP_FAILED ? -1 : mprotect(place, 4096, PROT_READ | PROT_EXEC));
}

/* A copy of this program in each directory, executed and mapped in every way there is. */
int verb_copies(char **directories) {
    int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (self < 0) { say("self", -1); return 1; }
    for (; *directories; directories++) {
        char path[4096], name[5000], link[64];
        snprintf(path, sizeof path, "%s/probe-copy", *directories);
        int file = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0755);
        snprintf(name, sizeof name, "%s copy", *directories);
        if (file < 0 || copy(self, file)) { say(name, -1); continue; }
        say(name, 0);
        close(file);
        file = open(path, O_RDONLY | O_CLOEXEC);
        snprintf(link, sizeof link, "/proc/self/fd/%d", file);
        snprintf(name, sizeof name, "%s execve", *directories);
        execute(name, -1, path);
        snprintf(name, sizeof name, "%s execveat", *directories);
        execute(name, file, NULL);
        snprintf(name, sizeof name, "%s proc-fd", *directories);
        execute(name, -1, link);
        map(*directories, file);
        close(file);
    }
    int memory = (int)syscall(SYS_memfd_create, "copy", MFD_CLOEXEC);
    if (memory < 0) say("memfd memfd_create", -1);
    else if (copy(self, memory) == 0) {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", memory);
        execute("memfd execveat", memory, NULL);
        execute("memfd proc-fd", -1, link);
        map("memfd", memory);
    }
    return 0;
}

/* Reads paths from standard input; tells which can be opened, executed, or given to the loader named first. */
int verb_reach(char **loaders) {
    static char path[4096];
    int none = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fgets(path, sizeof path, stdin)) {
        path[strcspn(path, "\n")] = 0;
        int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (file >= 0) { printf("open %s\n", path); close(file); }
        else if (errno != ENOENT && errno != EACCES) printf("open-%s %s\n", strerrorname_np(errno), path);
        for (char **loader = loaders - 1; loader == loaders - 1 || *loader; loader++) {
            int direct = loader == loaders - 1;
            int status = 0;
            fflush(stdout);
            pid_t child = fork();
            if (child == 0) {
                char *arguments[] = {direct ? path : *loader, direct ? "--version" : "--verify", direct ? NULL : path, NULL};
                char *nothing[] = {NULL};
                if (syscall(SYS_dup3, none, 0, 0) < 0 || syscall(SYS_dup3, none, 2, 0) < 0) _exit(99);
                alarm(5);
                int output = dup(1);
                fcntl(output, F_SETFD, FD_CLOEXEC);
                syscall(SYS_dup3, none, 1, 0);
                execve(arguments[0], arguments, nothing);
                dprintf(output, "%s%s-%s %s\n", direct ? "execve" : "loader", "", strerrorname_np(errno), path);
                _exit(98);
            }
            waitpid(child, &status, 0);
            int failed = WIFEXITED(status) && WEXITSTATUS(status) == 98;
            /* ld.so --verify: 0 and 2 mean that it read the file; 1 that it could not, or that it is no object. */
            int reached = direct ? !failed : !failed && !(WIFEXITED(status) && WEXITSTATUS(status) == 1);
            if (reached) printf("%s %s\n", direct ? "EXECUTED" : "LOADED", path);
        }
    }
    puts("done");
    return 0;
}
