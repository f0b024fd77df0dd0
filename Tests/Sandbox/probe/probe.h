/* What hostile code would try, one verb each: run inside a sandbox and, as the control, outside of it.
 *
 * Every attempt prints a line `NAME RESULT`, where RESULT is "ok", a number, or the name of an errno. A caller judges by
 * what the host sees; these lines say what was tried, and that it was tried at all. Linked statically, so that it needs
 * nothing of the view. */
#pragma once
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* Prints a line: the name, and how it went; a negative result is told as the name of errno. */
void say(const char *name, long result);
/* A system call in a child, told like the others; a death is told as its signal. */
void call(const char *name, long number, long a, long b, long c, long d, long e, long f);
/* Executes a descriptor or, where there is one, a path, in a child; "RAN" if it came to something. */
void execute(const char *name, int file, const char *path);
/* Waits for a signal that ends it. */
_Noreturn void stay(void);
/* Ignores every signal that can be. */
void ignore_everything(void);

int verb_syscalls(void);
int verb_int80(void);
int verb_x32(void);
int verb_terminal(void);
int verb_memory_wx(void);
int verb_keys(char **names);
int verb_setid(char **names);
int verb_touch(char **words);
int verb_tamper(char **words);
int verb_list(char **words);
int verb_fill(char **words);
int verb_copies(char **directories);
int verb_reach(char **loaders);
int verb_families(void);
int verb_tcp(char **a);
int verb_udp(char **a);
int verb_echo(void);
int local(const char *name, const char *path, int abstract);
int verb_linger(char **words);
int verb_bomb(char **words);
int verb_files(void);
int verb_size(char **names);
int verb_processes(void);
int verb_memory(char **words);
int verb_spin(char **words);
int verb_crash(void);
int verb_flood(char **words);
int verb_count(void);
int verb_lines(char **words);
int verb_cat(char **paths);
int verb_descriptors(void);
int verb_kill(char **pids);
int verb_own_program(char **words);
int verb_append(char **paths);
int verb_append_to_self(char **words);
int verb_request_kill(char **words);
int verb_foreign(char **words);
int verb_flood_told(char **words);
int verb_push(char **words);
int verb_nested(char **words);
int verb_signals(void);
int verb_identity(void);
int verb_environment(void);
int verb_arguments(char **words);
