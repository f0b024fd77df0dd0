#include "probe.h"

/* --- processes that do not want to end */

_Noreturn void stay(void) {
    for (;;) pause();
}

void ignore_everything(void) {
    for (int number = 1; number < 65; number++)
        if (number != SIGKILL && number != SIGSTOP && number != SIGCHLD) signal(number, SIG_IGN);
}

static void hide(const char *how) {
    pid_t child = fork();
    if (child) {
        if (child > 0 && !strcmp(how, "daemon")) waitpid(child, NULL, 0);
        return;
    }
    if (!strcmp(how, "group")) setpgid(0, 0);
    if (!strcmp(how, "setsid")) setsid();
    if (!strcmp(how, "daemon")) {
        setsid();
        if (fork()) _exit(0);
        for (int number = 0; number < 64; number++) close(number);
        signal(SIGHUP, SIG_IGN);
    }
    if (!strcmp(how, "ignore")) ignore_everything();
    if (!strcmp(how, "block")) {
        sigset_t all;
        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, NULL);
    }
    if (!strcmp(how, "stop")) {
        ignore_everything();
        raise(SIGSTOP);
    }
    if (!strcmp(how, "death")) prctl(PR_SET_PDEATHSIG, 0);
    if (!strcmp(how, "threads"))
        for (int i = 0; i < 4; i++) if (fork() == 0) break;
    stay();
}

/* linger MARKER HOW...: the marker is only for whoever looks at command lines on the host. `exit` ends the main process. */
int verb_linger(char **words) {
    int ends = 0, deaf = 0;
    for (char **how = words + 1; *how; how++) {
        if (!strcmp(*how, "exit")) ends = 1;
        else if (!strcmp(*how, "deaf")) deaf = 1;
        else hide(*how);
    }
    if (deaf) ignore_everything();
    struct timespec moment = {0, 50000000};
    nanosleep(&moment, NULL);
    puts("ready");
    fflush(stdout);
    if (ends) return 0;
    stay();
    return 0;
}

int verb_bomb(char **words) {
    (void)words;
    signal(SIGTERM, SIG_IGN);
    puts("ready");
    fflush(stdout);
    for (;;) {
        pid_t child = fork();
        if (child == 0) {
            setsid();
            if (fork() > 0) _exit(0);
        }
    }
}
