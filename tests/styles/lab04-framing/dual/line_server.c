/*
 * Style "dual": IPv6 and IPv4 on one socket, one poll() loop, many clients.
 * Right because a client is read only when all of its answers are out, and the
 * room for these is enough for whatever the input can hold: 65,537 empty lines
 * become nine times as many bytes. A refused client is read away until its end
 * or its deadline, beside the others.
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

enum { CLIENTS = 50, LIMIT = 65536, HEAD = 8 };

struct client {
    int fd;
    int ended, refused;
    size_t have, from, to;
    int64_t deadline;
    char in[LIMIT + 1], out[(HEAD + 1) * (LIMIT + 1) + 64];
};

static int number(const char *s)
{
    size_t digits = strspn(s, "0123456789");
    unsigned long n = strtoul(s, NULL, 10);

    return digits > 0 && s[digits] == '\0' && n <= 65535 ? (int)n : -1;
}

static void fatal(const char *subject)
{
    fprintf(stderr, "line_server: %s: %s\n", subject, strerror(errno));
    exit(EXIT_FAILURE);
}

/* One socket for IPv6 and IPv4, or where there is no IPv6 one for IPv4. */
static int bound(int family, int port)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6,
                               .sin6_port = htons((uint16_t)port)};
    struct sockaddr_in four = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)port)};
    int on = 1, off = 0, fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (family == AF_INET6 ? bind(fd, (void *)&six, sizeof six) == 0
                           : bind(fd, (void *)&four, sizeof four) == 0)
        return fd;
    on = errno;
    close(fd);
    errno = on;
    return -1;
}

static int listen_on(int port)
{
    struct sockaddr_in6 me;
    socklen_t size = sizeof me;
    int fd = bound(AF_INET6, port);

    if (fd < 0 && errno != EADDRINUSE && errno != EACCES)
        fd = bound(AF_INET, port);
    if (fd < 0)
        fatal("bind");
    if (listen(fd, SOMAXCONN) < 0)
        fatal("listen");
    if (getsockname(fd, (struct sockaddr *)&me, &size) < 0)
        fatal("getsockname");
    /* sin_port and sin6_port lie at the same place */
    printf("listening on port %d\n", ntohs(me.sin6_port));
    if (fflush(stdout) == EOF)
        fatal("stdout");
    return fd;
}

static struct client *clients[CLIENTS];
static int count;
static int64_t closed_until;

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void welcome(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    struct client *c = fd < 0 ? NULL : calloc(1, sizeof *c);

    if (c != NULL) {
        c->fd = fd;
        clients[count++] = c;
    } else if (fd >= 0) {
        close(fd);
    } else if (errno != EINTR && errno != ECONNABORTED && errno != EAGAIN) {
        closed_until = now_ms() + 30; /* no descriptor: a little later */
    }
}

/* "Not now" is no error. */
static int later(void)
{
    return errno == EAGAIN || errno == EINTR;
}

static void put(struct client *c, const char *data, size_t size)
{
    memcpy(c->out + c->to, data, size);
    c->to += size;
}

static void answer(struct client *c, const char *line, size_t length)
{
    put(c, "Echo ==>", HEAD);
    put(c, line, length);
    put(c, "\n", 1);
}

static void answer_all(struct client *c)
{
    size_t start = 0;

    for (size_t i = 0; i < c->have; i++)
        if (c->in[i] == '\n') {
            answer(c, c->in + start, i - start);
            start = i + 1;
        }
    c->have -= start;
    memmove(c->in, c->in + start, c->have);
    if (c->have > LIMIT) {
        put(c, "ERR line too long\n", 18);
        c->refused = 1;
    } else if (c->ended && c->have > 0) {
        answer(c, c->in, c->have);
    }
}

static short wants(const struct client *c)
{
    return c->from < c->to ? POLLOUT : POLLIN;
}

/* 0: this client is done */
static int serve(struct client *c)
{
    ssize_t n;

    if (c->deadline) {
        n = recv(c->fd, c->in, sizeof c->in, 0);
        return n > 0 || (n < 0 && later());
    }
    if (c->from == c->to) {
        n = recv(c->fd, c->in + c->have, sizeof c->in - c->have, 0);
        if (n < 0)
            return later();
        c->from = c->to = 0;
        c->have += n;
        c->ended = n == 0;
        answer_all(c);
    }
    if (c->from < c->to) {
        n = send(c->fd, c->out + c->from, c->to - c->from, MSG_NOSIGNAL);
        if (n < 0)
            return later();
        c->from += n;
    }
    if (c->from == c->to && c->refused) {
        shutdown(c->fd, SHUT_WR);
        c->deadline = now_ms() + 800;
    }
    return c->from < c->to || !c->ended;
}

int main(int argc, char *argv[])
{
    int port = argc == 1 ? 5050 : argc == 2 ? number(argv[1]) : -1;

    if (port < 0) {
        fputs("usage: line_server [PORT]\n", stderr);
        return 2;
    }
    int listener = listen_on(port);
    for (;;) {
        struct pollfd p[1 + CLIENTS];
        int64_t now = now_ms(), wait = -1;

        for (int i = 0; i < count; i++) {
            p[i + 1] = (struct pollfd){.fd = clients[i]->fd,
                                       .events = wants(clients[i])};
            if (clients[i]->deadline &&
                (wait < 0 || clients[i]->deadline - now < wait))
                wait =
                    clients[i]->deadline > now ? clients[i]->deadline - now : 0;
        }
        p[0] = (struct pollfd){.fd = listener, .events = POLLIN};
        if (count == CLIENTS || now < closed_until) {
            p[0].fd = -1;
            if (count < CLIENTS && (wait < 0 || closed_until - now < wait))
                wait = closed_until - now;
        }
        int had = count;
        if (poll(p, (nfds_t)count + 1, (int)wait) < 0) {
            if (errno != EINTR)
                usleep(20000);
            continue;
        }
        now = now_ms();
        for (int i = had; i-- > 0;)
            if ((p[i + 1].revents != 0 && !serve(clients[i])) ||
                (clients[i]->deadline && now >= clients[i]->deadline)) {
                close(clients[i]->fd);
                free(clients[i]);
                clients[i] = clients[--count];
            }
        if (p[0].fd >= 0 && p[0].revents != 0)
            welcome(listener);
    }
}
