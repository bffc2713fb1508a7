/*
 * Style "events": epoll, nonblocking sockets from accept4(), and a state for
 * each of any number of connections, which is all that a connection has.
 * Right because a connection is read only when all that it sent before went
 * back, so what is kept of it is bounded and one that never reads holds up
 * itself alone; it asks for EPOLLIN or for EPOLLOUT, never for what it cannot
 * use; where no descriptor can be had the listener is left alone for 50 ms;
 * every error of a connection ends that connection.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
    int fd;
    size_t filled, sent;
    char data[8192];
};

static int epoll, listener, resting;

static void die(const char *call)
{
    fprintf(stderr, "server: %s: %s\n", call, strerror(errno));
    exit(1);
}

static int watch(int how, int fd, uint32_t events, void *whose)
{
    struct epoll_event e = {.events = events, .data.ptr = whose};

    return epoll_ctl(epoll, how, fd, &e);
}

static void drop(struct connection *c)
{
    close(c->fd);
    free(c);
}

static int welcome(int fd)
{
    struct connection *c = malloc(sizeof *c);

    if (c == NULL)
        return -1;
    c->fd = fd;
    c->filled = c->sent = 0;
    if (watch(EPOLL_CTL_ADD, fd, EPOLLIN, c) == -1) {
        free(c);
        return -1;
    }
    return 0;
}

static void on_knock(void)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd != -1) {
        if (welcome(fd) == -1)
            close(fd);
        return;
    }
    switch (errno) {
    case EINTR:
    case EAGAIN:
    case ECONNABORTED:
        return;
    case EBADF:
    case EINVAL:
    case ENOTSOCK:
        die("accept4");
    }
    resting = 1;
    watch(EPOLL_CTL_MOD, listener, 0, NULL);
}

/* The byte without branches: bit 5 is what tells a from A. */
static unsigned char upper(unsigned char byte)
{
    unsigned letter = (unsigned)byte - 'a' < 26;

    return byte ^ (letter << 5);
}

/* False: the connection is over. */
static int on_read(struct connection *c)
{
    ssize_t n = recv(c->fd, c->data, sizeof c->data, 0);

    if (n == -1)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return 0;
    for (ssize_t i = 0; i < n; i++)
        c->data[i] = (char)upper((unsigned char)c->data[i]);
    c->filled = n;
    c->sent = 0;
    return 1;
}

static int on_write(struct connection *c)
{
    while (c->sent < c->filled) {
        ssize_t n = send(c->fd, c->data + c->sent, c->filled - c->sent, 0);

        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return errno == EAGAIN;
        c->sent += n;
    }
    c->filled = c->sent = 0;
    return 1;
}

static void on_event(struct connection *c)
{
    int writing = c->sent < c->filled;
    int good = writing || on_read(c);

    good = good && on_write(c);
    if (good && writing != (c->sent < c->filled))
        good = watch(EPOLL_CTL_MOD, c->fd, writing ? EPOLLIN : EPOLLOUT, c) == 0;
    if (!good)
        drop(c);
}

static void start(unsigned long port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t size = sizeof a;
    int on = 1;

    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (listener == -1)
        die("socket");
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
        die("setsockopt");
    if (bind(listener, (struct sockaddr *)&a, sizeof a) == -1)
        die("bind");
    if (listen(listener, SOMAXCONN) == -1)
        die("listen");
    if (getsockname(listener, (struct sockaddr *)&a, &size) == -1)
        die("getsockname");
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll == -1)
        die("epoll_create1");
    if (watch(EPOLL_CTL_ADD, listener, EPOLLIN, NULL) == -1)
        die("epoll_ctl");
    printf("listening on port %d\n", ntohs(a.sin_port));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    const char *text = argc > 1 ? argv[1] : "9999";
    size_t digits = strspn(text, "0123456789");
    unsigned long port = strtoul(text, NULL, 10);

    if (argc > 2 || digits == 0 || text[digits] != '\0' || port > 65535) {
        fputs("usage: server [PORT]\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    start(port);
    for (;;) {
        struct epoll_event events[32];
        int n = epoll_wait(epoll, events, 32, resting ? 50 : -1);

        if (n == -1 && errno != EINTR)
            die("epoll_wait");
        if (n == 0) {
            resting = 0;
            watch(EPOLL_CTL_MOD, listener, EPOLLIN, NULL);
        }
        for (int i = 0; i < n; i++)
            if (events[i].data.ptr != NULL)
                on_event(events[i].data.ptr);
            else
                on_knock();
    }
}
