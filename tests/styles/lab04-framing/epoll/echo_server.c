/*
 * Style "epoll": edge-triggered epoll, non-blocking sockets, and for each
 * client the one answer that is not yet out.
 * Right because each socket is read until it says EAGAIN, but only while no
 * answer waits; when the last byte of one is out, reading goes on by itself.
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
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct peer {
    int fd;
    size_t left;      /* of the answer, prefix and data */
    size_t data_size; /* of data */
    char data[16384];
};

static int failed(const char *call)
{
    fprintf(stderr, "echo_server: %s: %s\n", call, strerror(errno));
    return 1;
}

static int usage(void)
{
    fprintf(stderr, "usage: echo_server [PORT]\n");
    return 2;
}

/* As writev(), the rest of the answer: prefix and data lie apart. */
static ssize_t put(struct peer *p)
{
    static char prefix[] = "Echo ==>";
    struct iovec two[2] = {{prefix, 8}, {p->data, p->data_size}};
    size_t done = 8 + p->data_size - p->left;
    size_t skip = done < 8 ? done : 8;

    two[0].iov_base = prefix + skip;
    two[0].iov_len -= skip;
    two[1].iov_base = p->data + (done - skip);
    two[1].iov_len -= done - skip;
    return writev(p->fd, two, 2);
}

/* 1: later more, 0: it is over. */
static int work(struct peer *p)
{
    ssize_t n;

    for (;;) {
        if (p->left > 0) {
            n = put(p);
            if (n > 0)
                p->left -= n;
        } else {
            n = read(p->fd, p->data, sizeof p->data);
            if (n == 0)
                return 0;
            if (n > 0) {
                p->data_size = n;
                p->left = 8 + n;
            }
        }
        if (n < 0 && errno != EINTR)
            return errno == EAGAIN;
    }
}

static void add(int loop, int fd)
{
    struct peer *p = malloc(sizeof *p);
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLET,
                            .data.ptr = p};

    if (p == NULL || epoll_ctl(loop, EPOLL_CTL_ADD, fd, &e) < 0) {
        free(p);
        close(fd);
        return;
    }
    p->fd = fd;
    p->left = 0;
}

static void add_all(int loop, int listener)
{
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0)
            add(loop, fd);
        else if (errno == EAGAIN)
            return;
        else if (errno != EINTR && errno != ECONNABORTED)
            nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in me = {.sin_family = AF_INET};
    socklen_t size = sizeof me;
    unsigned port = 5050;
    char rest;
    int on = 1, loop, listener;

    if (argc > 2)
        return usage();
    if (argc == 2 &&
        (argv[1][strspn(argv[1], "0123456789")] != '\0' ||
         strlen(argv[1]) > 5 || sscanf(argv[1], "%u%c", &port, &rest) != 1 ||
         port > 65535))
        return usage();
    signal(SIGPIPE, SIG_IGN);
    me.sin_port = htons(port);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (listener < 0)
        return failed("socket");
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&me, size) < 0)
        return failed("bind");
    if (listen(listener, 100) < 0)
        return failed("listen");
    if (getsockname(listener, (struct sockaddr *)&me, &size) < 0)
        return failed("getsockname");
    if ((loop = epoll_create1(EPOLL_CLOEXEC)) < 0)
        return failed("epoll_create1");
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(loop, EPOLL_CTL_ADD, listener, &e) < 0)
        return failed("epoll_ctl");
    printf("listening on port %u\n", ntohs(me.sin_port));
    fflush(stdout);

    for (;;) {
        struct epoll_event events[64];
        int count = epoll_wait(loop, events, 64, -1);

        for (int i = 0; i < count; i++) {
            struct peer *p = events[i].data.ptr;
            if (p == NULL) {
                add_all(loop, listener);
            } else if (!work(p)) {
                close(p->fd);
                free(p);
            }
        }
    }
}
