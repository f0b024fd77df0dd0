/* Runs a program on what looks to it like another kernel: one that lacks a system call, answers it otherwise, or only says
 * that it has done something.
 *
 *   kernel [log=FILE] [quick] [RULE...] -- PROGRAM [ARG...]
 *
 * The FILE gets a line for each call that a rule applied to, and one with what it answered. `quick`: only the calls that rules name are stopped at, by a
 * filter that every process has beside its own. A RULE is words with commas between them; those of the
 * first kind say which calls it applies to, those of the second what becomes of them:
 *
 *   who=ROLE      only those of one process: front (what runs in the namespaces of the caller and is no airlock), monitor,
 *                 init (PID 1 of a sandbox), task (PID 2 or 3: PID 2 may have
 *                 made the network namespace)
 *   nr=NUMBER     one call; without it, every call
 *   ifN=VALUE     only where argument N is VALUE
 *   textN=TEXT    only where argument N points to TEXT; startN=TEXT: to something that begins with it
 *   nth=COUNT     only the COUNT-th of these calls
 *
 *   return=VALUE  the call is not made, and answers so; -38 is ENOSYS
 *   to=NUMBER     another call is made instead, with the same arguments but for:
 *   copyN=OTHER   argument N is what argument OTHER was
 *   setN=VALUE    argument N is VALUE
 *   pokeN+BYTES=VALUE   the 64 bits that far behind the pointer in argument N are VALUE
 *
 * Works by ptrace(2), on x86-64, as any user, and needs nothing of the programs. Everything ends with it. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 64

struct rule {
    char who[16];
    long number, nth, seen;
    int has_return, has_to;
    long answer, to;
    uint8_t conditions, changes, copies;
    int copied[6];
    int place, starts;
    char text[32];
    unsigned long condition[6], change[6];
    int pokes;
    struct { int argument; long offset; unsigned long value; } poke[8];
};

static struct rule rules[MOST];
static int count, quick;
static FILE *log_file;

static void fail(const char *what) {
    fprintf(stderr, "kernel: %s: %s\n", what, strerror(errno));
    exit(99);
}

static void parse(char *text) {
    struct rule *rule = &rules[count++];
    if (count > MOST) { errno = E2BIG; fail(text); }
    rule->number = -1;
    for (char *word = strtok(text, ","); word; word = strtok(NULL, ",")) {
        char *equals = strchr(word, '=');
        if (!equals) { errno = EINVAL; fail(word); }
        unsigned long value = strtoul(equals + 1, NULL, 0);
        int argument = 0;
        long offset = 0;
        if (!strncmp(word, "who=", 4)) snprintf(rule->who, sizeof rule->who, "%s", equals + 1);
        else if (!strncmp(word, "nr=", 3)) rule->number = (long)value;
        else if (!strncmp(word, "nth=", 4)) rule->nth = (long)value;
        else if (!strncmp(word, "return=", 7)) rule->has_return = 1, rule->answer = (long)value;
        else if (!strncmp(word, "to=", 3)) rule->has_to = 1, rule->to = (long)value;
        else if ((sscanf(word, "text%d=", &argument) == 1 || sscanf(word, "start%d=", &argument) == 1) && argument < 6)
            rule->starts = word[0] == 's', rule->place = argument, snprintf(rule->text, sizeof rule->text, "%s", equals + 1);
        else if (sscanf(word, "if%d=", &argument) == 1 && argument < 6)
            rule->conditions |= (uint8_t)(1 << argument), rule->condition[argument] = value;
        else if (sscanf(word, "set%d=", &argument) == 1 && argument < 6)
            rule->changes |= (uint8_t)(1 << argument), rule->change[argument] = value;
        else if (sscanf(word, "poke%d+%ld=", &argument, &offset) == 2 && argument < 6 && rule->pokes < 8) {
            rule->poke[rule->pokes].argument = argument;
            rule->poke[rule->pokes].offset = offset;
            rule->poke[rule->pokes++].value = value;
        } else if (sscanf(word, "copy%d=", &argument) == 1 && argument < 6 && value < 6)
            rule->copies |= (uint8_t)(1 << argument), rule->copied[argument] = (int)value;
        else { errno = EINVAL; fail(word); }
    }
}

#if defined __x86_64__

/* Who a process is, by the PID namespaces that it is in and by its name. */
static const char *role(pid_t pid) {
    char path[64], line[256], name[32] = "";
    int depth = 0, last = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "re");
    if (!file) return "";
    while (fgets(line, sizeof line, file)) {
        if (!strncmp(line, "Name:", 5)) sscanf(line + 5, "%31s", name);
        if (strncmp(line, "NSpid:", 6)) continue;
        for (char *word = strtok(line + 6, " \t\n"); word; word = strtok(NULL, " \t\n")) depth++, last = atoi(word);
    }
    fclose(file);
    if (depth > 1) return last == 1 ? "init" : last == 2 || last == 3 ? "task" : "other";
    return !strcmp(name, "caisson-airlock") ? "monitor" : "front";
}

static unsigned long *argument(struct user_regs_struct *registers, int place) {
    switch (place) {
        case 0: return (unsigned long *)&registers->rdi;
        case 1: return (unsigned long *)&registers->rsi;
        case 2: return (unsigned long *)&registers->rdx;
        case 3: return (unsigned long *)&registers->r10;
        case 4: return (unsigned long *)&registers->r8;
        default: return (unsigned long *)&registers->r9;
    }
}

static int says(pid_t pid, unsigned long place, const char *text, int starts) {
    char found[sizeof rules->text + sizeof(long)] = "";
    for (size_t done = 0; done < strlen(text) + !starts; done += sizeof(long)) {
        errno = 0;
        long piece = ptrace(PTRACE_PEEKDATA, pid, place + done, NULL);
        if (errno) return 0;
        memcpy(found + done, &piece, sizeof piece);
    }
    return starts ? !strncmp(found, text, strlen(text)) : !strcmp(found, text);
}

static int applies(struct rule *rule, pid_t pid, struct user_regs_struct *registers) {
    if (rule->number >= 0 && rule->number != (long)registers->orig_rax) return 0;
    for (int i = 0; i < 6; i++)
        if (rule->conditions & 1 << i && *argument(registers, i) != rule->condition[i]) return 0;
    if (*rule->text && !says(pid, *argument(registers, rule->place), rule->text, rule->starts)) return 0;
    if (*rule->who && strcmp(rule->who, role(pid))) return 0;
    return !rule->nth || ++rule->seen == rule->nth;
}

static void tell(pid_t pid, struct user_regs_struct *r) {
    if (!log_file) return;
    fprintf(log_file, "%s %lld %#llx %#llx %#llx\n", role(pid), (long long)r->orig_rax, r->rdi, r->rsi, r->rdx);
    fflush(log_file);
}

/* The calls that rules apply to, until they have returned, and what they will answer, where a rule says so. */
static struct { pid_t pid; int has_answer; long answer; } pending[MOST];

static void await(pid_t pid, int has_answer, long answer) {
    int free = 0;
    while (free < MOST - 1 && pending[free].pid && pending[free].pid != pid) free++;
    pending[free].pid = pid;
    pending[free].has_answer = has_answer;
    pending[free].answer = answer;
}

static void enter(pid_t pid) {
    struct user_regs_struct registers;
    if (ptrace(PTRACE_GETREGS, pid, NULL, &registers)) return;
    for (struct rule *rule = rules; rule < rules + count; rule++) {
        if (!applies(rule, pid, &registers)) continue;
        tell(pid, &registers);
        for (int i = 0; i < rule->pokes; i++) {
            unsigned long place = *argument(&registers, rule->poke[i].argument) + (unsigned long)rule->poke[i].offset;
            if (ptrace(PTRACE_POKEDATA, pid, place, rule->poke[i].value)) fail("poke");
        }
        const struct user_regs_struct before = registers;
        for (int i = 0; i < 6; i++)
            if (rule->copies & 1 << i)
                *argument(&registers, i) = *argument((struct user_regs_struct *)&before, rule->copied[i]);
        for (int i = 0; i < 6; i++)
            if (rule->changes & 1 << i) *argument(&registers, i) = rule->change[i];
        if (rule->has_to) registers.orig_rax = (unsigned long)rule->to;
        if (rule->has_return && quick) {
            registers.orig_rax = (unsigned long)-1;
            registers.rax = (unsigned long)rule->answer;
        } else if (rule->has_return) registers.orig_rax = (unsigned long)-1;
        if (!quick) await(pid, rule->has_return, rule->answer);
        ptrace(PTRACE_SETREGS, pid, NULL, &registers);
        return;
    }
}

static void leave(pid_t pid) {
    struct user_regs_struct registers;
    for (int i = 0; i < MOST; i++) {
        if (pending[i].pid != pid) continue;
        pending[i].pid = 0;
        if (ptrace(PTRACE_GETREGS, pid, NULL, &registers)) return;
        if (pending[i].has_answer) registers.rax = (unsigned long)pending[i].answer;
        if (log_file) fprintf(log_file, "= %lld\n", (long long)registers.rax), fflush(log_file);
        if (pending[i].has_answer) ptrace(PTRACE_SETREGS, pid, NULL, &registers);
    }
}

static void stopped(pid_t pid, int status) {
    int sent = WSTOPSIG(status), event = status >> 16;
    if (sent == (SIGTRAP | 0x80)) {
        struct __ptrace_syscall_info info;
        if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) > 0) {
            if (info.op == PTRACE_SYSCALL_INFO_ENTRY) enter(pid);
            else if (info.op == PTRACE_SYSCALL_INFO_EXIT) leave(pid);
        }
        sent = 0;
    } else if (event == PTRACE_EVENT_STOP) {
        if (sent == SIGSTOP || sent == SIGTSTP || sent == SIGTTIN || sent == SIGTTOU) {
            ptrace(PTRACE_LISTEN, pid, NULL, NULL);
            return;
        }
        sent = 0;
    } else if (event == PTRACE_EVENT_SECCOMP) {
        enter(pid);
        sent = 0;
    } else if (event) sent = 0;
    ptrace(quick ? PTRACE_CONT : PTRACE_SYSCALL, pid, NULL, sent);
}

/* Stops at each call that a rule names. */
static void filter(void) {
    static struct sock_filter program[2 * MOST + 2] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
    unsigned short length = 1;
    for (struct rule *rule = rules; rule < rules + count; rule++) {
        program[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)rule->number, 0, 1);
        program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    }
    program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog all = {length, program};
    if (geteuid() && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail("prctl");
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &all)) fail("seccomp");
}

static int run(char **words) {
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
        PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL | (quick ? PTRACE_O_TRACESECCOMP : 0);
    int gate[2], status, code = 99;
    if (pipe(gate)) fail("pipe");
    pid_t child = fork(), pid;
    if (child < 0) fail("fork");
    if (child == 0) {
        char byte;
        close(gate[1]);
        if (read(gate[0], &byte, 1) < 0) fail("read");
        close(gate[0]);
        if (quick) filter();
        execv(words[0], words);
        fail(words[0]);
    }
    if (ptrace(PTRACE_SEIZE, child, NULL, options)) fail("ptrace");
    /* Stopped once, it goes on from system call to system call. */
    if (ptrace(PTRACE_INTERRUPT, child, NULL, NULL)) fail("ptrace");
    close(gate[0]);
    close(gate[1]);
    while ((pid = waitpid(-1, &status, __WALL)) > 0) {
        if (WIFSTOPPED(status)) stopped(pid, status);
        else if (pid == child) code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return code;
}

#else

static int run(char **words) {
    fprintf(stderr, "kernel: %s: only on x86-64\n", words[0]);
    return 99;
}

#endif

int main(int total, char **words) {
    int place = 1;
    for (; place < total && strcmp(words[place], "--"); place++) {
        if (!strcmp(words[place], "quick")) quick = 1;
        else if (strncmp(words[place], "log=", 4)) parse(words[place]);
        else if (!(log_file = fopen(words[place] + 4, "ae"))) fail(words[place]);
    }
    if (place + 1 >= total) { errno = EINVAL; fail("no program"); }
    return run(words + place + 1);
}
