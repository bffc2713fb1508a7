/* common_test.c: the shared helper library, common/net.h.
 *
 * A signal, an end of descriptors or a slow reader is real wherever the kernel
 * gives it on demand; the few calls whose errors it does not are replaced by
 * the stand-ins below.
 */
#include "harness.h"
#include "net.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    FOREVER_MS = 3600 * 1000, /* longer than a test may last */
    LONGEST_LINE = 65536
};

/* ---- Stand-ins for calls of the C library -------------------------------- */

/* The errors that the next calls give, up to a 0; then the real call. */
static const int *accept_errors = (const int[]){0};
static const int *connect_errors = (const int[]){0};
static const int *setsockopt_errors = (const int[]){0};
static const int *listen_errors = (const int[]){0};

static bool connect_interrupted; /* goes on after EINTR, as a real one does */
static int connecting = -1;      /* the socket that does */
static int starved_accepts;      /* calls that ended with EMFILE */
static int spare = -1;           /* closed at the third of them */

#define REAL(call, stand_in) ((__typeof__(&(stand_in)))dlsym(RTLD_NEXT, call))

static bool fails_by(const int **errors)
{
    if (**errors == 0)
        return false;
    errno = *(*errors)++;
    return true;
}

int stand_in_accept(int fd, struct sockaddr *address,
                    socklen_t *size) __asm__("accept");
int stand_in_accept(int fd, struct sockaddr *address, socklen_t *size)
{
    if (fails_by(&accept_errors))
        return -1;
    int client = REAL("accept", stand_in_accept)(fd, address, size);
    int error = errno;
    if (client == -1 && error == EMFILE && ++starved_accepts == 3)
        close(spare);
    errno = error;
    return client;
}

int stand_in_connect(int fd, const struct sockaddr *address,
                     socklen_t size) __asm__("connect");
int stand_in_connect(int fd, const struct sockaddr *address, socklen_t size)
{
    if (fails_by(&connect_errors))
        return -1;
    if (!connect_interrupted)
        return REAL("connect", stand_in_connect)(fd, address, size);

    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    int result = REAL("connect", stand_in_connect)(fd, address, size);
    if (result == -1 && errno == EINPROGRESS)
        errno = EINTR;
    connecting = fd;
    int error = errno;
    fcntl(fd, F_SETFL, flags);
    errno = error;
    return result;
}

int stand_in_setsockopt(int fd, int level, int name, const void *value,
                        socklen_t size) __asm__("setsockopt");
int stand_in_setsockopt(int fd, int level, int name, const void *value,
                        socklen_t size)
{
    if (fails_by(&setsockopt_errors))
        return -1;
    return REAL("setsockopt", stand_in_setsockopt)(fd, level, name, value,
                                                   size);
}

int stand_in_listen(int fd, int backlog) __asm__("listen");
int stand_in_listen(int fd, int backlog)
{
    if (fails_by(&listen_errors))
        return -1;
    return REAL("listen", stand_in_listen)(fd, backlog);
}

/* The name two.example has the addresses 127.0.0.2 and 127.0.0.1. */
int stand_in_getaddrinfo(const char *host, const char *service,
                         const struct addrinfo *hints,
                         struct addrinfo **list) __asm__("getaddrinfo");
int stand_in_getaddrinfo(const char *host, const char *service,
                         const struct addrinfo *hints, struct addrinfo **list)
{
    __typeof__(&stand_in_getaddrinfo) real =
        REAL("getaddrinfo", stand_in_getaddrinfo);

    if (strcmp(host, "two.example") != 0)
        return real(host, service, hints, list);
    ck_assert_int_eq(real("127.0.0.2", service, hints, list), 0);
    return real("127.0.0.1", service, hints, &(*list)->ai_next);
}

/* ---- What the tests share ------------------------------------------------ */

static int open_descriptors(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");

    ck_assert_ptr_nonnull(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) != -1;
}

/* From here on no new descriptor can be had; feed gives them back. */
static struct rlimit fed;

static void starve(void)
{
    int lowest_free = dup(0);

    ck_assert_int_ge(lowest_free, 0);
    close(lowest_free);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &fed), 0);
    struct rlimit starved = fed;
    starved.rlim_cur = (rlim_t)lowest_free;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &starved), 0);
}

static void feed(void)
{
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &fed), 0);
}

/* A listening socket, and its port. */
static int listen_somewhere(uint16_t *port)
{
    const char *call;
    int listener = net_listen(0, &call);
    int bound = net_bound_port(listener);

    ck_assert_int_gt(bound, 0);
    *port = (uint16_t)bound;
    return listener;
}

static struct sockaddr_in ipv4_address(const char *number, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port)};

    ck_assert_int_eq(inet_pton(AF_INET, number, &address.sin_addr), 1);
    return address;
}

/* A listening socket on 127.0.0.1 alone. */
static int listen_on_loopback(uint16_t *port)
{
    struct sockaddr_in address = ipv4_address("127.0.0.1", 0);
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(
        bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 5), 0);
    *port = (uint16_t)net_bound_port(listener);
    return listener;
}

/* A port of the loopback interface on which nobody listens, and nobody will:
 * it stays bound. */
static uint16_t refusing_port(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&any, sizeof any), 0);
    return (uint16_t)net_bound_port(fd);
}

static int connect_or_fail(const char *host, uint16_t port)
{
    int error;
    int fd = net_connect(host, port, &error);

    ck_assert_msg(fd >= 0, "%s: %s", host, net_reason(error));
    return fd;
}

/* A TCP connection: the server's end and the client's. */
struct connection {
    int server, client;
};

static struct connection connected_pair(void)
{
    uint16_t port;
    int listener = listen_somewhere(&port);
    struct connection pair = {.client = connect_or_fail("127.0.0.1", port)};

    pair.server = net_accept(listener, NULL);
    ck_assert_int_ge(pair.server, 0);
    close(listener);
    return pair;
}

static void reset_connection(int fd)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    ck_assert_int_eq(
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    close(fd);
}

static void local_pair(int type, int pair[2])
{
    ck_assert_int_eq(socketpair(AF_UNIX, type, 0, pair), 0);
}

/* Buffers of this size, where the kernel would make them grow. */
static void limit_buffers(int fd, int size)
{
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size),
                     0);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size),
                     0);
}

static void put(int fd, const char *data, size_t size)
{
    ck_assert_int_eq(send(fd, data, size, MSG_NOSIGNAL), (ssize_t)size);
}

/* What a child found is in its exit status: nought if all was well. */
static void expect_child_ok(pid_t child)
{
    int status;

    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(status == 0, "the child ended with wait status %#x", status);
}

static pid_t start_child(void)
{
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    return child;
}

/* ---- Signals that meet a process in the middle of a blocked call --------- */

static int handled[2]; /* a byte comes out for each signal handled */

static void on_signal(int signal)
{
    int error = errno;

    (void)signal;
    if (write(handled[1], "", 1) != 1)
        abort();
    errno = error;
}

/* No SA_RESTART: blocked calls end with EINTR. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    ck_assert_int_eq(pipe(handled), 0);
    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
}

static bool is_asleep(pid_t pid)
{
    char path[64], text[512];

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        _exit(90);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    const char *name_end = strrchr(text, ')');
    return name_end != NULL && strncmp(name_end, ") S", 3) == 0;
}

/* For a child: returns once the parent sleeps. The parent's tests do so only in
 * the call under test. */
static void await_sleep(pid_t parent)
{
    while (!is_asleep(parent))
        sched_yield();
}

static void interrupt_three_times(pid_t parent)
{
    char byte;

    for (int i = 0; i < 3; i++) {
        await_sleep(parent);
        if (kill(parent, SIGUSR1) == -1 || read(handled[0], &byte, 1) != 1)
            _exit(91);
    }
    await_sleep(parent);
}

/* ---- Ports and addresses ------------------------------------------------- */

TEST("common.parse-port-range",
     .title = "net_parse_port takes 0 to 65535 in plain digits")
{
    static const struct {
        const char *text;
        uint16_t min, port;
    } good[] = {{"0", 0, 0},         {"1", 1, 1},
                {"80", 0, 80},       {"9999", 1, 9999},
                {"080", 0, 80},      {"1024", 1024, 1024},
                {"65535", 0, 65535}, {"65535", 65535, 65535}};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        uint16_t port = 4711;
        ck_assert_msg(net_parse_port(good[i].text, good[i].min, &port),
                      "\"%s\" was refused", good[i].text);
        ck_assert_uint_eq(port, good[i].port);
    }
}

TEST("common.parse-port-refusals",
     .title = "net_parse_port refuses all else and leaves the port alone")
{
    static const struct {
        const char *text;
        uint16_t min;
    } bad[] = {{"", 0},
               {"80x", 0},
               {"x80", 0},
               {" 80", 0},
               {"80 ", 0},
               {"80\n", 0},
               {"+80", 0},
               {"-1", 0},
               {"-0", 0},
               {"0x50", 0},
               {"8.0", 0},
               {"65536", 0},
               {"70000", 0},
               {"4294967376", 0},           /* 2^32 + 80 */
               {"18446744073709551696", 0}, /* 2^64 + 80 */
               {"99999999999", 0},
               {"0", 1},
               {"1023", 1024}};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint16_t port = 4711;
        ck_assert_msg(!net_parse_port(bad[i].text, bad[i].min, &port),
                      "\"%s\" was taken", bad[i].text);
        ck_assert_uint_eq(port, 4711);
    }
}

static struct sockaddr_in6 ipv6_address(const char *number, uint16_t port)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                   .sin6_port = htons(port)};

    ck_assert_int_eq(inet_pton(AF_INET6, number, &address.sin6_addr), 1);
    return address;
}

TEST("common.format-address",
     .title = "net_format_address gives numbers, mapped ones as IPv4")
{
    static const struct {
        const char *number, *shown;
    } ipv6[] = {{"::1", "::1"},
                {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
                {"::ffff:127.0.0.1", "127.0.0.1"},
                {"::ffff:255.254.1.0", "255.254.1.0"},
                {"1111:2222:3333:4444:5555:6666:7777:8888",
                 "1111:2222:3333:4444:5555:6666:7777:8888"}};
    char text[NET_ADDRESS_SIZE];

    struct sockaddr_in ipv4 = ipv4_address("192.0.2.255", 7);
    ck_assert_ptr_eq(net_format_address((struct sockaddr *)&ipv4, text), text);
    ck_assert_str_eq(text, "192.0.2.255");

    for (size_t i = 0; i < sizeof ipv6 / sizeof *ipv6; i++) {
        struct sockaddr_in6 address = ipv6_address(ipv6[i].number, 7);
        net_format_address((struct sockaddr *)&address, text);
        ck_assert_str_eq(text, ipv6[i].shown);
    }
}

TEST("common.format-address-scope",
     .title = "net_format_address names the interface of a link-local address")
{
    struct sockaddr_in6 address = ipv6_address("fe80::1", 7);
    char text[NET_ADDRESS_SIZE];

    address.sin6_scope_id = if_nametoindex("lo");
    net_format_address((struct sockaddr *)&address, text);
    ck_assert_str_eq(text, "fe80::1%lo");
}

TEST("common.format-address-family",
     .title = "net_format_address gives ? for a family that it does not know")
{
    struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "/socket"};
    char text[NET_ADDRESS_SIZE];

    net_format_address((struct sockaddr *)&local, text);
    ck_assert_str_eq(text, "?");
}

TEST("common.address-port",
     .title = "net_address_port reads the port of IPv4 and IPv6 addresses")
{
    struct sockaddr_in ipv4 = ipv4_address("192.0.2.1", 258);
    struct sockaddr_in6 ipv6 = ipv6_address("::1", 65535);
    struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "/socket"};

    ck_assert_uint_eq(net_address_port((struct sockaddr *)&ipv4), 258);
    ck_assert_uint_eq(net_address_port((struct sockaddr *)&ipv6), 65535);
    ck_assert_uint_eq(net_address_port((struct sockaddr *)&local), 0);
}

/* ---- Servers ------------------------------------------------------------- */

TEST("common.listen-everywhere",
     .title = "net_listen serves every IPv4 address, many clients at once")
{
    uint16_t port;
    int listener = listen_somewhere(&port);
    int clients[100];

    for (int i = 0; i < 100; i++)
        clients[i] = connect_or_fail(i % 2 ? "127.0.0.1" : "127.9.9.9", port);
    for (int i = 0; i < 100; i++) {
        int client = net_accept(listener, NULL);
        ck_assert_int_ge(client, 0);
        close(client);
        close(clients[i]);
    }
}

TEST("common.listen-port", .title = "net_listen takes the port it was given",
     .arena = true)
{
    uint16_t port;
    const char *call;
    int listener = listen_somewhere(&port);

    close(listener);
    listener = net_listen(port, &call);
    ck_assert_int_ge(listener, 0);
    ck_assert_int_eq(net_bound_port(listener), port);
}

TEST("common.listen-taken",
     .title = "net_listen fails in bind beside a running server")
{
    uint16_t port;
    const char *call = NULL;
    listen_somewhere(&port);
    int before = open_descriptors();

    ck_assert_int_eq(net_listen(port, &call), -1);
    ck_assert_int_eq(errno, EADDRINUSE);
    ck_assert_str_eq(call, "bind");
    ck_assert_int_eq(open_descriptors(), before);
}

TEST("common.listen-restart",
     .title = "net_listen takes a port whose old connections are in TIME_WAIT",
     .arena = true)
{
    uint16_t port;
    const char *call;
    char byte;
    int listener = listen_somewhere(&port);
    int client = connect_or_fail("127.0.0.1", port);
    int server = net_accept(listener, NULL);

    close(server); /* the side that closes first keeps the port busy */
    ck_assert_int_eq(recv(client, &byte, 1, 0), 0);
    close(client);
    close(listener);
    listener = net_listen(port, &call);
    ck_assert_msg(listener >= 0, "%s: %s", call, strerror(errno));
}

TEST("common.listen-starved",
     .title = "net_listen says that socket failed when descriptors run out")
{
    const char *call = NULL;

    starve();
    ck_assert_int_eq(net_listen(0, &call), -1);
    ck_assert_int_eq(errno, EMFILE);
    ck_assert_str_eq(call, "socket");
    feed();
}

TEST("common.listen-errors",
     .title = "net_listen closes its socket when a later call fails")
{
    const char *call = NULL;
    int before = open_descriptors();

    setsockopt_errors = (const int[]){ENOBUFS, 0};
    ck_assert_int_eq(net_listen(0, &call), -1);
    ck_assert_int_eq(errno, ENOBUFS);
    ck_assert_str_eq(call, "setsockopt");

    listen_errors = (const int[]){EADDRINUSE, 0};
    ck_assert_int_eq(net_listen(0, &call), -1);
    ck_assert_int_eq(errno, EADDRINUSE);
    ck_assert_str_eq(call, "listen");

    ck_assert_int_eq(open_descriptors(), before);
}

TEST("common.bound-port",
     .title = "net_bound_port knows TCP and UDP, IPv4 and IPv6")
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    int udp = socket(AF_INET, SOCK_DGRAM, 0);

    ck_assert_int_eq(net_bound_port(udp), 0);
    ck_assert_int_eq(bind(udp, (struct sockaddr *)&any, sizeof any), 0);
    ck_assert_int_gt(net_bound_port(udp), 0);

    struct sockaddr_in6 any6 = {.sin6_family = AF_INET6};
    int tcp6 = socket(AF_INET6, SOCK_STREAM, 0);
    if (tcp6 == -1 && errno == EAFNOSUPPORT)
        return; /* a kernel without IPv6 */
    ck_assert_int_eq(bind(tcp6, (struct sockaddr *)&any6, sizeof any6), 0);
    ck_assert_int_gt(net_bound_port(tcp6), 0);
}

TEST("common.bound-port-errors",
     .title = "net_bound_port fails for what is no socket")
{
    ck_assert_int_eq(net_bound_port(-1), -1);
    ck_assert_int_eq(errno, EBADF);

    int file = open("/dev/null", O_RDONLY);
    ck_assert_int_eq(net_bound_port(file), -1);
    ck_assert_int_eq(errno, ENOTSOCK);
}

/* stdout is fd from now on; returns what it was. */
static int redirect_stdout(int fd)
{
    int old = dup(STDOUT_FILENO);

    ck_assert_int_eq(fflush(stdout), 0);
    ck_assert_int_eq(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
    return old;
}

TEST("common.announce",
     .title = "net_announce prints the ready line, flushed, once")
{
    uint16_t port;
    int listener = listen_somewhere(&port);
    int out[2];
    char expected[64], printed[64] = "";

    ck_assert_int_eq(pipe(out), 0);
    int old = redirect_stdout(out[1]);
    int result = net_announce(listener);
    dup2(old, STDOUT_FILENO);
    close(out[1]);

    ck_assert_int_eq(result, 0);
    ck_assert_int_gt(read(out[0], printed, sizeof printed - 1), 0);
    snprintf(expected, sizeof expected, "listening on port %d\n", port);
    ck_assert_str_eq(printed, expected);
}

TEST("common.announce-errors",
     .title = "net_announce fails without a socket or a working stdout")
{
    uint16_t port;
    int listener = listen_somewhere(&port);
    int full = open("/dev/full", O_WRONLY);

    ck_assert_int_ge(full, 0);
    ck_assert_int_eq(net_announce(-1), -1);
    ck_assert_int_eq(errno, EBADF);

    int old = redirect_stdout(full);
    int result = net_announce(listener);
    int error = errno;
    dup2(old, STDOUT_FILENO);
    ck_assert_int_eq(result, -1);
    ck_assert_int_eq(error, ENOSPC);
}

TEST("common.accept-peer",
     .title = "net_accept gives the client's socket and its address")
{
    uint16_t port;
    struct sockaddr_storage peer;
    char text[NET_ADDRESS_SIZE], byte;
    int listener = listen_somewhere(&port);
    int client = connect_or_fail("127.0.0.1", port);
    int server = net_accept(listener, &peer);

    ck_assert_int_ge(server, 0);
    ck_assert_str_eq(net_format_address((struct sockaddr *)&peer, text),
                     "127.0.0.1");
    ck_assert_int_eq(net_address_port((struct sockaddr *)&peer),
                     net_bound_port(client));
    put(client, "x", 1);
    ck_assert_int_eq(recv(server, &byte, 1, 0), 1);
}

TEST("common.accept-interrupted",
     .title = "net_accept goes on waiting after signals")
{
    uint16_t port;
    int listener = listen_somewhere(&port);
    pid_t parent = getpid();

    catch_signals();
    pid_t child = start_child();
    if (child == 0) {
        int error;
        interrupt_three_times(parent);
        _exit(net_connect("127.0.0.1", port, &error) == -1);
    }
    ck_assert_int_ge(net_accept(listener, NULL), 0);
    expect_child_ok(child);
}

TEST("common.accept-transient",
     .title = "net_accept outlives every error that accept(2) calls passing")
{
    static const int passing[] = {EINTR,
                                  ECONNABORTED,
                                  ENETDOWN,
                                  EPROTO,
                                  ENOPROTOOPT,
                                  EHOSTDOWN,
                                  ENONET,
                                  EHOSTUNREACH,
                                  EOPNOTSUPP,
                                  ENETUNREACH,
                                  EPERM,
                                  ENOBUFS,
                                  ENOMEM,
                                  EMFILE,
                                  ENFILE,
                                  ETIMEDOUT,
                                  0};
    uint16_t port;
    int listener = listen_somewhere(&port);

    connect_or_fail("127.0.0.1", port);
    accept_errors = passing;
    ck_assert_int_ge(net_accept(listener, NULL), 0);
    ck_assert_int_eq(*accept_errors, 0);
}

TEST("common.accept-starved",
     .title = "net_accept pauses while descriptors have run out, then serves")
{
    uint16_t port;
    struct rusage before, after;
    int listener = listen_somewhere(&port);

    connect_or_fail("127.0.0.1", port);
    spare = open("/dev/null", O_RDONLY);
    starve();
    getrusage(RUSAGE_SELF, &before);
    int server = net_accept(listener, NULL);
    getrusage(RUSAGE_SELF, &after);
    feed();

    ck_assert_int_eq(server, spare);
    ck_assert_int_eq(starved_accepts, 3);
    /* It slept after each of the three. */
    ck_assert_int_ge(after.ru_nvcsw - before.ru_nvcsw, 3);
}

TEST("common.accept-nonblocking",
     .title = "net_accept never waits on a non-blocking listener")
{
    uint16_t port;
    int listener = listen_somewhere(&port);

    ck_assert_int_eq(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(net_accept(listener, NULL), -1);
    ck_assert_int_eq(errno, EAGAIN);

    connect_or_fail("127.0.0.1", port);
    ck_assert_int_eq(net_wait(listener, POLLIN, INT64_MAX), 1);
    starve();
    ck_assert_int_eq(net_accept(listener, NULL), -1);
    ck_assert_int_eq(errno, EMFILE);
    ck_assert_int_eq(starved_accepts, 1);
    feed();

    accept_errors = (const int[]){EINTR, ECONNABORTED, 0};
    ck_assert_int_ge(net_accept(listener, NULL), 0);
}

TEST("common.accept-errors",
     .title = "net_accept fails for a socket that does not listen")
{
    int before = open_descriptors();

    ck_assert_int_eq(net_accept(-1, NULL), -1);
    ck_assert_int_eq(errno, EBADF);

    int file = open("/dev/null", O_RDONLY);
    ck_assert_int_eq(net_accept(file, NULL), -1);
    ck_assert_int_eq(errno, ENOTSOCK);

    int tcp = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(net_accept(tcp, NULL), -1);
    ck_assert_int_eq(errno, EINVAL);

    int udp = socket(AF_INET, SOCK_DGRAM, 0);
    ck_assert_int_eq(net_accept(udp, NULL), -1);
    ck_assert_int_eq(errno, EOPNOTSUPP);

    ck_assert_int_eq(open_descriptors(), before + 3);
}

/* ---- Clients ------------------------------------------------------------- */

TEST("common.connect", .title = "net_connect takes a number or a name")
{
    uint16_t port;
    int listener = listen_somewhere(&port);
    int before = open_descriptors();
    int by_number = connect_or_fail("127.0.0.1", port);
    int by_name = connect_or_fail("localhost", port);

    ck_assert_int_eq(open_descriptors(), before + 2);
    ck_assert_int_ge(net_accept(listener, NULL), 0);
    ck_assert_int_ge(net_accept(listener, NULL), 0);
    ck_assert_int_eq(fcntl(by_number, F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_eq(fcntl(by_name, F_GETFL) & O_NONBLOCK, 0);
}

TEST("common.connect-ipv6", .title = "net_connect takes an IPv6 number")
{
    struct sockaddr_in6 address = ipv6_address("::1", 0);
    int listener = socket(AF_INET6, SOCK_STREAM, 0);

    if (listener == -1 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) == -1)
        return; /* a machine without IPv6 */
    ck_assert_int_eq(listen(listener, 5), 0);
    connect_or_fail("::1", (uint16_t)net_bound_port(listener));
    ck_assert_int_ge(net_accept(listener, NULL), 0);
}

static void expect_peer(int fd, const char *number)
{
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    char text[NET_ADDRESS_SIZE];

    ck_assert_int_eq(getpeername(fd, (struct sockaddr *)&peer, &size), 0);
    ck_assert_str_eq(net_format_address((struct sockaddr *)&peer, text),
                     number);
}

TEST("common.connect-next-address",
     .title = "net_connect tries the next address where the first refuses")
{
    uint16_t port;
    listen_on_loopback(&port);
    int before = open_descriptors();
    int fd = connect_or_fail("two.example", port);

    expect_peer(fd, "127.0.0.1");
    ck_assert_int_eq(open_descriptors(), before + 1);
}

TEST("common.connect-first-address",
     .title = "net_connect leaves the other addresses alone once one answers")
{
    uint16_t port;
    listen_somewhere(&port);
    int before = open_descriptors();
    int fd = connect_or_fail("two.example", port);

    expect_peer(fd, "127.0.0.2");
    ck_assert_int_eq(open_descriptors(), before + 1);
}

TEST("common.connect-refused",
     .title = "net_connect reports a refusal, and keeps no descriptor")
{
    int error = 0;
    uint16_t port = refusing_port();
    int before = open_descriptors();

    ck_assert_int_eq(net_connect("two.example", port, &error), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
    ck_assert_int_eq(error, EAI_SYSTEM);
    ck_assert_str_eq(net_reason(error), "Connection refused");
    ck_assert_int_eq(open_descriptors(), before);
}

TEST("common.connect-first-reason",
     .title = "net_connect reports why the first of several addresses failed")
{
    int error = 0;

    connect_errors = (const int[]){ETIMEDOUT, ENETUNREACH, 0};
    ck_assert_int_eq(net_connect("two.example", 9, &error), -1);
    ck_assert_int_eq(errno, ETIMEDOUT);
    ck_assert_int_eq(error, EAI_SYSTEM);
    ck_assert_int_eq(*connect_errors, 0);
}

TEST("common.connect-unknown-host",
     .title = "net_connect reports an unknown host in the resolver's words")
{
    int error = 0;
    int before = open_descriptors();

    ck_assert_int_eq(net_connect("", 9, &error), -1);
    ck_assert_int_eq(error, EAI_NONAME);
    errno = ECONNREFUSED; /* must not show */
    ck_assert_str_eq(net_reason(error), gai_strerror(EAI_NONAME));
    ck_assert_int_eq(open_descriptors(), before);
}

TEST("common.connect-starved",
     .title = "net_connect reports that descriptors have run out")
{
    int error = 0;
    uint16_t port;

    listen_somewhere(&port);
    starve();
    ck_assert_int_eq(net_connect("127.0.0.1", port, &error), -1);
    ck_assert_int_eq(errno, EMFILE);
    ck_assert_int_eq(error, EAI_SYSTEM);
    feed();
}

TEST("common.connect-interrupted",
     .title = "net_connect waits for a connect that a signal interrupted")
{
    int error = 0;
    uint16_t port, refusing = refusing_port();
    int listener = listen_somewhere(&port);
    int before = open_descriptors();

    connect_interrupted = true;
    ck_assert_int_eq(net_connect("127.0.0.1", refusing, &error), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
    ck_assert_int_eq(open_descriptors(), before);

    int client = connect_or_fail("127.0.0.1", port);
    int server = net_accept(listener, NULL);
    put(client, "x", 1);
    ck_assert_int_eq(net_wait(server, POLLIN, INT64_MAX), 1);
}

static void end_connecting(int signal)
{
    (void)signal;
    shutdown(connecting, SHUT_RDWR);
}

TEST("common.connect-interrupted-early",
     .title = "net_connect does not take a connect under way for a connection")
{
    struct sigaction action = {.sa_handler = end_connecting};
    pid_t parent = getpid();
    int error = 0;
    uint16_t port;

    /* A full queue: the listener answers nobody else. */
    int listener = listen_on_loopback(&port);
    ck_assert_int_eq(listen(listener, 0), 0);
    connect_or_fail("127.0.0.1", port);

    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
    pid_t child = start_child();
    if (child == 0) {
        await_sleep(parent);
        _exit(kill(parent, SIGUSR1) == -1);
    }
    connect_interrupted = true;
    ck_assert_int_eq(net_connect("127.0.0.1", port, &error), -1);
    ck_assert_int_eq(errno, ECONNRESET);
    ck_assert(!is_open(connecting));
    expect_child_ok(child);
}

/* ---- Sending ------------------------------------------------------------- */

enum { MANY = 1 << 20 };

static char pattern_at(size_t i)
{
    return (char)(i * 7 + i / 251);
}

static char *pattern(size_t size)
{
    char *data = malloc(size);

    ck_assert_ptr_nonnull(data);
    for (size_t i = 0; i < size; i++)
        data[i] = pattern_at(i);
    return data;
}

/* For a child: reads the pattern to the end of the stream, a little at a time;
 * true if all of it came. */
static bool takes_pattern(int fd, size_t size)
{
    char piece[1000];
    size_t at = 0;
    ssize_t got;

    while ((got = recv(fd, piece, sizeof piece, 0)) > 0)
        for (ssize_t i = 0; i < got; i++)
            if (piece[i] != pattern_at(at++))
                return false;
    return got == 0 && at == size;
}

TEST("common.send-all-slow-reader",
     .title = "net_send_all sends everything, in whatever pieces it goes out")
{
    struct connection pair = connected_pair();
    char *data = pattern(MANY);

    limit_buffers(pair.server, 4096);
    pid_t child = start_child();
    if (child == 0) {
        close(pair.server);
        _exit(!takes_pattern(pair.client, MANY));
    }
    ck_assert_int_eq(net_send_all(pair.server, data, MANY), 0);
    close(pair.server);
    expect_child_ok(child);
    free(data);
}

TEST("common.send-all-interrupted",
     .title = "net_send_all goes on after signals and short counts")
{
    int pair[2];
    pid_t parent = getpid();
    char *data = pattern(MANY);

    local_pair(SOCK_STREAM, pair);
    limit_buffers(pair[0], 4096);
    catch_signals();
    pid_t child = start_child();
    if (child == 0) {
        close(pair[0]);
        interrupt_three_times(parent); /* the buffer is full by then */
        _exit(!takes_pattern(pair[1], MANY));
    }
    close(pair[1]);
    ck_assert_int_eq(net_send_all(pair[0], data, MANY), 0);
    close(pair[0]);
    expect_child_ok(child);
    free(data);
}

TEST("common.send-all-broken-pipe",
     .title = "net_send_all reports a peer that has gone; no SIGPIPE")
{
    int pair[2];

    local_pair(SOCK_STREAM, pair);
    close(pair[1]);
    signal(SIGPIPE, SIG_DFL);
    ck_assert_int_eq(net_send_all(pair[0], "x", 1), -1);
    ck_assert_int_eq(errno, EPIPE);
}

TEST("common.send-all-reset", .title = "net_send_all reports a reset")
{
    struct connection pair = connected_pair();

    reset_connection(pair.client);
    ck_assert_int_eq(net_wait(pair.server, POLLIN, INT64_MAX), 1);
    ck_assert_int_eq(net_send_all(pair.server, "x", 1), -1);
    ck_assert_int_eq(errno, ECONNRESET);
}

TEST("common.send-all-nothing", .title = "net_send_all sends nothing as asked")
{
    int pair[2];
    char byte;

    local_pair(SOCK_SEQPACKET, pair);
    ck_assert_int_eq(net_send_all(pair[0], "", 0), 0);
    ck_assert_int_eq(recv(pair[1], &byte, 1, MSG_DONTWAIT), -1);
    ck_assert_int_eq(errno, EAGAIN);
}

/* ---- Reading lines ------------------------------------------------------- */

/* A reader whose peer's every send is one read: a packet socket. */
struct fixture {
    struct net_reader reader;
    int peer;
};

static void open_reader(struct fixture *fixture, char *buffer, size_t size)
{
    int pair[2];

    local_pair(SOCK_SEQPACKET, pair);
    fixture->peer = pair[1];
    net_reader_init(&fixture->reader, pair[0], buffer, size);
}

static void expect_line(struct net_reader *reader, const char *data,
                        size_t size)
{
    char *line = NULL;
    size_t length = 0;

    ck_assert_int_eq(net_read_line(reader, &line, &length), 1);
    ck_assert_uint_eq(length, size);
    ck_assert_mem_eq(line, data, size);
}

static void expect_no_line(struct net_reader *reader, int result, int error)
{
    char *line;
    size_t length;

    errno = 0;
    ck_assert_int_eq(net_read_line(reader, &line, &length), result);
    ck_assert_int_eq(errno, error);
}

TEST("common.read-line-bytes",
     .title = "net_read_line passes every byte but the newline")
{
    static const char sent[] = "Hello\n\n\0zero\0\n\r\n\x80\xff caf\xc3\xa9\n";
    struct fixture fixture;
    char buffer[64];

    open_reader(&fixture, buffer, sizeof buffer);
    put(fixture.peer, sent, sizeof sent - 1);
    expect_line(&fixture.reader, "Hello", 5);
    expect_line(&fixture.reader, "", 0);
    expect_line(&fixture.reader, "\0zero\0", 6);
    expect_line(&fixture.reader, "\r", 1);
    expect_line(&fixture.reader, "\x80\xff caf\xc3\xa9", 8);
}

TEST("common.read-line-end",
     .title = "net_read_line takes a last line without newline, then the end")
{
    struct fixture fixture;
    char buffer[64];

    open_reader(&fixture, buffer, sizeof buffer);
    put(fixture.peer, "one\ntw", 6);
    put(fixture.peer, "o", 1);
    close(fixture.peer);
    expect_line(&fixture.reader, "one", 3);
    expect_line(&fixture.reader, "two", 3);
    expect_no_line(&fixture.reader, 0, 0);
    expect_no_line(&fixture.reader, 0, 0);
}

TEST("common.read-line-nothing",
     .title = "net_read_line makes no line of nothing")
{
    static const char *const sent[] = {"", "one\n"};

    for (int i = 0; i < 2; i++) {
        struct fixture fixture;
        char buffer[64];

        open_reader(&fixture, buffer, sizeof buffer);
        if (*sent[i] != '\0') {
            put(fixture.peer, sent[i], strlen(sent[i]));
            expect_line(&fixture.reader, "one", 3);
        }
        close(fixture.peer);
        expect_no_line(&fixture.reader, 0, 0);
    }
}

TEST("common.read-line-dribble",
     .title = "net_read_line loses nothing when bytes come one at a time")
{
    static const char text[] = "Hello\n\nAgain!\n";
    struct fixture fixture;
    char buffer[8];
    const char *line = text;

    open_reader(&fixture, buffer, sizeof buffer);
    ck_assert_int_eq(fcntl(fixture.reader.fd, F_SETFL, O_NONBLOCK), 0);
    for (const char *c = text; *c != '\0'; c++) {
        expect_no_line(&fixture.reader, -1, EAGAIN);
        put(fixture.peer, c, 1);
        if (*c == '\n') {
            expect_line(&fixture.reader, line, (size_t)(c - line));
            line = c + 1;
        }
    }
    close(fixture.peer);
    expect_no_line(&fixture.reader, 0, 0);
}

TEST("common.read-line-split",
     .title = "net_read_line puts lines together across any two reads")
{
    static const char text[] = "ab\n\ncdefghi\nj\n";
    const size_t size = sizeof text - 1;

    for (size_t cut = 1; cut < size; cut++) {
        struct fixture fixture;
        char buffer[sizeof text];

        open_reader(&fixture, buffer, sizeof buffer);
        put(fixture.peer, text, cut);
        put(fixture.peer, text + cut, size - cut);
        close(fixture.peer);
        expect_line(&fixture.reader, "ab", 2);
        expect_line(&fixture.reader, "", 0);
        expect_line(&fixture.reader, "cdefghi", 7);
        expect_line(&fixture.reader, "j", 1);
        expect_no_line(&fixture.reader, 0, 0);
        close(fixture.reader.fd);
    }
}

/* A file with `count` lines: their numbers. Returns its size. */
static off_t number_lines(FILE *file, int count)
{
    for (int i = 0; i < count; i++)
        ck_assert_int_gt(fprintf(file, "line %d\n", i), 0);
    ck_assert_int_eq(fflush(file), 0);
    off_t size = lseek(fileno(file), 0, SEEK_END);
    ck_assert_int_eq(lseek(fileno(file), 0, SEEK_SET), 0);
    return size;
}

TEST("common.read-line-burst",
     .title = "net_read_line reads 10,000 lines a buffer at a time")
{
    FILE *file = tmpfile();
    struct net_reader reader;
    char buffer[4096], expected[32];
    off_t at = 0, size = number_lines(file, 10000);
    int reads = 0;

    net_reader_init(&reader, fileno(file), buffer, sizeof buffer);
    for (int i = 0; i < 10000; i++) {
        int length = snprintf(expected, sizeof expected, "line %d", i);
        expect_line(&reader, expected, (size_t)length);
        off_t now = lseek(fileno(file), 0, SEEK_CUR);
        reads += now != at;
        at = now;
    }
    expect_no_line(&reader, 0, 0);
    /* All but the start of a line fits anew each time. */
    ck_assert_int_le(reads, (int)(size / (4096 - 16)) + 1);
    fclose(file);
}

TEST("common.read-line-longest",
     .title = "net_read_line takes lines of 65,536 bytes, one after the other")
{
    struct connection pair = connected_pair();
    static char buffer[LONGEST_LINE + 1], line[LONGEST_LINE + 1];
    struct net_reader reader;

    memset(line, 'x', LONGEST_LINE);
    line[LONGEST_LINE] = '\n';
    net_reader_init(&reader, pair.server, buffer, sizeof buffer);
    pid_t child = start_child();
    if (child == 0) {
        bool sent = net_send_all(pair.client, line, LONGEST_LINE + 1) == 0 &&
                    net_send_all(pair.client, "y\n", 2) == 0 &&
                    net_send_all(pair.client, line, LONGEST_LINE + 1) == 0 &&
                    net_send_all(pair.client, line, LONGEST_LINE) == 0;
        _exit(!sent);
    }
    close(pair.client);
    expect_line(&reader, line, LONGEST_LINE);
    expect_line(&reader, "y", 1);
    expect_line(&reader, line, LONGEST_LINE);
    expect_line(&reader, line, LONGEST_LINE); /* the last, without newline */
    expect_no_line(&reader, 0, 0);
    expect_child_ok(child);
}

TEST("common.read-line-too-long",
     .title = "net_read_line refuses 65,537 bytes as soon as it has them")
{
    struct connection pair = connected_pair();
    static char buffer[LONGEST_LINE + 1], line[LONGEST_LINE + 1];
    struct net_reader reader;

    memset(line, 'x', sizeof line);
    net_reader_init(&reader, pair.server, buffer, sizeof buffer);
    pid_t child = start_child();
    if (child == 0) { /* no newline yet, and no end of stream */
        char byte;
        close(pair.server);
        bool sent = net_send_all(pair.client, "ok\n", 3) == 0 &&
                    net_send_all(pair.client, line, sizeof line) == 0;
        _exit(!sent || recv(pair.client, &byte, 1, 0) != 0);
    }
    close(pair.client);
    expect_line(&reader, "ok", 2);
    expect_no_line(&reader, -1, EMSGSIZE);
    expect_no_line(&reader, -1, EMSGSIZE);
    close(pair.server);
    expect_child_ok(child);
}

TEST("common.read-line-too-long-whole",
     .title = "net_read_line refuses a line that is a byte too long, whole")
{
    struct fixture fixture;
    char buffer[8];

    open_reader(&fixture, buffer, sizeof buffer);
    put(fixture.peer, "1234567\n", 8);
    put(fixture.peer, "12345678", 8);
    put(fixture.peer, "\n", 1);
    expect_line(&fixture.reader, "1234567", 7);
    expect_no_line(&fixture.reader, -1, EMSGSIZE);
}

TEST("common.read-line-interrupted",
     .title = "net_read_line goes on after signals")
{
    int pair[2];
    pid_t parent = getpid();
    struct net_reader reader;
    char buffer[64];

    local_pair(SOCK_STREAM, pair);
    net_reader_init(&reader, pair[0], buffer, sizeof buffer);
    catch_signals();
    pid_t child = start_child();
    if (child == 0) {
        bool sent = send(pair[1], "hal", 3, 0) == 3;
        interrupt_three_times(parent);
        _exit(!sent || send(pair[1], "ves\n", 4, 0) != 4);
    }
    expect_line(&reader, "halves", 6);
    expect_child_ok(child);
}

TEST("common.read-line-errors", .title = "net_read_line reports what read does")
{
    struct connection pair = connected_pair();
    struct net_reader reader;
    char buffer[64];

    net_reader_init(&reader, pair.server, buffer, sizeof buffer);
    reset_connection(pair.client);
    expect_no_line(&reader, -1, ECONNRESET);

    net_reader_init(&reader, -1, buffer, sizeof buffer);
    expect_no_line(&reader, -1, EBADF);
}

/* ---- Closing ------------------------------------------------------------- */

TEST("common.close-with-unread-input",
     .title = "net_close_gracefully delivers the reply though input is unread")
{
    struct connection pair = connected_pair();
    char *junk = pattern(MANY);

    limit_buffers(pair.server, 1 << 16);
    limit_buffers(pair.client, 1 << 16);
    pid_t child = start_child();
    if (child == 0) {
        char reply[64];
        struct net_reader reader;
        char *line;
        size_t length;
        close(pair.server);
        net_reader_init(&reader, pair.client, reply, sizeof reply);
        if (net_send_all(pair.client, junk, MANY) == -1)
            _exit(1);
        if (net_read_line(&reader, &line, &length) != 1 || length != 7)
            _exit(2);
        _exit(net_read_line(&reader, &line, &length) != 0); /* no reset */
    }
    close(pair.client);
    ck_assert_int_eq(net_send_all(pair.server, "welcome\n", 8), 0);
    net_close_gracefully(pair.server, FOREVER_MS);
    ck_assert(!is_open(pair.server));
    expect_child_ok(child);
    free(junk);
}

TEST("common.close-silent-peer",
     .title = "net_close_gracefully waits no longer than it may")
{
    struct connection pair = connected_pair();
    char byte;
    int64_t start = net_now_ms();

    net_close_gracefully(pair.server, 5); /* the client's end stays open */
    ck_assert_int_ge(net_now_ms() - start, 5);
    ck_assert(!is_open(pair.server));
    ck_assert_int_eq(recv(pair.client, &byte, 1, 0), 0);
}

TEST("common.close-endless-peer",
     .title = "net_close_gracefully ends though the peer sends for ever")
{
    struct connection pair = connected_pair();
    char *junk = pattern(MANY);

    pid_t child = start_child();
    if (child == 0) {
        close(pair.server);
        while (net_send_all(pair.client, junk, MANY) == 0) {
        }
        _exit(errno != EPIPE && errno != ECONNRESET);
    }
    close(pair.client);
    net_close_gracefully(pair.server, 20);
    ck_assert(!is_open(pair.server));
    expect_child_ok(child);
    free(junk);
}

TEST("common.close-at-once",
     .title = "net_close_gracefully without time left closes at once")
{
    struct connection pair = connected_pair(), other = connected_pair();
    char byte;

    net_close_gracefully(pair.server, 0);
    net_close_gracefully(other.server, -1000);
    ck_assert(!is_open(pair.server));
    ck_assert(!is_open(other.server));
    ck_assert_int_eq(recv(pair.client, &byte, 1, 0), 0);
    ck_assert_int_eq(recv(other.client, &byte, 1, 0), 0);
}

TEST("common.close-interrupted",
     .title = "net_close_gracefully goes on waiting after signals")
{
    int pair[2];
    pid_t parent = getpid();

    local_pair(SOCK_STREAM, pair);
    catch_signals();
    pid_t child = start_child();
    if (child == 0) {
        char byte;
        close(pair[0]);
        if (recv(pair[1], &byte, 1, 0) != 0)
            _exit(1);
        interrupt_three_times(parent);
        /* Had it closed, this would fail with EPIPE. */
        _exit(send(pair[1], "x", 1, MSG_NOSIGNAL) != 1);
    }
    close(pair[1]);
    net_close_gracefully(pair[0], FOREVER_MS);
    expect_child_ok(child);
}

TEST("common.close-broken",
     .title = "net_close_gracefully closes what is broken without waiting")
{
    struct connection pair = connected_pair();
    int unconnected = socket(AF_INET, SOCK_STREAM, 0);
    int file = open("/dev/null", O_RDONLY);

    reset_connection(pair.client);
    ck_assert_int_eq(net_wait(pair.server, POLLIN, INT64_MAX), 1);
    net_close_gracefully(pair.server, FOREVER_MS);
    net_close_gracefully(unconnected, FOREVER_MS);
    net_close_gracefully(file, FOREVER_MS);
    ck_assert(!is_open(pair.server));
    ck_assert(!is_open(unconnected));
    ck_assert(!is_open(file));
}

/* ---- Time ---------------------------------------------------------------- */

static int64_t in_ms(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

TEST("common.now", .title = "net_now_ms shows the monotonic clock")
{
    struct timespec before, after;

    clock_gettime(CLOCK_MONOTONIC, &before);
    int64_t now = net_now_ms();
    clock_gettime(CLOCK_MONOTONIC, &after);
    ck_assert_int_ge(now, in_ms(before));
    ck_assert_int_le(now, in_ms(after));
}

TEST("common.wait-ready", .title = "net_wait tells that a descriptor is ready")
{
    int pair[2];

    local_pair(SOCK_STREAM, pair);
    ck_assert_int_eq(net_wait(pair[0], POLLOUT, INT64_MAX), 1);
    put(pair[1], "x", 1);
    ck_assert_int_eq(net_wait(pair[0], POLLIN, net_now_ms() + FOREVER_MS), 1);
    ck_assert_int_eq(net_wait(pair[0], POLLIN, INT64_MAX), 1);
}

TEST("common.wait-hangup",
     .title = "net_wait ends when the next call would tell of an end or error")
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    close(ends[1]);
    ck_assert_int_eq(net_wait(ends[0], POLLIN, INT64_MAX), 1);
    close(ends[0]);
    ck_assert_int_eq(net_wait(ends[0], POLLIN, INT64_MAX), 1);
}

TEST("common.wait-deadline", .title = "net_wait ends at its deadline")
{
    int pair[2];
    int64_t deadline = net_now_ms() + 5;

    local_pair(SOCK_STREAM, pair);
    ck_assert_int_eq(net_wait(pair[0], POLLIN, deadline), 0);
    ck_assert_int_ge(net_now_ms(), deadline);
}

TEST("common.wait-too-late",
     .title = "net_wait says that time is over even if there is input")
{
    int pair[2];

    local_pair(SOCK_STREAM, pair);
    put(pair[1], "x", 1);
    ck_assert_int_eq(net_wait(pair[0], POLLIN, net_now_ms()), 0);
    ck_assert_int_eq(net_wait(pair[0], POLLIN, 0), 0);
}

TEST("common.wait-interrupted", .title = "net_wait goes on after signals")
{
    int pair[2];
    pid_t parent = getpid();

    local_pair(SOCK_STREAM, pair);
    catch_signals();
    pid_t child = start_child();
    if (child == 0) {
        interrupt_three_times(parent);
        _exit(send(pair[1], "x", 1, 0) != 1);
    }
    ck_assert_int_eq(net_wait(pair[0], POLLIN, INT64_MAX), 1);
    ck_assert_int_eq(
        poll(&(struct pollfd){.fd = pair[0], .events = POLLIN}, 1, 0), 1);
    expect_child_ok(child);
}

TEST("common.wait-error", .title = "net_wait reports an error of poll")
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    ck_assert_int_eq(net_wait(0, POLLIN, INT64_MAX), -1);
    ck_assert_int_eq(errno, EINVAL);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}
