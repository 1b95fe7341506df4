/* Ways out, tried from C by raw system calls: `tries WAY NUMBER REPORT` runs one and writes its process and what the
 * system answered (0: it got through) to the descriptor REPORT. Also built as a library, for `try_way` inside Python.
 * Where to go is told by the environment; each attempt carries its number, by which it is found again. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <resolv.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAST_OPEN 0x20000000

typedef union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un un;
    unsigned char bytes[256];
} place;

static const char *told(const char *name) {
    const char *found = getenv(name);
    return found ? found : "";
}

static long number(const char *name) { return strtol(told(name), NULL, 0); }

static int port_of(int n) { return (int)number("WAY_PORTS") + n; }

static int answer(long result) { return result < 0 ? errno : 0; }

static void token(char *text, int n) { sprintf(text, "WAY%05d\n", n); }

static int say(int fd, int n) {
    char text[16];
    token(text, n);
    return answer(syscall(SYS_write, fd, text, 9));
}

static int line(int family, int kind, int protocol) {
    int fd = (int)syscall(SYS_socket, family, kind, protocol);
    struct timeval patience = {0, 250000};
    if (fd >= 0) {
        syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    return fd;
}

static socklen_t at(place *where, const char *address, int port) {
    memset(where, 0, sizeof *where);
    if (strchr(address, ':')) {
        where->v6.sin6_family = AF_INET6;
        where->v6.sin6_port = htons((uint16_t)port);
        inet_pton(AF_INET6, address, &where->v6.sin6_addr);
        return sizeof where->v6;
    }
    where->v4.sin_family = AF_INET;
    where->v4.sin_port = htons((uint16_t)port);
    inet_pton(AF_INET, address, &where->v4.sin_addr);
    return sizeof where->v4;
}

static socklen_t path_at(place *where, const char *path) {
    memset(where, 0, sizeof *where);
    where->un.sun_family = AF_UNIX;
    strncpy(where->un.sun_path, path, sizeof where->un.sun_path - 1);
    return sizeof where->un;
}

static int finish(int fd, const void *where, unsigned length, int n) {
    if (fd < 0 || syscall(SYS_connect, fd, where, length) < 0)
        return errno;
    return say(fd, n);
}

static int dial(int family, int kind, int protocol, const char *address, int port, int n) {
    place where;
    socklen_t length = at(&where, address, port);
    return finish(line(family, kind, protocol), &where, length, n);
}

static int dial_path(int kind, const char *path, int n) {
    place where;
    socklen_t length = path_at(&where, path);
    return finish(line(AF_UNIX, kind, 0), &where, length, n);
}

static int in_folder(char *path, const char *name) { return sprintf(path, "%s/%s", told("WAY_FOLDER"), name); }

/* --- TCP ------------------------------------------------------------------------------------------------------- */
static int tcp4(int n) { return dial(AF_INET, SOCK_STREAM, 0, told("WAY_OUT4"), port_of(n), n); }
static int tcp6(int n) { return dial(AF_INET6, SOCK_STREAM, 0, told("WAY_OUT6"), port_of(n), n); }
static int mapped(int n) {
    char address[64];
    sprintf(address, "::ffff:%s", told("WAY_OUT4"));
    return dial(AF_INET6, SOCK_STREAM, 6, address, port_of(n), n);
}
static int scoped(int n) {
    place where;
    socklen_t length = at(&where, told("WAY_OUT6"), port_of(n));
    where.v6.sin6_scope_id = if_nametoindex(told("WAY_CARD"));
    where.v6.sin6_flowinfo = htonl(0x12345);
    return finish(line(AF_INET6, SOCK_STREAM, 0), &where, length, n);
}
static int nonblocking(int n) {
    int got = dial(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 6, told("WAY_OUT4"), port_of(n), n);
    return got == EINPROGRESS ? 0 : got;
}
static int broadcast(int n) { return dial(AF_INET, SOCK_STREAM, 0, "255.255.255.255", port_of(n), n); }
static int multicast(int n) { return dial(AF_INET6, SOCK_STREAM, 0, "ff02::1", port_of(n), n); }
static int with_length(int n, unsigned length) {
    place where;
    at(&where, told("WAY_OUT4"), port_of(n));
    return finish(line(AF_INET, SOCK_STREAM, 0), &where, length, n);
}
static int too_short(int n) { return with_length(n, 8); }
static int too_long(int n) { return with_length(n, 128); }
static int huge(int n) { return with_length(n, 0x7fffffff); }
static int high_bits(int n) {
    place where;
    at(&where, told("WAY_OUT4"), port_of(n));
    int fd = line(AF_INET, SOCK_STREAM, 0);
    if (syscall(SYS_connect, (1L << 32) + fd, &where, (3L << 32) + 16) < 0)
        return errno;
    return say(fd, n);
}
static int with_family(int n, int kind, int family) {
    place where;
    socklen_t length = at(&where, told(kind == AF_INET ? "WAY_OUT4" : "WAY_OUT6"), port_of(n));
    where.any.sa_family = (sa_family_t)family;
    int fd = line(kind, SOCK_STREAM, 0);
    return finish(fd, &where, length, n);
}
static int no_family(int n) { return with_family(n, AF_INET, AF_UNSPEC); }
static int odd_family(int n) { return with_family(n, AF_INET, 255); }
static int wrong_family4(int n) { return with_family(n, AF_INET, AF_INET6); }
static int wrong_family6(int n) { return with_family(n, AF_INET6, AF_INET); }
static int netlink_family(int n) { return with_family(n, AF_INET, AF_NETLINK); }
static int unaligned(int n) {
    place where;
    char odd[64];
    socklen_t length = at(&where, told("WAY_OUT4"), port_of(n));
    memcpy(odd + 3, &where, length);
    return finish(line(AF_INET, SOCK_STREAM, 0), odd + 3, length, n);
}
static int own_listener(int n) {
    place where;
    socklen_t length = at(&where, "127.0.0.1", port_of(n));
    int fd = line(AF_INET, SOCK_STREAM, 0), one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, &where.any, length) < 0 || syscall(SYS_listen, fd, 4096) < 0)
        return -1;
    return fd;
}
static int reconnected(int n) {
    place where;
    socklen_t length = at(&where, "127.0.0.1", port_of(n));
    int fd = line(AF_INET, SOCK_STREAM, 0);
    if (own_listener(n) < 0 || syscall(SYS_connect, fd, &where, length) < 0)
        return errno;
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    syscall(SYS_connect, fd, &none, sizeof none);
    length = at(&where, told("WAY_OUT4"), port_of(n));
    return finish(fd, &where, length, n);
}
static int to_own(int n, int level, int option, const void *value, unsigned size) {
    place where;
    socklen_t length = at(&where, "127.0.0.1", port_of(n));
    int fd = line(AF_INET, SOCK_STREAM, 0);
    if (own_listener(n) < 0 || syscall(SYS_setsockopt, fd, level, option, value, size) < 0)
        return errno;
    return finish(fd, &where, length, n);
}
static int source_route(int n) {
    unsigned char route[8] = {0x83, 7, 4};
    inet_pton(AF_INET, told("WAY_OUT4"), route + 3);
    return to_own(n, IPPROTO_IP, IP_OPTIONS, route, sizeof route);
}
static int by_device(int n) { return to_own(n, SOL_SOCKET, SO_BINDTODEVICE, told("WAY_CARD"), strlen(told("WAY_CARD"))); }
static int option_bits(int n) {
    unsigned char route[8] = {0x83, 7, 4};
    place where;
    inet_pton(AF_INET, told("WAY_OUT4"), route + 3);
    socklen_t length = at(&where, "127.0.0.1", port_of(n));
    int fd = line(AF_INET, SOCK_STREAM, 0);
    if (own_listener(n) < 0 || syscall(SYS_setsockopt, (long)fd, 1L << 32, (1L << 33) + IP_OPTIONS, route, 8L) < 0)
        return errno;
    return finish(fd, &where, length, n);
}
static int own_listener6(int n) {
    place where;
    socklen_t length = at(&where, "::1", port_of(n));
    int fd = line(AF_INET6, SOCK_STREAM, 0), one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    return bind(fd, &where.any, length) < 0 || syscall(SYS_listen, fd, 100) < 0 ? -1 : fd;
}
static int by_options(int n) { /* whatever else names a card, on a connection « to ourselves » */
    static const int options[][2] = {{41, 50}, {41, 76}, {41, 17}, {41, 9}, {41, 11}, {41, 2}, {41, 32}, {41, 35},
                                     {0, 8}, {0, 50}, {0, 32}, {0, 17}, {1, 36}, {1, 45}, {1, 12}};
    int card = (int)if_nametoindex(told("WAY_CARD")), got = EACCES;
    place where;
    socklen_t length = at(&where, "::1", port_of(n));
    if (own_listener6(n) < 0)
        return errno;
    for (unsigned each = 0; each < sizeof options / sizeof *options; each++) {
        struct in6_pktinfo source = {.ipi6_ifindex = (unsigned)card};
        int net = (int)htonl((unsigned)card), fd = line(AF_INET6, SOCK_STREAM, 0);
        int swapped_card = options[each][1] == 76 || (options[each][0] == 0 && options[each][1] == 50);
        if (options[each][0] == 41 && options[each][1] != 76 && options[each][1] != 17)
            syscall(SYS_setsockopt, fd, options[each][0], options[each][1], &source, sizeof source);
        syscall(SYS_setsockopt, fd, options[each][0], options[each][1], swapped_card ? &net : &card, 4);
        if (syscall(SYS_connect, fd, &where, length) == 0)
            got = say(fd, n) ? got : 0;
        close(fd);
    }
    return got ? got : EALREADY; /* among ourselves: what counts is whether it was seen outside */
}
static int link_local(place *where) {
    char hexadecimal[33], name[32];
    unsigned card, skipped;
    FILE *file = fopen("/proc/net/if_inet6", "r");
    while (file && fscanf(file, "%32s %x %x %x %x %31s", hexadecimal, &card, &skipped, &skipped, &skipped, name) == 6)
        if (strncmp(hexadecimal, "fe80", 4) == 0 && strcmp(name, told("WAY_CARD")) == 0) {
            at(where, "fe80::", 0);
            for (int each = 0; each < 16; each++) {
                sscanf(hexadecimal + 2 * each, "%2x", &skipped);
                where->v6.sin6_addr.s6_addr[each] = (uint8_t)skipped;
            }
            where->v6.sin6_scope_id = card;
            return 1;
        }
    return 0;
}
static int from_link_local(int n) {
    place where, here;
    int fd = line(AF_INET6, SOCK_STREAM, 0);
    if (own_listener6(n) < 0 || !link_local(&here) || bind(fd, &here.any, sizeof here.v6) < 0)
        return errno ? errno : ENODEV;
    socklen_t length = at(&where, "::1", port_of(n));
    return finish(fd, &where, length, n);
}
static int from_elsewhere(int n) { /* answers to an address of another machine */
    place where, here;
    int fd = line(AF_INET6, SOCK_STREAM, 0), one = 1;
    if (own_listener6(n) < 0 || syscall(SYS_setsockopt, fd, 41, 78, &one, sizeof one) < 0)
        return errno;
    socklen_t length = at(&here, told("WAY_OUT6"), port_of(n));
    if (bind(fd, &here.any, length) < 0)
        return errno;
    length = at(&where, "::1", port_of(n));
    return finish(fd, &where, length, n);
}
static int fast(int n, int how) {
    place where;
    char text[16];
    token(text, n);
    socklen_t length = at(&where, told("WAY_OUT4"), port_of(n));
    struct iovec piece = {text, 9};
    struct mmsghdr both = {.msg_hdr = {&where, length, &piece, 1, NULL, 0, 0}};
    int fd = line(AF_INET, SOCK_STREAM, 0), one = 1;
    if (how == 0)
        return answer(syscall(SYS_sendto, fd, text, 9, FAST_OPEN, &where, length));
    if (how == 1)
        return answer(syscall(SYS_sendmsg, fd, &both.msg_hdr, FAST_OPEN));
    if (how == 2)
        return answer(syscall(SYS_sendmmsg, fd, &both, 1, FAST_OPEN));
    if (how == 5) {
        both.msg_hdr.msg_flags = FAST_OPEN;
        return answer(syscall(SYS_sendmmsg, fd, &both, 1, 0));
    }
    if (how == 3)
        return answer(syscall(SYS_sendto, (long)fd, text, 9L, (7L << 32) + FAST_OPEN + 0x4000, &where, (long)length));
    setsockopt(fd, IPPROTO_TCP, 30, &one, sizeof one);
    return finish(fd, &where, length, n);
}
static int fast_sendto(int n) { return fast(n, 0); }
static int fast_sendmsg(int n) { return fast(n, 1); }
static int fast_sendmmsg(int n) { return fast(n, 2); }
static int fast_bits(int n) { return fast(n, 3); }
static int fast_connect(int n) { return fast(n, 4); }
static int fast_header(int n) { return fast(n, 5); }
static int mptcp(int n) { return dial(AF_INET, SOCK_STREAM, 262, told("WAY_OUT4"), port_of(n), n); }
static int mptcp6(int n) { return dial(AF_INET6, SOCK_STREAM, 262, told("WAY_OUT6"), port_of(n), n); }
static int sctp(int n) { return dial(AF_INET, SOCK_STREAM, 132, told("WAY_OUT4"), port_of(n), n); }
static int sctp_packets(int n) { return dial(AF_INET, SOCK_SEQPACKET, 132, told("WAY_OUT4"), port_of(n), n); }
static int smc(int n) { return dial(43, SOCK_STREAM, 0, told("WAY_OUT4"), port_of(n), n); }
static int smc_inet(int n) { return dial(AF_INET, SOCK_STREAM, 256, told("WAY_OUT4"), port_of(n), n); }
static int dccp(int n) { return dial(AF_INET, 6, 33, told("WAY_OUT4"), port_of(n), n); }

/* --- without a connection ---------------------------------------------------------------------------------------- */
static int throw(int family, int kind, int protocol, const char *address, int port, int n, int how) {
    place where;
    char text[16];
    token(text, n);
    socklen_t length = at(&where, address, port);
    struct iovec piece = {text, 9};
    struct mmsghdr both = {.msg_hdr = {&where, length, &piece, 1, NULL, 0, 0}};
    int fd = line(family, kind, protocol);
    if (fd < 0)
        return errno;
    if (how == 0)
        return answer(syscall(SYS_sendto, fd, text, 9, 0, &where, length));
    if (how == 1)
        return answer(syscall(SYS_sendmsg, fd, &both.msg_hdr, 0));
    return answer(syscall(SYS_sendmmsg, fd, &both, 1, 0));
}
static int udp_connect(int n) { return dial(AF_INET, SOCK_DGRAM, 0, told("WAY_OUT4"), port_of(n), n); }
static int udp_sendto(int n) { return throw(AF_INET, SOCK_DGRAM, 0, told("WAY_OUT4"), port_of(n), n, 0); }
static int udp_sendmsg(int n) { return throw(AF_INET, SOCK_DGRAM, 17, told("WAY_OUT4"), port_of(n), n, 1); }
static int udp_sendmmsg(int n) { return throw(AF_INET, SOCK_DGRAM, 0, told("WAY_OUT4"), port_of(n), n, 2); }
static int udp6(int n) { return throw(AF_INET6, SOCK_DGRAM, 0, told("WAY_OUT6"), port_of(n), n, 0); }
static int udp_mapped(int n) {
    char address[64];
    sprintf(address, "::ffff:%s", told("WAY_OUT4"));
    return throw(AF_INET6, SOCK_DGRAM, 0, address, port_of(n), n, 0);
}
static int udp_multicast(int n) { return throw(AF_INET, SOCK_DGRAM, 0, "224.0.0.251", port_of(n), n, 0); }
static int udplite(int n) { return throw(AF_INET, SOCK_DGRAM, 136, told("WAY_OUT4"), port_of(n), n, 0); }
static int echo(int kind, int family, int n) {
    place where;
    unsigned char text[24] = {family == AF_INET ? 8 : 128};
    token((char *)text + 8, n);
    socklen_t length = at(&where, told(family == AF_INET ? "WAY_OUT4" : "WAY_OUT6"), 0);
    int fd = line(family, kind, family == AF_INET ? 1 : 58);
    return fd < 0 ? errno : answer(syscall(SYS_sendto, fd, text, sizeof text, 0, &where, length));
}
static int ping(int n) { return echo(SOCK_DGRAM, AF_INET, n); }
static int ping6(int n) { return echo(SOCK_DGRAM, AF_INET6, n); }
static int raw_icmp(int n) { return echo(SOCK_RAW, AF_INET, n); }
static int raw_odd(int n) { return throw(AF_INET, SOCK_RAW, 99, told("WAY_OUT4"), 0, n, 0); }
static int raw_header(int n) {
    place where;
    unsigned char packet[40] = {0x45, 0, 0, 40, 0, 0, 0, 0, 64, 99};
    socklen_t length = at(&where, told("WAY_OUT4"), 0);
    memcpy(packet + 16, &where.v4.sin_addr, 4);
    token((char *)packet + 24, n);
    int fd = line(AF_INET, SOCK_RAW, 255);
    return fd < 0 ? errno : answer(syscall(SYS_sendto, fd, packet, 40, 0, &where, length));
}
static int frame(int family, int kind, int n) {
    unsigned char ethernet[64];
    struct {
        uint16_t family, protocol;
        int32_t card;
        uint16_t hardware;
        uint8_t type, size, address[8];
    } where = {17, htons(0x88b5), (int)if_nametoindex(told("WAY_CARD")), 0, 0, 6, {255, 255, 255, 255, 255, 255}};
    memset(ethernet, 255, sizeof ethernet);
    token((char *)ethernet + 20, n);
    int fd = line(family, kind, htons(0x88b5));
    return fd < 0 ? errno : answer(syscall(SYS_sendto, fd, ethernet, sizeof ethernet, 0, &where, sizeof where));
}
static int packet_raw(int n) { return frame(17, SOCK_RAW, n); }
static int packet_cooked(int n) { return frame(17, SOCK_DGRAM, n); }
static int packet_old(int n) {
    unsigned char ethernet[64];
    struct sockaddr card = {17, ""};
    memset(ethernet, 255, sizeof ethernet);
    token((char *)ethernet + 20, n);
    strcpy(card.sa_data, told("WAY_CARD"));
    int fd = line(AF_INET, 10, htons(0x88b5));
    return fd < 0 ? errno : answer(syscall(SYS_sendto, fd, ethernet, sizeof ethernet, 0, &card, sizeof card));
}
static int igmp(int n) {
    struct ip_mreqn group = {.imr_ifindex = (int)if_nametoindex(told("WAY_CARD"))};
    group.imr_multiaddr.s_addr = htonl(0xef4d0000u + (unsigned)n);
    int got = answer(syscall(SYS_setsockopt, line(AF_INET, SOCK_STREAM, 0), IPPROTO_IP, 35, &group, sizeof group));
    if (got == EPROTO)
        got = answer(syscall(SYS_setsockopt, line(AF_INET, SOCK_DGRAM, 0), IPPROTO_IP, 35, &group, sizeof group));
    if (!got)
        usleep(300000);
    return got;
}
static int mld(int n) {
    struct ipv6_mreq group = {.ipv6mr_interface = if_nametoindex(told("WAY_CARD"))};
    inet_pton(AF_INET6, "ff15::ef4d:0", &group.ipv6mr_multiaddr);
    group.ipv6mr_multiaddr.s6_addr[14] = (uint8_t)(n >> 8);
    group.ipv6mr_multiaddr.s6_addr[15] = (uint8_t)n;
    int got = answer(syscall(SYS_setsockopt, line(AF_INET6, SOCK_STREAM, 0), IPPROTO_IPV6, 20, &group, sizeof group));
    if (got == EPROTO)
        got = answer(syscall(SYS_setsockopt, line(AF_INET6, SOCK_DGRAM, 0), IPPROTO_IPV6, 20, &group, sizeof group));
    if (!got)
        usleep(300000);
    return got;
}

/* --- names ------------------------------------------------------------------------------------------------------- */
static int question(unsigned char *text, int n) {
    char name[32];
    memset(text, 0, 64);
    text[1] = 7, text[2] = 1, text[5] = 1, text[12] = 8;
    sprintf(name, "way%05d", n);
    memcpy(text + 13, name, 8);
    memcpy(text + 21, "\7invalid", 9);
    text[31] = 1, text[33] = 1;
    return 34;
}
static int ask(int kind, const char *address, int n) {
    unsigned char text[66];
    place where;
    socklen_t length = at(&where, address, 53);
    int size = question(text + 2, n), fd = line(AF_INET, kind, 0);
    text[0] = 0, text[1] = (unsigned char)size;
    if (fd < 0 || syscall(SYS_connect, fd, &where, length) < 0)
        return errno;
    return kind == SOCK_STREAM ? answer(write(fd, text, size + 2)) : answer(write(fd, text + 2, size));
}
static int dns_outside(int n) { return ask(SOCK_DGRAM, told("WAY_OUT4"), n); }
static int dns_stub(int n) { return ask(SOCK_DGRAM, "127.0.0.53", n); }
static int dns_stub_tcp(int n) { return ask(SOCK_STREAM, "127.0.0.53", n); }
static int lookup(int n) {
    char name[40];
    struct addrinfo *found = NULL;
    sprintf(name, "way%05d.invalid", n);
    int got = getaddrinfo(name, "443", NULL, &found);
    return got == 0 ? 0 : EHOSTUNREACH;
}
static int resolver(int n) {
    char name[40];
    unsigned char reply[512];
    sprintf(name, "way%05d.invalid", n);
    return res_query(name, 1, 1, reply, sizeof reply) < 0 ? EHOSTUNREACH : 0;
}

/* --- kinds of socket, and other doors of the kernel ---------------------------------------------------------------- */
static int made(int family, int kind, int protocol) {
    int fd = (int)syscall(SYS_socket, family, kind, protocol);
    int allowed = protocol == 0 || protocol == 6;
    if (fd < 0)
        return 0;
    close(fd);
    if (family == AF_UNIX)
        return kind != SOCK_STREAM && kind != SOCK_SEQPACKET;
    if (family == AF_NETLINK)
        return protocol != 0;
    return !((family == AF_INET || family == AF_INET6) && kind == SOCK_STREAM && allowed);
}
static int family(int n) {
    static const int protocols[] = {0, 1, 2, 4, 6, 9, 15, 16, 17, 33, 41, 47, 50, 58, 103, 115, 132, 136, 255, 256, 262};
    int which = (int)number("WAY_FAMILY");
    (void)n;
    unsigned count = which == AF_UNIX || which == AF_INET || which == AF_INET6 || which == AF_NETLINK
                         ? sizeof protocols / sizeof *protocols
                         : 3;
    for (int kind = 1; kind <= 10; kind = kind == 6 ? 10 : kind + 1)
        for (unsigned each = 0; each < count; each++)
            if (made(which, kind, protocols[each]))
                return 0;
    return EACCES;
}
static int call(int n) { /* WAY_CALL: a number and six arguments; WAY_SHUT: the errors that mean that it is closed */
    long arguments[7] = {0};
    char *rest = (char *)told("WAY_CALL");
    (void)n;
    for (int each = 0; each < 7; each++)
        arguments[each] = (long)strtoul(rest, &rest, 0);
    long got = syscall(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5], arguments[6]);
    return got < 0 && (errno == EPERM || errno == ENOSYS || errno == EACCES) ? errno : 0;
}
static int allow_all(int n) {
    struct {
        uint16_t code;
        uint8_t yes, no;
        uint32_t value;
    } end = {6, 0, 0, 0x7fff0000};
    struct {
        uint16_t length;
        void *code;
    } program = {1, &end};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    syscall(SYS_seccomp, 1, 0, &program);
    return tcp4(n);
}
static int listener(int n) {
    struct {
        uint16_t code;
        uint8_t yes, no;
        uint32_t value;
    } end = {6, 0, 0, 0x7fff0000};
    struct {
        uint16_t length;
        void *code;
    } program = {1, &end};
    (void)n;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return answer(syscall(SYS_seccomp, 1, 8, &program));
}
#if defined __x86_64__
static long old_call(long which, long a, long b, long c) {
    long got;
    __asm__ volatile("int $0x80" : "=a"(got) : "a"(which), "b"(a), "c"(b), "d"(c) : "memory", "r8", "r9", "r10", "r11");
    return got;
}
static int thirty_two_bits(int n) {
    place *where = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    socklen_t length = at(where, told("WAY_OUT4"), port_of(n));
    long fd = old_call(359, AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        return (int)-fd;
    long got = old_call(362, fd, (long)where, length);
    return got < 0 ? (int)-got : say((int)fd, n);
}
#else
static int thirty_two_bits(int n) { return n ? ENOSYS : ENOSYS; }
#endif
static int x32(int n) {
    (void)n;
    return answer(syscall(0x40000000 | SYS_socket, AF_INET, SOCK_DGRAM, 0));
}
static int child_of(int n, int flags) {
    struct {
        uint64_t flags, pidfd, child, parent, signal, stack, size, tls;
    } how = {(uint64_t)flags, 0, 0, 0, SIGCHLD, 0, 0, 0};
    int status = 0;
    long pid = syscall(435, &how, sizeof how);
    if (pid == 0)
        _exit(tcp4(n));
    if (pid < 0)
        return errno;
    waitpid((pid_t)pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}
static int clone3(int n) { return child_of(n, 0); }
static int vforked(int n) {
    static volatile int got;
    pid_t pid = vfork();
    if (pid == 0) {
        got = tcp4(n);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    return got;
}
static int run(const char *program, int n) { /* another program, with nothing of ours but where to go */
    char count[16], *arguments[] = {(char *)program, "udp-sendto", count, "1", NULL};
    int status = 0, pipes[2];
    sprintf(count, "%d", n);
    if (pipe(pipes) < 0)
        return errno;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(pipes[1], 1);
        execv(program, arguments);
        _exit(errno);
    }
    close(pipes[1]);
    char text[64] = "";
    ssize_t size = read(pipes[0], text, sizeof text - 1);
    waitpid(pid, &status, 0);
    if (size <= 0)
        return WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : EIO;
    return atoi(strchr(text, ' ') ? strchr(text, ' ') : "5");
}
static int setuid_program(int n) {
    char path[200];
    in_folder(path, "tries-setuid");
    return run(path, n);
}
static int terminal(int n, unsigned long bits) {
    int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    (void)n;
    return fd < 0 ? ENODEV : answer(syscall(SYS_ioctl, fd, bits + 0x5412, "x"));
}
static int tiocsti(int n) { return terminal(n, 0); }
static int tiocsti_bits(int n) { return terminal(n, 1UL << 32); }
static int tun(int n) {
    struct ifreq asked = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int fd = open("/dev/net/tun", O_RDWR);
    sprintf(asked.ifr_name, "w%d", n);
    return fd < 0 ? errno : answer(ioctl(fd, TUNSETIFF, &asked));
}
static int opened(int n) { /* WAY_FILE, for writing; nothing is written */
    (void)n;
    return answer(open(told("WAY_FILE"), O_WRONLY | O_CLOEXEC));
}

/* --- listening ----------------------------------------------------------------------------------------------------- */
static int hear(const char *address, int n) {
    place where;
    int fd = line(strchr(address, ':') ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    if (*address && bind(fd, &where.any, at(&where, address, port_of(n))) < 0)
        return errno;
    return answer(syscall(SYS_listen, fd, 1));
}
static int hear4(int n) { return hear("0.0.0.0", n); }
static int hear6(int n) { return hear("::", n); }
static int hear_card(int n) { return hear(told("WAY_HERE4"), n); }
static int hear_unbound(int n) { return hear("", n); }

/* --- other programs of this machine --------------------------------------------------------------------------------- */
static int near(const char *address, int n) {
    return dial(strchr(address, ':') ? AF_INET6 : AF_INET, SOCK_STREAM, 0, address, (int)number("WAY_FOREIGN"), n);
}
static int loop4(int n) { return near("127.0.0.1", n); }
static int loop_other(int n) { return near("127.0.0.2", n); }
static int loop6(int n) { return near("::1", n); }
static int loop_mapped(int n) { return near("::ffff:127.0.0.1", n); }
static int loop_any(int n) { return near("0.0.0.0", n); }
static int loop_any6(int n) { return near("::", n); }
static int loop_card(int n) { return near(told("WAY_HERE4"), n); }
static int loop_udp(int n) { return throw(AF_INET, SOCK_DGRAM, 0, "127.0.0.1", (int)number("WAY_FOREIGN"), n, 0); }
static int same_port(int n) { /* listen where a foreign program listens too, then see who answers */
    place where;
    int port = (int)number("WAY_SHARED"), one = 1, fd = line(AF_INET, SOCK_STREAM, 0), got = ECONNREFUSED;
    socklen_t length = at(&where, "127.0.0.1", port);
    if (syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) < 0)
        return errno;
    if (bind(fd, &where.any, length) < 0 || syscall(SYS_listen, fd, 1000) < 0)
        return errno;
    for (int each = 0; each < 64; each++)
        got = finish(line(AF_INET, SOCK_STREAM, 0), &where, length, n);
    return got;
}
static int taken_over(int n) { /* our own listener is closed, then a foreign program listens at its place */
    char path[200], text[32];
    int fd = own_listener(n);
    if (fd < 0 || dial(AF_INET, SOCK_STREAM, 0, "127.0.0.1", port_of(n), n) != 0)
        return errno;
    close(fd);
    in_folder(path, "take");
    int asking = open(path, O_WRONLY), size = sprintf(text, "%d\n", port_of(n));
    in_folder(path, "taken");
    int told_by = open(path, O_RDONLY);
    if (write(asking, text, size) < 0 || read(told_by, text, 1) < 1)
        return EIO;
    return dial(AF_INET, SOCK_STREAM, 0, "127.0.0.1", port_of(n), n);
}
static int unix_path(const char *name, int kind, int n) {
    char path[200];
    in_folder(path, name);
    return dial_path(kind, path, n);
}
static int unix_stream(int n) { return unix_path("foreign/docker.sock", SOCK_STREAM, n); }
static int unix_packets(int n) { return unix_path("foreign/packets.sock", SOCK_SEQPACKET, n); }
static int unix_datagrams(int n) { return unix_path("foreign/datagrams.sock", SOCK_DGRAM, n); }
static int unix_pair(int n) {
    char path[200], text[16];
    int both[2];
    place where;
    in_folder(path, "foreign/datagrams.sock");
    token(text, n);
    socklen_t length = path_at(&where, path);
    if (syscall(SYS_socketpair, AF_UNIX, SOCK_DGRAM, 0, both) < 0)
        return errno;
    return answer(syscall(SYS_sendto, both[0], text, 9, 0, &where, length));
}
static int unix_abstract(int n) {
    place where;
    memset(&where, 0, sizeof where);
    where.un.sun_family = AF_UNIX;
    strcpy(where.un.sun_path + 1, told("WAY_ABSTRACT"));
    return finish(line(AF_UNIX, SOCK_STREAM, 0), &where, 3 + strlen(told("WAY_ABSTRACT")), n);
}
static int unix_link(int n) {
    char path[200], target[200];
    in_folder(target, "foreign/docker.sock");
    sprintf(path, "%s/own/l%d", told("WAY_FOLDER"), n);
    return symlink(target, path) < 0 ? errno : dial_path(SOCK_STREAM, path, n);
}
static int unix_relative(int n) {
    char path[200];
    in_folder(path, "own");
    return chdir(path) < 0 ? errno : dial_path(SOCK_STREAM, "../foreign/docker.sock", n);
}
static int unix_root(int n) {
    char path[200];
    sprintf(path, "/proc/self/root%s/foreign/docker.sock", told("WAY_FOLDER"));
    return dial_path(SOCK_STREAM, path, n);
}
static int unix_handle(int n) {
    char path[200];
    in_folder(path, "foreign/docker.sock");
    int fd = open(path, O_PATH | O_CLOEXEC);
    sprintf(path, "/proc/self/fd/%d", fd);
    return fd < 0 ? errno : dial_path(SOCK_STREAM, path, n);
}
static int unix_listen(int n, char *path) {
    place where;
    sprintf(path, "%s/own/s%d", told("WAY_FOLDER"), n);
    unlink(path);
    int fd = line(AF_UNIX, SOCK_STREAM, 0);
    socklen_t length = path_at(&where, path);
    return bind(fd, &where.any, length) < 0 || syscall(SYS_listen, fd, 4096) < 0 ? -1 : fd;
}
static int unix_renamed(int n) {
    char path[200], foreign[200], beside[220];
    if (unix_listen(n, path) < 0 || dial_path(SOCK_STREAM, path, n) != 0)
        return errno;
    in_folder(foreign, "foreign/docker.sock");
    sprintf(beside, "%s.new", path);
    if (link(foreign, beside) < 0 || rename(beside, path) < 0)
        return errno;
    return dial_path(SOCK_STREAM, path, n);
}
static int alone(int flags) {
    int user = (int)geteuid(), group = (int)getegid(), fd;
    char text[64];
    if (unshare(CLONE_NEWUSER | flags) < 0)
        return errno;
    fd = open("/proc/self/setgroups", O_WRONLY);
    if (fd >= 0 && write(fd, "deny", 4) < 0)
        return errno;
    fd = open("/proc/self/uid_map", O_WRONLY);
    int size = sprintf(text, "0 %d 1", user);
    if (write(fd, text, size) < 0)
        return errno;
    fd = open("/proc/self/gid_map", O_WRONLY);
    size = sprintf(text, "0 %d 1", group);
    return write(fd, text, size) < 0 ? errno : 0;
}
static int unix_mounted(int n) {
    char path[200], foreign[200];
    if (unix_listen(n, path) < 0 || dial_path(SOCK_STREAM, path, n) != 0)
        return errno;
    int got = alone(CLONE_NEWNS);
    in_folder(foreign, "foreign/docker.sock");
    if (got || mount(foreign, path, NULL, MS_BIND, NULL) < 0)
        return got ? got : errno;
    return dial_path(SOCK_STREAM, path, n);
}
static int unix_rooted(int n) { /* the same path, from another root */
    char path[200], own[200];
    sprintf(own, "%s/own", told("WAY_FOLDER"));
    sprintf(path, "%s/foreign", told("WAY_FOLDER"));
    int got = geteuid() == 0 ? 0 : alone(0);
    if (got || chroot(path) < 0)
        return got ? got : errno;
    return dial_path(SOCK_STREAM, "/docker.sock", n);
}

/* --- sockets of others ---------------------------------------------------------------------------------------------- */
static int inherited(int n) { return say((int)number("WAY_INHERITED"), n); }
static int handed_over(int n) { /* descriptors that come by the socket that is our standard input */
    char text[16], notes[64];
    struct iovec piece = {text, 1};
    struct msghdr message = {NULL, 0, &piece, 1, notes, sizeof notes, 0};
    if (syscall(SYS_recvmsg, (int)number("WAY_INPUT"), &message, 0) < 0)
        return errno;
    struct cmsghdr *note = CMSG_FIRSTHDR(&message);
    int fd = -1;
    if (!note)
        return EBADF;
    memcpy(&fd, CMSG_DATA(note), 4);
    return say(fd, n);
}
static int fetched(const char *whose, int n) {
    long process = syscall(434, number(whose), 0);
    if (process < 0)
        return errno;
    long fd = syscall(438, process, number("WAY_VICTIM_LINE"), 0);
    return fd < 0 ? errno : say((int)fd, n);
}
static int fetch_victim(int n) { return fetched("WAY_VICTIM", n); }
static int fetch_supervisor(int n) { return fetched("WAY_SUPERVISOR", n); }
static int attach(const char *whose) {
    long pid = number(whose);
    if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
        return errno;
    return 0;
}
static int trace_victim(int n) { return attach("WAY_VICTIM") + 0 * n; }
static int trace_supervisor(int n) { return attach("WAY_SUPERVISOR") + 0 * n; }
static int write_victim(int n) {
    char text[16];
    token(text, n);
    struct iovec from = {text, 8}, to = {(void *)number("WAY_VICTIM_AT"), 8};
    return answer(syscall(SYS_process_vm_writev, number("WAY_VICTIM"), &from, 1UL, &to, 1UL, 0UL));
}
static int poke_victim(int n) {
    char path[64], text[16];
    token(text, n);
    sprintf(path, "/proc/%ld/mem", number("WAY_VICTIM"));
    int fd = open(path, O_RDWR);
    return fd < 0 ? errno : answer(pwrite(fd, text, 8, number("WAY_VICTIM_AT")));
}
static int poke_supervisor(int n) {
    char path[64];
    (void)n;
    sprintf(path, "/proc/%ld/mem", number("WAY_SUPERVISOR"));
    return answer(open(path, O_RDWR));
}
static int files_of_supervisor(int n) {
    char path[64];
    (void)n;
    for (int each = 0; each < 64; each++) {
        sprintf(path, "/proc/%ld/fd/%d", number("WAY_SUPERVISOR"), each);
        if (open(path, O_RDWR | O_NONBLOCK) >= 0)
            return 0;
    }
    return EACCES;
}
static int signal_supervisor(int n) { return answer(kill((pid_t)number("WAY_SUPERVISOR"), 0)) + 0 * n; }
static int other_network(int n) {
    char path[64];
    sprintf(path, "/proc/%ld/ns/net", number("WAY_BEYOND"));
    int fd = open(path, O_RDONLY);
    return fd < 0 ? errno : answer(syscall(SYS_setns, fd, CLONE_NEWNET)) + 0 * n;
}
static int other_process(int n) {
    long process = syscall(434, number("WAY_BEYOND"), 0);
    return process < 0 ? errno : answer(syscall(SYS_setns, process, CLONE_NEWNET)) + 0 * n;
}
static int new_route(int n) { /* RTM_NEWROUTE for 203.0.113.0/24 by the card */
    struct {
        uint32_t length;
        uint16_t kind, flags;
        uint32_t sequence, port;
        uint8_t family, to, from, tos, table, protocol, scope, type;
        uint32_t more;
        uint16_t size, what;
        uint32_t value;
        uint16_t size2, what2;
        uint32_t value2;
    } asked = {44, 24, 0x405, 1, 0, 2, 24, 0, 0, 254, 4, 253, 1, 0, 8, 1, inet_addr("203.0.113.0"), 8, 4, 0};
    int reply[64] = {0}, fd = line(AF_NETLINK, SOCK_RAW, 0);
    asked.value2 = if_nametoindex(told("WAY_CARD"));
    asked.value += htonl(0) + 0 * (unsigned)n;
    if (fd < 0 || send(fd, &asked, sizeof asked, 0) < 0 || recv(fd, reply, sizeof reply, 0) < 20)
        return errno;
    return -reply[4] == EEXIST ? 0 : -reply[4];
}
static int own_network(int n) { /* a network of our own, with all rights in it, leads nowhere */
    int got = alone(CLONE_NEWNET);
    return got ? got : tcp4(n);
}

static int own_processes(int n) { /* process numbers of our own, in which we are the first */
    int status = 0, got = alone(CLONE_NEWPID);
    if (got)
        return got;
    pid_t pid = fork();
    if (pid == 0)
        _exit(tcp4(n));
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}
static int named_pipe(int n) {
    char path[200];
    in_folder(path, "foreign/pipe");
    int fd = open(path, O_WRONLY | O_NONBLOCK);
    return fd < 0 ? errno : say(fd, n);
}

/* --- races ---------------------------------------------------------------------------------------------------------- */
static place flipping, inside, outside;
static socklen_t flip_length;
static volatile int over;
static volatile long flips;
static char flip_path[3][200];
static void *flip(void *unused) {
    while (!over) {
        memcpy(&flipping, &outside, flip_length);
        for (volatile int wait = 0; wait < 300; wait++)
            ;
        memcpy(&flipping, &inside, flip_length);
        flips++;
        for (volatile int wait = 0; wait < 300; wait++)
            ;
    }
    return unused;
}
static int reached(int fd) { /* whether the other end is the foreign program */
    place peer;
    socklen_t length = sizeof peer;
    struct ucred who = {0, 0, 0};
    getpeername(fd, &peer.any, &length);
    if (peer.any.sa_family == AF_INET)
        return ntohs(peer.v4.sin_port) == number("WAY_FOREIGN");
    length = sizeof who;
    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length);
    return who.pid == number("WAY_STAGE");
}
static int raced(int n, void *(*work)(void *), int kind, int family) { /* until it is won, or tried often enough */
    pthread_t other;
    int got = EACCES;
    over = 0, flips = 0;
    pthread_create(&other, NULL, work, NULL);
    for (long each = 0; got && (each < number("WAY_TRIES") || (flips < 300 && each < 50000)); each++) {
        int fd = line(family, kind | SOCK_CLOEXEC, 0);
        if (fd >= 0 && syscall(SYS_connect, fd, &flipping, flip_length) == 0 && reached(fd))
            got = say(fd, n);
        close(fd);
    }
    over = 1;
    pthread_join(other, NULL);
    return got;
}
static int race_address(int n) {
    if (own_listener(n) < 0)
        return errno;
    flip_length = at(&inside, "127.0.0.1", port_of(n));
    at(&outside, "127.0.0.1", (int)number("WAY_FOREIGN"));
    return raced(n, flip, SOCK_STREAM, AF_INET);
}
static void *flip_file(void *unused) {
    char beside[220];
    sprintf(beside, "%s.new", flip_path[0]);
    for (int which = 1; !over; which = 3 - which, flips++) {
        unlink(beside);
        if (symlink(flip_path[which], beside) == 0)
            rename(beside, flip_path[0]);
    }
    return unused;
}
static int race_path(int n) {
    if (unix_listen(n, flip_path[1]) < 0)
        return errno;
    in_folder(flip_path[2], "foreign/docker.sock");
    sprintf(flip_path[0], "%s/own/r%d", told("WAY_FOLDER"), n);
    unlink(flip_path[0]);
    if (symlink(flip_path[1], flip_path[0]) < 0)
        return errno;
    flip_length = path_at(&flipping, flip_path[0]);
    return raced(n, flip_file, SOCK_STREAM, AF_UNIX);
}
static void *pages;
static void *flip_pages(void *unused) {
    while (!over) {
        mmap(pages, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        mmap(pages, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        memcpy(pages, &outside, flip_length);
    }
    return unused;
}
static int race_pages(int n) { /* the memory that holds the address comes and goes; a fault in it must not kill us */
    pthread_t other;
    over = 0;
    signal(SIGSEGV, SIG_IGN);
    flip_length = at(&outside, told("WAY_OUT4"), port_of(n));
    pages = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pid_t pid = fork();
    if (pid == 0) {
        pthread_create(&other, NULL, flip_pages, NULL);
        for (int each = 0; each < number("WAY_TRIES") / 5; each++) {
            int fd = line(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
            syscall(SYS_connect, fd, pages, flip_length);
            close(fd);
        }
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    return EACCES;
}
static int swapped[3];
static void *flip_line(void *unused) {
    for (int which = 1; !over; which = 3 - which, flips++)
        dup2(swapped[which], swapped[0]);
    return unused;
}
static int race_line(int n) { /* the descriptor means an unconnected socket, or one that is connected among ourselves */
    pthread_t other;
    place where;
    socklen_t length = at(&where, told("WAY_OUT4"), port_of(n)), own = at(&inside, "127.0.0.1", port_of(n));
    if (own_listener(n) < 0)
        return errno;
    over = 0, flips = 0;
    swapped[1] = line(AF_INET, SOCK_STREAM, 0);
    swapped[2] = line(AF_UNIX, SOCK_STREAM, 0);
    swapped[0] = dup(swapped[1]);
    syscall(SYS_connect, swapped[1], &inside, own);
    pthread_create(&other, NULL, flip_line, NULL);
    int got = EACCES; /* nobody listens there: refused from outside, it has been outside */
    for (long each = 0; got == EACCES && each < number("WAY_TRIES") / 5; each++) {
        struct sockaddr none = {.sa_family = AF_UNSPEC};
        syscall(SYS_connect, swapped[0], &none, sizeof none);
        got = syscall(SYS_connect, swapped[0], &where, length) == 0 ? say(swapped[0], n) : errno;
        if (got != ECONNREFUSED)
            got = EACCES;
    }
    over = 1;
    pthread_join(other, NULL);
    return got;
}

static const struct {
    const char *name;
    int (*way)(int);
} WAYS[] = {
    {"tcp4", tcp4}, {"tcp6", tcp6}, {"tcp-mapped", mapped}, {"tcp-scoped", scoped}, {"tcp-nonblocking", nonblocking},
    {"tcp-broadcast", broadcast}, {"tcp-multicast", multicast}, {"address-short", too_short}, {"address-long", too_long},
    {"address-huge", huge}, {"address-high-bits", high_bits}, {"address-no-family", no_family},
    {"address-odd-family", odd_family}, {"address-inet6-on-inet", wrong_family4}, {"address-inet-on-inet6", wrong_family6},
    {"address-netlink-on-inet", netlink_family}, {"address-unaligned", unaligned}, {"tcp-reconnected", reconnected},
    {"source-route", source_route}, {"source-route-high-bits", option_bits}, {"bind-to-device", by_device},
    {"fastopen-sendto", fast_sendto}, {"fastopen-sendmsg", fast_sendmsg}, {"fastopen-sendmmsg", fast_sendmmsg},
    {"fastopen-high-bits", fast_bits}, {"fastopen-connect", fast_connect},
    {"own-by-options", by_options}, {"own-from-link-local", from_link_local}, {"own-from-elsewhere", from_elsewhere},
    {"fastopen-in-header", fast_header}, {"named-pipe", named_pipe}, {"own-processes", own_processes}, {"mptcp", mptcp}, {"mptcp6", mptcp6},
    {"sctp", sctp}, {"sctp-packets", sctp_packets}, {"smc", smc}, {"smc-inet", smc_inet}, {"dccp", dccp},
    {"udp-connect", udp_connect}, {"udp-sendto", udp_sendto}, {"udp-sendmsg", udp_sendmsg},
    {"udp-sendmmsg", udp_sendmmsg}, {"udp6", udp6}, {"udp-mapped", udp_mapped}, {"udp-multicast", udp_multicast},
    {"udplite", udplite}, {"ping", ping}, {"ping6", ping6}, {"raw-icmp", raw_icmp}, {"raw-protocol", raw_odd},
    {"raw-header", raw_header}, {"packet-raw", packet_raw}, {"packet-cooked", packet_cooked}, {"packet-old", packet_old},
    {"igmp-membership", igmp}, {"mld-membership", mld}, {"dns-outside", dns_outside}, {"dns-stub", dns_stub},
    {"dns-stub-tcp", dns_stub_tcp}, {"getaddrinfo", lookup}, {"res-query", resolver}, {"family", family}, {"call", call},
    {"seccomp-allow-all", allow_all}, {"seccomp-listener", listener}, {"int80", thirty_two_bits}, {"x32", x32},
    {"clone3", clone3}, {"vfork", vforked}, {"setuid-program", setuid_program}, {"tiocsti", tiocsti},
    {"tiocsti-high-bits", tiocsti_bits}, {"tun", tun}, {"open", opened}, {"listen-any4", hear4}, {"listen-any6", hear6},
    {"listen-card", hear_card}, {"listen-unbound", hear_unbound}, {"loopback4", loop4}, {"loopback-other", loop_other},
    {"loopback6", loop6}, {"loopback-mapped", loop_mapped}, {"loopback-any4", loop_any}, {"loopback-any6", loop_any6},
    {"loopback-by-card", loop_card}, {"loopback-udp", loop_udp}, {"reuseport", same_port}, {"port-taken-over", taken_over},
    {"unix-stream", unix_stream}, {"unix-packets", unix_packets}, {"unix-datagrams", unix_datagrams},
    {"unix-pair", unix_pair}, {"unix-abstract", unix_abstract}, {"unix-symlink", unix_link},
    {"unix-relative", unix_relative}, {"unix-proc-root", unix_root}, {"unix-proc-fd", unix_handle},
    {"unix-renamed", unix_renamed}, {"unix-mounted", unix_mounted}, {"unix-chroot", unix_rooted},
    {"inherited-socket", inherited}, {"handed-over", handed_over}, {"pidfd-getfd", fetch_victim},
    {"pidfd-getfd-supervisor", fetch_supervisor}, {"ptrace", trace_victim}, {"ptrace-supervisor", trace_supervisor},
    {"process-vm-writev", write_victim}, {"proc-mem", poke_victim}, {"proc-mem-supervisor", poke_supervisor},
    {"proc-fd-supervisor", files_of_supervisor}, {"signal-supervisor", signal_supervisor}, {"setns", other_network},
    {"setns-pidfd", other_process}, {"netlink-route", new_route}, {"own-network", own_network},
    {"race-address", race_address}, {"race-path", race_path}, {"race-pages", race_pages}, {"race-line", race_line},
};

int try_way(const char *name, int n) {
    for (unsigned each = 0; each < sizeof WAYS / sizeof *WAYS; each++)
        if (strcmp(WAYS[each].name, name) == 0) {
            errno = 0;
            return WAYS[each].way(n);
        }
    return -1;
}

int main(int count, char **words) {
    char text[64];
    if (count == 1) { /* a victim: it waits, with something to be written to */
        static char buffer[16] = "untouched";
        printf("%p\n", (void *)buffer);
        fflush(stdout);
        pause();
        return 0;
    }
    int size = sprintf(text, "%d %d\n", (int)getpid(), try_way(words[1], atoi(words[2])));
    return write(atoi(words[3]), text, size) == size ? 0 : 1;
}
