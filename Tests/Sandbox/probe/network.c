#include "probe.h"

/* --- network */

int verb_families(void) {
    static const struct { const char *name; int family, type, protocol; } all[] = {
        {"unix", AF_UNIX, SOCK_STREAM, 0}, {"inet-tcp", AF_INET, SOCK_STREAM, 0}, {"inet-udp", AF_INET, SOCK_DGRAM, 0},
        {"inet6-tcp", AF_INET6, SOCK_STREAM, 0}, {"inet-raw", AF_INET, SOCK_RAW, 1}, {"inet-icmp", AF_INET, SOCK_DGRAM, 1},
        {"inet-sctp", AF_INET, SOCK_STREAM, 132}, {"inet-mptcp", AF_INET, SOCK_STREAM, 262},
        {"packet", AF_PACKET, SOCK_RAW, 0}, {"netlink-route", AF_NETLINK, SOCK_RAW, 0},
        {"netlink-netfilter", AF_NETLINK, SOCK_RAW, 12}, {"vsock", AF_VSOCK, SOCK_STREAM, 0}, {"alg", AF_ALG, SOCK_SEQPACKET, 0},
        {"key", AF_KEY, SOCK_RAW, 2}, {"bluetooth", AF_BLUETOOTH, SOCK_RAW, 1}, {"xdp", AF_XDP, SOCK_RAW, 0},
        {"tipc", AF_TIPC, SOCK_STREAM, 0},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        int file = socket(all[i].family, all[i].type, all[i].protocol);
        say(all[i].name, file < 0 ? -1 : 0);
        if (file >= 0) close(file);
    }
    /* The family is an int: what is above its 32 bits must not hide it from the filter. */
    say("inet-high-bits", syscall(SYS_socket, 0xabcd00000000 | AF_INET, SOCK_STREAM, 0) < 0 ? -1 : 0);
    say("alg-high-bits", syscall(SYS_socket, 0xabcd00000000 | AF_ALG, SOCK_SEQPACKET, 0) < 0 ? -1 : 0);
    return 0;
}

static int finish(const char *name, int file, struct sockaddr *address, socklen_t length) {
    if (file < 0) { say(name, -1); return 0; }
    fcntl(file, F_SETFL, O_NONBLOCK);
    int result = connect(file, address, length);
    if (result < 0 && errno == EINPROGRESS) {
        struct pollfd wait = {file, POLLOUT, 0};
        int error = ETIMEDOUT;
        socklen_t size = sizeof error;
        if (poll(&wait, 1, 1000) == 1) getsockopt(file, SOL_SOCKET, SO_ERROR, &error, &size);
        errno = error;
        result = error ? -1 : 0;
    }
    if (result == 0 && write(file, "canary", 6) != 6) result = -1;
    say(name, result);
    return 0;
}

int verb_tcp(char **a) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(a[1]))};
    inet_pton(AF_INET, a[0], &to.sin_addr);
    return finish("tcp", socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&to, sizeof to);
}

int verb_udp(char **a) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(a[1]))};
    inet_pton(AF_INET, a[0], &to.sin_addr);
    return finish("udp", socket(AF_INET, SOCK_DGRAM, 0), (struct sockaddr *)&to, sizeof to);
}

int local(const char *name, const char *path, int abstract) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length + 1 > sizeof to.sun_path) return 1;
    memcpy(to.sun_path + abstract, path, length);
    /* A path counts its NUL, an abstract name the one before it. */
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
    return finish(name, socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&to, size);
}

/* Its own server and client over 127.0.0.1. */
int verb_echo(void) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof here;
    int server = socket(AF_INET, SOCK_STREAM, 0);
    if (server < 0 || bind(server, (struct sockaddr *)&here, size) || listen(server, 1)) { say("echo", -1); return 0; }
    getsockname(server, (struct sockaddr *)&here, &size);
    return finish("echo", socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&here, size);
}
