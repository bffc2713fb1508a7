/*
 * Style "dual": one socket for IPv6 and IPv4 (IPv4 alone where there is no
 * IPv6), and one poll() loop that serves up to 60 clients side by side.
 * Right because nothing else blocks; each client has a buffer of its own and
 * is asked for more only when all of it went back, so one that never reads
 * costs 8 KiB and no time; an error ends its client alone. While the table is
 * full or descriptors are short the listener is left out of poll(), which
 * gets no more entries than there are connections; if poll() itself fails,
 * everybody is tried after a short sleep.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS = 60, PAUSE_MS = 30 };

struct client {
    int fd;
    size_t from, to; /* what is still to be sent back */
    char data[8192];
};

static struct client clients[CLIENTS];
static int count;
static int64_t closed_until;

static void fatal(const char *subject)
{
    fprintf(stderr, "server: %s: %s\n", subject, strerror(errno));
    exit(EXIT_FAILURE);
}

static int parse_port(const char *s, unsigned long min)
{
    size_t n = strspn(s, "0123456789");
    unsigned long value = strtoul(s, NULL, 10);

    return n > 0 && s[n] == '\0' && value >= min && value <= 65535 ? (int)value
                                                                   : -1;
}

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int bound(int family, const void *address, socklen_t size)
{
    int on = 1, off = 0;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        (family != AF_INET6 ||
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0) &&
        bind(fd, address, size) == 0)
        return fd;
    on = errno;
    close(fd);
    errno = on;
    return -1;
}

static int listen_on(int port)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons((uint16_t)port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof v6;
    int fd = bound(AF_INET6, &v6, sizeof v6);

    if (fd < 0 && errno != EADDRINUSE && errno != EACCES)
        fd = bound(AF_INET, &v4, sizeof v4);
    if (fd < 0)
        fatal("bind");
    if (listen(fd, SOMAXCONN) < 0)
        fatal("listen");
    if (getsockname(fd, (struct sockaddr *)&v6, &size) < 0)
        fatal("getsockname");
    /* sin_port and sin6_port lie at the same place */
    if (printf("listening on port %d\n", ntohs(v6.sin6_port)) < 0 ||
        fflush(stdout) == EOF)
        fatal("stdout");
    return fd;
}

static void welcome(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0) {
        clients[count].fd = fd;
        clients[count].from = clients[count].to = 0;
        count++;
    } else if (errno != EINTR && errno != ECONNABORTED && errno != EAGAIN) {
        closed_until = now_ms() + PAUSE_MS;
    }
}

/* Does what can be done at once; 0: nothing more can. */
static int serve(struct client *c)
{
    ssize_t n;

    if (c->from == c->to) {
        n = recv(c->fd, c->data, sizeof c->data, 0);
        if (n <= 0)
            return n < 0 && (errno == EAGAIN || errno == EINTR);
        c->from = 0;
        c->to = (size_t)n;
        for (size_t i = 0; i < c->to; i++)
            if ('a' <= c->data[i] && c->data[i] <= 'z')
                c->data[i] = (char)(c->data[i] & ~0x20);
    }
    n = send(c->fd, c->data + c->from, c->to - c->from, MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    c->from += (size_t)n;
    return 1;
}

int main(int argc, char *argv[])
{
    int port = argc == 1 ? 9999 : argc == 2 ? parse_port(argv[1], 0) : -1;
    struct pollfd p[1 + CLIENTS];
    int listener, failed, i;

    if (port < 0) {
        fputs("usage: server [PORT]\n", stderr);
        return 2;
    }
    listener = listen_on(port);
    for (;;) {
        int64_t shut = closed_until - now_ms();

        p[0] = (struct pollfd){.fd = listener, .events = POLLIN};
        if (shut > 0 || count == CLIENTS)
            p[0].fd = -1;
        for (i = 0; i < count; i++)
            p[i + 1] = (struct pollfd){
                .fd = clients[i].fd,
                .events = clients[i].from < clients[i].to ? POLLOUT : POLLIN};
        failed = poll(p, (nfds_t)count + 1, shut > 0 ? (int)shut : -1) < 0;
        if (failed && errno != EINTR)
            poll(NULL, 0, PAUSE_MS);
        for (i = count; i-- > 0;)
            if ((failed || p[i + 1].revents != 0) && !serve(&clients[i])) {
                close(clients[i].fd);
                clients[i] = clients[--count];
            }
        if (p[0].fd >= 0 && (failed || p[0].revents != 0))
            welcome(listener);
    }
}
