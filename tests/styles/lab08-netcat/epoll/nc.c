/* nc.c in another style: epoll(7) and signalfd(2); an object for each
 * descriptor, with methods, as C++ would have it; IPv6 and IPv4 on one socket.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net.h"

static int epoll;
static bool talks;
static const char *bound_path;

/* ---- class Watched: a descriptor in the epoll set ---- */

struct watched {
    int fd;
    uint32_t asked;  /* what epoll was asked for; 0: it is not in the set */
    bool not_polled; /* a plain file: always ready */
    void (*ready)(struct watched *self, uint32_t events);
};

static void watch(struct watched *self, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = self};
    int action = self->asked == 0 ? EPOLL_CTL_ADD
                 : events == 0    ? EPOLL_CTL_DEL
                                  : EPOLL_CTL_MOD;
    if (events == self->asked)
        return;
    if (!self->not_polled &&
        epoll_ctl(epoll, action, self->fd, &event) == -1) {
        if (errno != EPERM)
            err(1, "epoll_ctl");
        self->not_polled = true;
    }
    self->asked = events;
}

/* One round: waits, then tells each that something came. */
static void dispatch(struct watched *files[], int count)
{
    struct epoll_event events[4];
    int timeout = -1;

    for (int i = 0; i < count; i++)
        if (files[i]->not_polled && files[i]->asked)
            timeout = 0;
    int n = epoll_wait(epoll, events, 4, timeout);
    if (n == -1 && errno != EINTR)
        err(1, "epoll_wait");
    for (int i = 0; i < n; i++) {
        struct watched *it = events[i].data.ptr;
        it->ready(it, events[i].events);
    }
    for (int i = 0; i < count; i++)
        if (files[i]->not_polled && files[i]->asked)
            files[i]->ready(files[i], files[i]->asked);
}

/* ---- class Pipe: bytes on their way ---- */

struct way {
    char bytes[32768];
    char *next, *end; /* what is still to be written */
    bool ended;       /* there will be no more */
    bool finished;    /* and all is written, and said to be */
};

static bool busy(const struct way *way)
{
    return way->next < way->end;
}

static bool transient(void)
{
    return errno == EAGAIN || errno == EINTR;
}

static void take_in(struct way *way, int fd, const char *name)
{
    ssize_t n = read(fd, way->bytes, sizeof way->bytes);
    if (n == -1 && !transient())
        err(1, "%s", name);
    if (n == -1)
        return;
    way->next = way->bytes;
    way->end = way->bytes + n;
    way->ended = n == 0;
}

static void took(struct way *way, ssize_t n, const char *name)
{
    if (n == -1 && !transient())
        err(1, "%s", name);
    if (n > 0)
        way->next += n;
}

static struct way outward, inward;

/* ---- class Input, class Output, class Peer ---- */

static void input_ready(struct watched *self, uint32_t events)
{
    (void)events;
    take_in(&outward, self->fd, "stdin");
}

static void output_ready(struct watched *self, uint32_t events)
{
    size_t size = (size_t)(inward.end - inward.next);
    (void)events;
    took(&inward, write(self->fd, inward.next, size > 4096 ? 4096 : size),
         "stdout");
}

static void peer_ready(struct watched *self, uint32_t events)
{
    if (self->asked & EPOLLOUT && events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
        took(&outward,
             send(self->fd, outward.next, (size_t)(outward.end - outward.next),
                  MSG_NOSIGNAL | MSG_DONTWAIT),
             "send");
    if (self->asked & EPOLLIN && events & (EPOLLIN | EPOLLERR | EPOLLHUP))
        take_in(&inward, self->fd, "recv");
}

static void signal_ready(struct watched *self, uint32_t events)
{
    struct signalfd_siginfo info;
    sigset_t all;

    (void)events;
    if (read(self->fd, &info, sizeof info) != sizeof info)
        return;
    unlink(bound_path);
    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    raise((int)info.ssi_signo); /* nobody changed what it does */
}

static struct watched signals = {.fd = -1, .ready = signal_ready};

/* A socket that listens says only that somebody is there. */
static void listener_ready(struct watched *self, uint32_t events)
{
    (void)self;
    (void)events;
}

/* ---- the two loops ---- */

static int accept_one(int fd, struct sockaddr_storage *from)
{
    struct watched listener = {.fd = fd, .ready = listener_ready};
    struct watched *files[] = {&listener};
    socklen_t size = sizeof *from;
    int client;

    watch(&listener, EPOLLIN);
    do {
        dispatch(files, 1);
        client = accept4(fd, (struct sockaddr *)from, &size,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (client == -1 && (transient() || errno == ECONNABORTED));
    if (client == -1)
        err(1, "accept4");
    watch(&listener, 0);
    close(fd);
    return client;
}

static void exchange(int fd)
{
    struct watched input = {.fd = 0, .ready = input_ready};
    struct watched output = {.fd = 1, .ready = output_ready};
    struct watched peer = {.fd = fd, .ready = peer_ready};
    struct watched *files[] = {&input, &output, &peer};

    for (;;) {
        if (outward.ended && !outward.finished) {
            shutdown(fd, SHUT_WR);
            outward.finished = true;
        }
        if (outward.finished && inward.ended)
            return;
        watch(&input, outward.ended || busy(&outward) ? 0 : EPOLLIN);
        watch(&output, busy(&inward) ? EPOLLOUT : 0);
        watch(&peer, (busy(&outward) ? EPOLLOUT : 0) |
                         (inward.ended || busy(&inward) ? 0 : EPOLLIN));
        dispatch(files, 3);
    }
}

/* ---- the four ways to a socket ---- */

static int dial_tcp(const char *host, uint16_t port)
{
    struct sockaddr_storage to;
    socklen_t size = sizeof to;
    char address[NI_MAXHOST], service[NI_MAXSERV] = "*";
    int why, fd = net_connect(host, port, &why);

    if (fd == -1)
        errx(1, "%s: %s", host, net_reason(why));
    if (!talks)
        return fd;
    getpeername(fd, (struct sockaddr *)&to, &size);
    getnameinfo((struct sockaddr *)&to, size, address, sizeof address, NULL, 0,
                NI_NUMERICHOST);
    dprintf(2, "Connection to %s (%s) %d port [tcp/%s] succeeded!\n", host,
            address, port, service);
    return fd;
}

static int serve_tcp(uint16_t port)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6,
                               .sin6_port = htons(port)};
    struct sockaddr_storage from;
    char host[NET_ADDRESS_SIZE];
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (fd == -1)
        err(1, "socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){0}, sizeof(int));
    if (bind(fd, (struct sockaddr *)&any, sizeof any) == -1)
        err(1, "bind");
    if (listen(fd, 5) == -1)
        err(1, "listen");
    if (talks)
        dprintf(2, "Listening on 0.0.0.0 %d\n", net_bound_port(fd));
    int client = accept_one(fd, &from);
    if (talks)
        dprintf(2, "Connection received on %s %d\n",
                net_format_address((struct sockaddr *)&from, host),
                net_address_port((struct sockaddr *)&from));
    return client;
}

static struct sockaddr_un at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if ((size_t)snprintf(address.sun_path, sizeof address.sun_path, "%s",
                         path) >= sizeof address.sun_path)
        errx(1, "%s: %s", path, strerror(ENAMETOOLONG));
    return address;
}

static int dial_path(const char *path)
{
    struct sockaddr_un address = at(path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (fd == -1 ||
        connect(fd, (struct sockaddr *)&address, sizeof address) == -1)
        err(1, "%s", path);
    return fd;
}

static void remove_path(void)
{
    unlink(bound_path);
}

static int serve_path(const char *path)
{
    struct sockaddr_un address = at(path);
    struct sockaddr_storage nobody;
    sigset_t ends;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    signals.fd = signalfd(-1, &ends, SFD_NONBLOCK);
    if (fd == -1 || signals.fd == -1)
        err(1, "socket");
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == -1)
        err(1, "%s", path);
    bound_path = path;
    atexit(remove_path);
    watch(&signals, EPOLLIN);
    if (listen(fd, 5) == -1)
        err(1, "listen");
    if (talks)
        dprintf(2, "Listening on %s\n", path);
    int client = accept_one(fd, &nobody);
    if (talks)
        dprintf(2, "Connection received on %s\n", path);
    return client;
}

static void usage(void)
{
    dprintf(2, "usage: nc [-v] HOST PORT, nc -l [-v] PORT, nc -U [-v] PATH, "
               "nc -lU [-v] PATH\n");
    exit(2);
}

int main(int argc, char *argv[])
{
    bool listens = false, local = false;
    uint16_t port = 0;
    int letter, fd;

    while ((letter = getopt(argc, argv, "lUv")) != -1) {
        listens |= letter == 'l';
        local |= letter == 'U';
        talks |= letter == 'v';
        if (letter == '?')
            usage();
    }
    int operands = argc - optind;
    if (operands == 1 && !listens && !local)
        warnx("missing port number");
    if (operands != (listens || local ? 1 : 2))
        usage();
    if (!local && !net_parse_port(argv[argc - 1], listens ? 0 : 1, &port))
        usage();

    signal(SIGPIPE, SIG_IGN);
    if ((epoll = epoll_create1(EPOLL_CLOEXEC)) == -1)
        err(1, "epoll_create1");
    if (local)
        fd = listens ? serve_path(argv[optind]) : dial_path(argv[optind]);
    else
        fd = listens ? serve_tcp(port) : dial_tcp(argv[optind], port);
    exchange(fd);
    return 0;
}
