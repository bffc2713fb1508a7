/*
 * Style "dual": one socket for IPv6 and IPv4 (IPv4 alone where there is no
 * IPv6), and one poll() loop in which up to 60 clients may linger at a time.
 * Right because nothing else blocks: a new client gets its line at once, and
 * its deadline, 0.9 s later; until then it is only read from, so that the
 * close sends no reset, and meanwhile the next ones are served. While the
 * table is full or descriptors are short the listener is left out of poll(),
 * which gets no more entries than there are connections; if poll() itself
 * fails, everybody is tried after a short sleep. The time zone is read at the
 * start, while there are descriptors.
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

enum { CLIENTS = 60, PAUSE_MS = 30, LINGER_MS = 900 };

struct client {
    int fd;
    int silent; /* it has ended its direction */
    size_t from, to;
    int64_t deadline;
    char line[64];
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

/* Does what can be done at once; 0: this client is done with. */
static int serve(struct client *c)
{
    char junk[16384];
    ssize_t n;

    if (c->from < c->to) {
        n = send(c->fd, c->line + c->from, c->to - c->from, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return 0;
        c->from += n > 0 ? (size_t)n : 0;
        if (c->from == c->to)
            shutdown(c->fd, SHUT_WR);
    }
    if (!c->silent) {
        n = recv(c->fd, junk, sizeof junk, 0);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return 0;
        c->silent = n == 0;
    }
    return !(c->silent && c->from == c->to) && now_ms() < c->deadline;
}

static void welcome(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct client *c = &clients[count];
    time_t now = time(NULL);
    struct tm tm;

    if (fd < 0) {
        if (errno != EINTR && errno != ECONNABORTED && errno != EAGAIN)
            closed_until = now_ms() + PAUSE_MS;
        return;
    }
    *c = (struct client){.fd = fd, .deadline = now_ms() + LINGER_MS};
    localtime_r(&now, &tm);
    c->to = strftime(c->line, sizeof c->line, "%a %b %e %H:%M:%S %Y\n", &tm);
    if (serve(c))
        count++;
    else
        close(fd);
}

int main(int argc, char *argv[])
{
    int port = argc == 1 ? 8888 : argc == 2 ? parse_port(argv[1], 0) : -1;
    struct pollfd p[1 + CLIENTS];
    int listener, failed, i;

    if (port < 0) {
        fputs("usage: server [PORT]\n", stderr);
        return 2;
    }
    tzset();
    listener = listen_on(port);
    for (;;) {
        int64_t now = now_ms(), wake = INT64_MAX;

        p[0] = (struct pollfd){.fd = listener, .events = POLLIN};
        if (now < closed_until)
            wake = closed_until;
        if (now < closed_until || count == CLIENTS)
            p[0].fd = -1;
        for (i = 0; i < count; i++) {
            const struct client *c = &clients[i];
            int events =
                (c->silent ? 0 : POLLIN) | (c->from < c->to ? POLLOUT : 0);

            p[i + 1] = (struct pollfd){.fd = c->fd, .events = (short)events};
            if (c->deadline < wake)
                wake = c->deadline;
        }
        failed = poll(p, (nfds_t)count + 1,
                      wake == INT64_MAX ? -1
                      : wake > now      ? (int)(wake - now)
                                        : 0) < 0;
        if (failed && errno != EINTR)
            poll(NULL, 0, PAUSE_MS);
        now = now_ms();
        for (i = count; i-- > 0;)
            if ((failed || p[i + 1].revents != 0 ||
                 now >= clients[i].deadline) &&
                !serve(&clients[i])) {
                close(clients[i].fd);
                clients[i] = clients[--count];
            }
        if (p[0].fd >= 0 && (failed || p[0].revents != 0))
            welcome(listener);
    }
}
