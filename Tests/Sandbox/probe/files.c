#include "probe.h"

/* --- set-user-id: every way to make or change a mode */

static int make(const char *name) { return close(open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0700)); }

static void say_opened(const char *name, int file) {
    say(name, file < 0 ? -1 : 0);
    if (file >= 0) close(file);
}

int verb_setid(char **names) {
    if (chdir(names[0])) return 1;
    umask(0);
    for (int i = 0; i < 6; i++) {
        char name[] = "m0";
        name[1] = (char)('0' + i);
        make(name);
    }
    say("chmod", syscall(SYS_chmod, "m0", 06755));
    int file = open("m1", O_RDONLY);
    say("fchmod", fchmod(file, 06755));
    say("fchmodat", syscall(SYS_fchmodat, AT_FDCWD, "m2", 04755));
    say("fchmodat2", syscall(452, AT_FDCWD, "m3", 02755, 0));
    say("fchmod-high-bits", syscall(SYS_fchmod, file, 0xabcd00000000 | 06755));
    say_opened("open", open("o0", O_CREAT | O_WRONLY, 06755));
    say_opened("creat", (int)syscall(SYS_creat, "o1", 04755));
    say_opened("openat-tmpfile", open(".", O_TMPFILE | O_WRONLY, 06755));
    say("mkdir", mkdir("d0", 02777));
    say("mkdirat", mkdirat(AT_FDCWD, "d1", 02777));
    say("mknod", syscall(SYS_mknod, "n0", S_IFREG | 06755, 0));
    say("mknodat", mknodat(AT_FDCWD, "n1", S_IFREG | 06755, 0));
    say("mknod-device", syscall(SYS_mknod, "n2", S_IFCHR | 0666, 0x103));
    struct { uint64_t flags, mode, resolve; } how = {O_CREAT | O_WRONLY, 06755, 0};
    say("openat2", syscall(437, AT_FDCWD, "o2", &how, sizeof how));
    say("setxattr-capability", syscall(SYS_setxattr, "m4", "security.capability", "\1\0\0\2\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0", 20, 0));
    say("chown", chown("m5", 0, 0));
    return 0;
}

/* Opens paths from the arguments in the mode named first: r, w or l (list). */
int verb_touch(char **words) {
    char mode = words[0][0];
    for (char **path = words + 1; *path; path++) {
        int file = -1;
        if (mode == 'w') file = open(*path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        else if (mode == 'l') file = open(*path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        else file = open(*path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        char byte;
        /* What can be opened and says nothing is not told. */
        if (file >= 0 && mode == 'r' && read(file, &byte, 1) < 0) { say(*path, -1); close(file); continue; }
        say(*path, file < 0 ? -1 : 0);
        if (file >= 0) close(file);
    }
    return 0;
}

/* Every way to change a name: what protects one must stand all. */
int verb_tamper(char **words) {
    const char *path = words[0], *other = words[1];
    int file = open(path, O_WRONLY | O_TRUNC);
    say("write", file < 0 ? -1 : 0);
    say("truncate", truncate(path, 0));
    say("chmod", chmod(path, 0777));
    say("unlink", unlink(path));
    say("rmdir", rmdir(path));
    say("rename", rename(path, other));
    make(other);
    say("rename-over", rename(other, path));
    say("link", link(path, other));
    say("exchange", syscall(SYS_renameat2, AT_FDCWD, other, AT_FDCWD, path, 2));
    return 0;
}

int verb_list(char **words) {
    DIR *directory = opendir(words[0]);
    if (!directory) { say("opendir", -1); return 0; }
    for (struct dirent *entry; (entry = readdir(directory));) puts(entry->d_name);
    return 0;
}

int verb_fill(char **words) {
    static char block[1 << 20];
    long total = 0, most = words[1] ? atol(words[1]) : 1L << 32;
    int file = open(words[0], O_CREAT | O_WRONLY | O_TRUNC, 0600);
    if (file < 0) { say("open", -1); return 0; }
    ssize_t count;
    while (total < most && (count = write(file, block, sizeof block)) > 0) total += count;
    printf("filled %ld\n", total);
    return 0;
}
