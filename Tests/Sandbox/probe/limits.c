#include "probe.h"

/* --- limits */

int verb_files(void) {
    int count = 0;
    while (open("/dev/null", O_RDONLY) >= 0) count++;
    int error = errno;
    printf("opened %d\n", count + 3);
    errno = error;
    say("open", -1);
    return 0;
}

int verb_size(char **names) {
    signal(SIGXFSZ, SIG_IGN);
    static char block[65536];
    long total = 0;
    int file = open(names[0], O_CREAT | O_WRONLY | O_TRUNC, 0600);
    ssize_t count;
    while ((count = write(file, block, sizeof block)) > 0) total += count;
    int error = errno;
    printf("written %ld\n", total);
    errno = error;
    say("write", -1);
    return 0;
}

int verb_processes(void) {
    int count = 1;
    for (;;) {
        pid_t child = fork();
        if (child == 0) stay();
        if (child < 0) break;
        count++;
    }
    int error = errno;
    printf("processes %d\n", count);
    errno = error;
    say("fork", -1);
    return 0;
}

/* Takes memory and uses it, all that there is or as many bytes as the argument says. */
int verb_memory(char **words) {
    long total = 0, most = words[0] ? atol(words[0]) : 1L << 33;
    for (;;) {
        char *place = mmap(NULL, 1 << 24, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (place == MAP_FAILED) break;
        memset(place, 1, 1 << 24);
        total += 1 << 24;
        if (total >= most) break;
    }
    printf("memory %ld\n", total);
    return 0;
}

int verb_spin(char **words) {
    if (words[0] && !strcmp(words[0], "deaf")) ignore_everything();
    volatile unsigned long turns = 0;
    while (getppid() != -1) turns++;
    return turns == 0;
}

int verb_crash(void) {
    struct rlimit core;
    getrlimit(RLIMIT_CORE, &core);
    printf("core %ld %ld\n", (long)core.rlim_cur, (long)core.rlim_max);
    fflush(stdout);
    abort();
}
