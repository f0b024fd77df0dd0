/* What the tests of the guest lane run inside: uses of memory and processors that end by themselves. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* fill MIB: a child takes memory; its parent says how it ended, if it is still there. */
static int fill(long mebibytes) {
    pid_t child = fork();
    if (child == 0) {
        for (long done = 0; done < mebibytes; done++) {
            char *place = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (place == MAP_FAILED) _exit(1);
            memset(place, 1, 1 << 20);
        }
        _exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) return 1;
    printf("child %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return 0;
}

/* burn MS: takes this much time of a processor. */
static int burn(long milliseconds) {
    struct timespec used = {0, 0};
    while (used.tv_sec * 1000 + used.tv_nsec / 1000000 < milliseconds) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    puts("burnt");
    fflush(stdout);
    return 0;
}

/* share COUNT MS: this many children, one after the other, take as much time each. */
static int share(int count, long milliseconds) {
    for (int i = 0; i < count; i++) {
        pid_t child = fork();
        if (child == 0) _exit(burn(milliseconds));
        if (child < 0 || waitpid(child, NULL, 0) != child) return 1;
    }
    return 0;
}

/* deaf MS: as burn, with every signal ignored that can be. */
static int deaf(long milliseconds) {
    for (int number = 1; number < 65; number++) signal(number, SIG_IGN);
    return burn(milliseconds);
}

int main(int count, char **words) {
    if (count == 3 && !strcmp(words[1], "fill")) return fill(atol(words[2]));
    if (count == 3 && !strcmp(words[1], "burn")) return burn(atol(words[2]));
    if (count == 3 && !strcmp(words[1], "deaf")) return deaf(atol(words[2]));
    if (count == 4 && !strcmp(words[1], "share")) return share(atoi(words[2]), atol(words[3]));
    return 2;
}
