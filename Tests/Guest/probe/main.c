/* What the tests of the guest lane run inside: uses of memory and processors that end by themselves. */
#define _GNU_SOURCE
#include <fcntl.h>
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

/* write MIB FILE: straight to the disk, a mebibyte at a time; says how long it took. */
static int write_out(long mebibytes, const char *path) {
    struct timespec before, after;
    void *block = NULL;
    int file = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_DIRECT, 0600);
    if (file < 0 || posix_memalign(&block, 4096, 1 << 20)) return 1;
    memset(block, 1, 1 << 20);
    clock_gettime(CLOCK_MONOTONIC, &before);
    for (long done = 0; done < mebibytes; done++)
        if (write(file, block, 1 << 20) != 1 << 20) return 1;
    clock_gettime(CLOCK_MONOTONIC, &after);
    printf("milliseconds %ld\n", (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000);
    return 0;
}

int main(int count, char **words) {
    if (count == 3 && !strcmp(words[1], "fill")) return fill(atol(words[2]));
    if (count == 3 && !strcmp(words[1], "burn")) return burn(atol(words[2]));
    if (count == 3 && !strcmp(words[1], "deaf")) return deaf(atol(words[2]));
    if (count == 4 && !strcmp(words[1], "write")) return write_out(atol(words[2]), words[3]);
    if (count == 4 && !strcmp(words[1], "share")) return share(atoi(words[2]), atol(words[3]));
    return 2;
}
