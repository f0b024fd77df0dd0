#include "probe.h"

void say(const char *name, long result) {
    if (result < 0) printf("%s %s\n", name, strerrorname_np(errno) ? strerrorname_np(errno) : "E?");
    else if (result == 0) printf("%s ok\n", name);
    else printf("%s %ld\n", name, result);
    fflush(stdout);
}

/* A call in a child, so that its effect (a namespace, a trace, a death) stays there. Kernel numbers above what the C
 * library knows are given literally. */
void call(const char *name, long number, long a, long b, long c, long d, long e, long f) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        errno = 0;
        long result = syscall(number, a, b, c, d, e, f);
        if (result > 0) result = 0;
        say(name, result);
        _exit(0);
    }
    int status;
    if (child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status)) {
        printf("%s SIG%s\n", name, sigabbrev_np(WTERMSIG(status)));
        fflush(stdout);
    }
}

#define VERB(name, expression) if (!strcmp(verb, name)) return expression

int main(int count, char **words) {
    if (count < 2) return 2;
    const char *verb = words[1];
    char **rest = words + 2;
    /* Says that it runs before it does anything: who looks for a trace of it has to know. */
    VERB("attempt", (puts(rest[0]), fflush(stdout), main(count - 2, words + 2)));
    VERB("exit", atoi(rest[0]));
    VERB("signal", (signal(atoi(rest[0]), SIG_DFL), raise(atoi(rest[0])), 0));
    VERB("syscalls", verb_syscalls());
    VERB("int80", verb_int80());
    VERB("x32", verb_x32());
    VERB("terminal", verb_terminal());
    VERB("memory-wx", verb_memory_wx());
    VERB("keys", verb_keys(rest));
    VERB("setid", verb_setid(rest));
    VERB("copies", verb_copies(rest));
    VERB("reach", verb_reach(rest));
    VERB("families", verb_families());
    VERB("tcp", verb_tcp(rest));
    VERB("udp", verb_udp(rest));
    VERB("abstract", local("abstract", rest[0], 1));
    VERB("path", local("path", rest[0], 0));
    VERB("echo", verb_echo());
    VERB("linger", verb_linger(rest));
    VERB("bomb", verb_bomb(rest));
    VERB("files", verb_files());
    VERB("size", verb_size(rest));
    VERB("processes", verb_processes());
    VERB("memory", verb_memory(rest));
    VERB("directory", (say("mkdir", mkdir(rest[0], 0755)), 0));
    VERB("spin", verb_spin(rest));
    VERB("crash", verb_crash());
    VERB("flood", verb_flood(rest));
    VERB("count", verb_count());
    VERB("lines", verb_lines(rest));
    VERB("cat", verb_cat(rest));
    VERB("descriptors", verb_descriptors());
    VERB("kill", verb_kill(rest));
    VERB("own-program", verb_own_program(rest));
    VERB("append", verb_append(rest));
    VERB("append-to-self", verb_append_to_self(rest));
    VERB("request-kill", verb_request_kill(rest));
    VERB("foreign", verb_foreign(rest));
    VERB("flood-told", verb_flood_told(rest));
    VERB("push", verb_push(rest));
    VERB("nested", verb_nested(rest));
    VERB("signals", verb_signals());
    VERB("identity", verb_identity());
    VERB("environment", verb_environment());
    VERB("arguments", verb_arguments(rest));
    VERB("touch", verb_touch(rest));
    VERB("tamper", verb_tamper(rest));
    VERB("list", verb_list(rest));
    VERB("fill", verb_fill(rest));
    VERB("pause", (puts("ready"), fflush(stdout), stay(), 0));
    VERB("execute", (execute("execute", -1, rest[0]), 0));
    VERB("sleep", (sleep((unsigned)atoi(rest[0])), 0));
    VERB("say", (printf("%s", rest[0]), fflush(stdout), 0));
    return 2;
}
