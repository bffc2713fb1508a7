/*
 * Style "batch", the client: a timer is a descriptor (timerfd), and epoll waits
 * for it and for the answer.
 * Right because the timer is set once for each try, so nothing but a try moves
 * it, and the connected socket takes datagrams of the server alone.
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "net.h"

enum { TRIES = 3, LONGEST = 65507 };

static char answer[LONGEST + 1];
static int timer, events;

/* 1: it is time for the next try; else what recvmsg says. */
static ssize_t look(int fd, struct msghdr *message)
{
    struct epoll_event ready;
    uint64_t rang;

    for (;;) {
        if (epoll_wait(events, &ready, 1, -1) == -1)
            continue;
        if (ready.data.fd == timer && read(timer, &rang, sizeof rang) > 0) {
            errno = ETIMEDOUT;
            return -1;
        }
        ssize_t got = recvmsg(fd, message, MSG_DONTWAIT);
        if (got != -1 || (errno != EAGAIN && errno != EINTR))
            return got;
    }
}

static ssize_t ask(int fd, const char *text)
{
    const struct itimerspec half = {.it_value.tv_nsec = 500000000};
    struct iovec out = {(char *)text, strlen(text)}, in = {answer, LONGEST};
    struct msghdr question = {.msg_iov = &out, .msg_iovlen = 1};
    struct msghdr reply = {.msg_iov = &in, .msg_iovlen = 1};
    ssize_t got = -1;

    for (int try = 0; try < TRIES; try++) {
        timerfd_settime(timer, 0, &half, NULL);
        while ((got = sendmsg(fd, &question, 0)) == -1 && errno == EINTR)
            ;
        if (got != -1)
            got = look(fd, &reply);
        if (got != -1 || errno != ETIMEDOUT)
            return got;
    }
    errx(1, "no answer");
}

int main(int argc, char **argv)
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *port = argc > 2 ? argv[2] : "9999";
    const char *text = argc > 3 ? argv[3] : "original text";
    const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
    struct addrinfo *all;
    uint16_t number;

    if (argc > 4 || !net_parse_port(port, 1, &number) ||
        strlen(text) > LONGEST) {
        fputs("usage: client [HOST [PORT [TEXT]]]\n", stderr);
        exit(2);
    }
    int failure = getaddrinfo(host, port, &hints, &all);
    if (failure != 0)
        errx(1, "%s: %s", host, gai_strerror(failure));
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    events = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = timer};
    epoll_ctl(events, EPOLL_CTL_ADD, timer, &event);

    ssize_t got = -1;
    for (struct addrinfo *a = all; a != NULL && got == -1; a = a->ai_next) {
        int fd = socket(a->ai_family, a->ai_socktype, 0);
        if (fd == -1)
            continue;
        event.data.fd = fd;
        epoll_ctl(events, EPOLL_CTL_ADD, fd, &event);
        if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            got = ask(fd, text);
        int reason = errno;
        close(fd);
        errno = reason;
    }
    if (got == -1)
        err(1, "%s", host);
    freeaddrinfo(all);
    printf("Received ");
    fwrite(answer, got, 1, stdout);
    puts("");
    return fflush(stdout) == 0 ? 0 : 1;
}
