/*
 * Style "modern": epoll, signalfd, and for each client a struct on the heap
 * with a buffer of many answers. Right because no more bytes are read than
 * there is room for answers to them.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

enum { LINE = 36, LINES = 64 };

struct client {
    int fd;
    char last;
    bool ended;
    char out[LINE * LINES + 1];
    size_t start, end;
};

static int events, listener, signals;

static void watch(int operation, int fd, uint32_t what, void *whom)
{
    struct epoll_event event = {.events = what, .data.ptr = whom};
    if (epoll_ctl(events, operation, fd, &event) == -1)
        warn("epoll_ctl");
}

static void answer(struct client *c)
{
    char text[26];
    time_t now = time(NULL);
    c->end += snprintf(c->out + c->end, sizeof c->out - c->end, "It is now: %s",
                       ctime_r(&now, text));
}

static bool flush(struct client *c)
{
    while (c->start < c->end) {
        ssize_t n =
            send(c->fd, c->out + c->start, c->end - c->start, MSG_NOSIGNAL);
        if (n == -1 && errno == EAGAIN)
            return true;
        if (n == -1 && errno != EINTR)
            return false;
        if (n > 0)
            c->start += n;
    }
    c->start = c->end = 0;
    return true;
}

/* No more bytes than there is room for answers. */
static bool take(struct client *c)
{
    char data[LINES - 1];
    ssize_t n = recv(c->fd, data, sizeof data, 0);
    if (n == -1)
        return errno == EAGAIN || errno == EINTR;
    for (ssize_t i = 0; i < n; i++)
        if ((c->last = data[i]) == '\n')
            answer(c);
    if (n == 0 && c->last != '\n')
        answer(c);
    c->ended = n == 0;
    return true;
}

static void turn(struct client *c)
{
    bool good = (c->end > 0 || take(c)) && flush(c);
    if (!good || (c->ended && c->end == 0)) {
        close(c->fd);
        free(c);
        return;
    }
    watch(EPOLL_CTL_MOD, c->fd, c->end > 0 ? EPOLLOUT : EPOLLIN, c);
}

/* False: no more can be had now. */
static bool welcome(void)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd == -1)
        return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
    struct client *c = malloc(sizeof *c);
    if (!c) {
        close(fd);
        return true;
    }
    c->fd = fd;
    c->last = '\n';
    c->ended = false;
    c->start = c->end = 0;
    answer(c);
    watch(EPOLL_CTL_ADD, fd, EPOLLOUT, c);
    return true;
}

int main(int argc, char **argv)
{
    uint16_t port = 5155;
    const char *call;
    sigset_t end;

    if (argc > 2 || (argc == 2 && !net_parse_port(argv[1], 0, &port))) {
        fputs("usage: poll_server [PORT]\n", stderr);
        return 2;
    }
    tzset();
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigprocmask(SIG_BLOCK, &end, NULL);
    signals = signalfd(-1, &end, SFD_CLOEXEC);
    events = epoll_create1(EPOLL_CLOEXEC);
    listener = net_listen(port, &call);
    if (listener == -1)
        err(1, "%s", call);
    fcntl(listener, F_SETFL, O_NONBLOCK);
    watch(EPOLL_CTL_ADD, signals, EPOLLIN, &signals);
    watch(EPOLL_CTL_ADD, listener, EPOLLIN, &listener);
    net_announce(listener);

    for (bool full = false;;) {
        struct epoll_event ready[32];
        int n = epoll_wait(events, ready, 32, full ? 50 : -1);
        if (full)
            watch(EPOLL_CTL_MOD, listener, EPOLLIN, &listener);
        full = false;
        for (int i = 0; i < n; i++) {
            if (ready[i].data.ptr == &signals)
                return 0;
            if (ready[i].data.ptr != &listener)
                turn(ready[i].data.ptr);
            else if ((full = !welcome()))
                watch(EPOLL_CTL_MOD, listener, 0, &listener);
        }
    }
}
