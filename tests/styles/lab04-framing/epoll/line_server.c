/*
 * Style "epoll": one loop around epoll_wait(), non-blocking sockets, and a
 * state for each client; a timerfd ticks while there is something to wait for.
 * Right because a client is read only when its answers are out; whatever is
 * interrupted or would block is tried again when epoll says so; and where
 * descriptors have run out the listening socket is left alone for a tick.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

enum { LIMIT = 65536, TICK_MS = 50, TICKS = 16, OUT = 1 << 20 };

enum state { READING, REFUSED, LINGERING };

struct peer {
    int fd, ticks;
    enum state state;
    size_t have, from, to;
    struct peer *next;
    char in[LIMIT + 1], out[OUT];
};

static int loop, listener, timer, asleep;
static struct peer *leaving; /* those with a deadline */

static void fatal(const char *subject)
{
    dprintf(2, "line_server: %s: %s\n", subject, strerror(errno));
    exit(1);
}

static void watch(int operation, int fd, uint32_t events, void *who)
{
    struct epoll_event e = {.events = events, .data.ptr = who};

    if (epoll_ctl(loop, operation, fd, &e) < 0)
        fatal("epoll_ctl");
}

static void tick_while_needed(void)
{
    long ns = asleep || leaving ? TICK_MS * 1000000L : 0;
    struct itimerspec when = {{0, ns}, {0, ns}};

    if (timerfd_settime(timer, 0, &when, NULL) < 0)
        fatal("timerfd_settime");
}

static void drop(struct peer *p)
{
    for (struct peer **at = &leaving; *at != NULL; at = &(*at)->next)
        if (*at == p) {
            *at = p->next;
            break;
        }
    close(p->fd);
    free(p);
    tick_while_needed();
}

static void answer(struct peer *p, const char *line, size_t length)
{
    char *end = mempcpy(p->out + p->to, "Echo ==>", 8);

    end = mempcpy(end, line, length);
    *end++ = '\n';
    p->to = end - p->out;
}

/* All that is whole is answered, while there is room for one more answer. */
static void answer_lines(struct peer *p)
{
    char *line = p->in, *newline;

    while (p->to + LIMIT + 9 <= OUT - 32 &&
           (newline = memchr(line, '\n', p->in + p->have - line)) != NULL) {
        answer(p, line, newline - line);
        line = newline + 1;
    }
    p->have -= line - p->in;
    memmove(p->in, line, p->have);
}

static int has_line(const struct peer *p)
{
    return memchr(p->in, '\n', p->have) != NULL;
}

static void refuse(struct peer *p)
{
    p->to = mempcpy(p->out + p->to, "ERR line too long\n", 18) - (void *)p->out;
    p->state = REFUSED;
    p->ticks = TICKS;
    p->next = leaving;
    leaving = p;
    tick_while_needed();
}

/* Returns 0 where the client is no more. */
static int hear(struct peer *p)
{
    ssize_t n = recv(p->fd, p->in + p->have, sizeof p->in - p->have, 0);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0 && p->state == LINGERING)
        return 0;
    if (p->state == LINGERING)
        return 1; /* and forgotten: have stays 0 */
    if (n == 0) {
        if (p->have > 0)
            answer(p, p->in, p->have);
        p->have = 0;
        p->state = REFUSED; /* or done: the end is the same */
        return 1;
    }
    p->have += n;
    answer_lines(p);
    if (p->have == sizeof p->in && !has_line(p))
        refuse(p);
    return 1;
}

/* Sends what there is; 0: the client is no more. */
static int tell(struct peer *p)
{
    while (p->from < p->to) {
        ssize_t n =
            send(p->fd, p->out + p->from, p->to - p->from, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        p->from += n;
        if (p->from == p->to) {
            p->from = p->to = 0;
            if (p->state == READING)
                answer_lines(p); /* some may have had to wait */
            if (p->state == READING && p->have == sizeof p->in && !has_line(p))
                refuse(p);
        }
    }
    if (p->state == REFUSED) {
        p->state = LINGERING;
        p->have = 0;
        shutdown(p->fd, SHUT_WR);
    }
    return 1;
}

static void serve(struct peer *p, uint32_t events)
{
    int alive = 1;

    if (p->from == p->to && (events & ~EPOLLOUT) != 0)
        alive = hear(p);
    if (!alive || !tell(p)) {
        drop(p);
        return;
    }
    watch(EPOLL_CTL_MOD, p->fd, p->from < p->to ? EPOLLOUT : EPOLLIN, p);
}

static void let_in(void)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    struct peer *p = fd < 0 ? NULL : malloc(sizeof *p);

    if (p != NULL) {
        p->fd = fd;
        p->state = READING;
        p->have = p->from = p->to = 0;
        watch(EPOLL_CTL_ADD, fd, EPOLLIN, p);
        return;
    }
    if (fd < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED))
        return;
    if (fd >= 0)
        close(fd);
    watch(EPOLL_CTL_DEL, listener, 0, NULL); /* till the next tick */
    asleep = 1;
    tick_while_needed();
}

static void tick(void)
{
    uint64_t times;

    if (read(timer, &times, sizeof times) < 0)
        return;
    if (asleep) {
        asleep = 0;
        watch(EPOLL_CTL_ADD, listener, EPOLLIN, &listener);
    }
    for (struct peer *p = leaving, *next; p != NULL; p = next) {
        next = p->next;
        if (--p->ticks <= 0)
            drop(p);
    }
    tick_while_needed();
}

static int port_of(const char *s)
{
    size_t digits = strspn(s, "0123456789");
    unsigned long n = strtoul(s, NULL, 10);

    if (digits == 0 || s[digits] != '\0' || n > 65535) {
        dprintf(2, "usage: line_server [PORT]\n");
        exit(2);
    }
    return n;
}

static void start(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t size = sizeof a;
    int on = 1;

    if ((listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) < 0)
        fatal("socket");
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        fatal("setsockopt");
    if (bind(listener, (void *)&a, sizeof a) < 0)
        fatal("bind");
    if (listen(listener, 128) < 0)
        fatal("listen");
    if ((loop = epoll_create1(0)) < 0 ||
        (timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK)) < 0)
        fatal("epoll");
    watch(EPOLL_CTL_ADD, listener, EPOLLIN, &listener);
    watch(EPOLL_CTL_ADD, timer, EPOLLIN, &timer);
    getsockname(listener, (void *)&a, &size);
    dprintf(1, "listening on port %d\n", ntohs(a.sin_port));
}

int main(int argc, char **argv)
{
    start(port_of(argc == 1 ? "5050" : argc == 2 ? argv[1] : ""));
    for (;;) {
        struct epoll_event e;
        int n = epoll_wait(loop, &e, 1, -1);

        if (n < 0 && errno != EINTR)
            fatal("epoll_wait");
        if (n < 1)
            continue;
        if (e.data.ptr == &listener)
            let_in();
        else if (e.data.ptr == &timer)
            tick();
        else
            serve(e.data.ptr, e.events);
    }
}
