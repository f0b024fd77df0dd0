#include "probe.h"

/* --- streams and signals */

int verb_flood(char **words) {
    long left = atol(words[0]);
    int target = words[1] ? atoi(words[1]) : 1;
    static uint64_t block[8192];
    uint64_t state = 88172645463325252u;
    while (left > 0) {
        for (int i = 0; i < 8192; i++) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            block[i] = state;
        }
        size_t size = left < (long)sizeof block ? (size_t)left : sizeof block;
        for (size_t done = 0; done < size;) {
            ssize_t count = write(target, (char *)block + done, size - done);
            if (count < 0) return 3;
            done += (size_t)count;
        }
        left -= (long)size;
    }
    return 0;
}

/* flood-told COUNT FILE: a flood to standard output, whose length until now is that of FILE, in KiB. */
int verb_flood_told(char **words) {
    static char block[65536];
    int file = open(words[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    for (long left = atol(words[0]) / (long)sizeof block; left > 0; left--) {
        for (size_t done = 0; done < sizeof block;) {
            ssize_t count = write(1, block + done, sizeof block - done);
            if (count < 0) return 3;
            done += (size_t)count;
        }
        if (write(file, block, sizeof block / 1024) < 0) return 4;
    }
    return 0;
}

/* lines COUNT PAUSE WORD: COUNT lines whose text follows from their numbers, every third on standard error, so that whoever
 * reads them later knows what is missing; PAUSE microseconds between them. WORD only marks the process. */
int verb_lines(char **words) {
    long count = atol(words[0]), pause = atol(words[1]);
    char line[256];
    for (long number = 0; number < count; number++) {
        int size = snprintf(line, sizeof line, "%08ld %0*d\n", number, 1 + (int)(number * 7919 % 200), 0);
        for (int done = 0; done < size;) {
            ssize_t written = write(number % 3 == 2 ? 2 : 1, line + done, (size_t)(size - done));
            if (written < 0) return 3;
            done += (int)written;
        }
        if (pause) usleep((useconds_t)pause);
    }
    return 0;
}

int verb_count(void) {
    char buffer[65536];
    long total = 0;
    ssize_t count;
    while ((count = read(0, buffer, sizeof buffer)) > 0) total += count;
    if (count < 0) say("read", -1);
    printf("read %ld\n", total);
    return 0;
}

int verb_signals(void) {
    static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGUSR1, SIGUSR2};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) sigaddset(&set, caught[i]);
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    for (int number = 1; number <= 64; number++) {
        // By the system call: the C library shows nothing of the two signals that it keeps for itself. The handler is first.
        struct { void *handler; unsigned long rest[16]; } action = {0};
        if (sigismember(&mask, number) == 1) printf("blocked %d\n", number);
        if (syscall(SYS_rt_sigaction, number, NULL, &action, 8) == 0 && action.handler) printf("ignored %d\n", number);
    }
    sigprocmask(SIG_BLOCK, &set, NULL);
    puts("ready");
    fflush(stdout);
    for (;;) {
        int number = 0;
        if (sigwait(&set, &number) == 0) printf("got %s\n", sigabbrev_np(number));
        fflush(stdout);
        if (number == SIGUSR2) return 0;
    }
}

/* --- what it is */

int verb_identity(void) {
    printf("pid %d\nsid %d\npgrp %d\nuid %d\n", getpid(), getsid(0), getpgrp(), getuid());
    for (int number = 0; number < 4096; number++)
        if (fcntl(number, F_GETFD) >= 0) printf("fd %d\n", number);
    say("tty", open("/dev/tty", O_RDWR) < 0 ? -1 : 0);
    char host[256] = "";
    gethostname(host, sizeof host);
    printf("host %s\n", host);
    return 0;
}

int verb_environment(void) {
    for (char **variable = environ; *variable; variable++) fwrite(*variable, 1, strlen(*variable) + 1, stdout);
    return 0;
}

int verb_arguments(char **words) {
    for (; *words; words++) fwrite(*words, 1, strlen(*words) + 1, stdout);
    return 0;
}
