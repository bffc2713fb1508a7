/*
 * Style "batch": many datagrams a call, by recvmmsg() and sendmmsg(), from a
 * non-blocking socket on which epoll waits.
 * Right because each datagram of a batch has an array and an address of its
 * own, the lengths are those that came, and one that cannot be sent is passed
 * over: sendmmsg() stops there, and goes on behind it.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "net.h"

enum { BATCH = 16, LONGEST = 65507 };

static char data[BATCH][LONGEST], capital[256];
static struct sockaddr_in from[BATCH];
static struct iovec parts[BATCH];
static struct mmsghdr batch[BATCH];

static void make_ready(int i)
{
    parts[i] = (struct iovec){data[i], LONGEST};
    batch[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
                                       .msg_namelen = sizeof from[i],
                                       .msg_iov = &parts[i],
                                       .msg_iovlen = 1};
}

static void answer(int fd, int count)
{
    for (int i = 0; i < count; i++) {
        parts[i].iov_len = batch[i].msg_len;
        for (unsigned k = 0; k < batch[i].msg_len; k++)
            data[i][k] = capital[(unsigned char)data[i][k]];
    }
    for (int done = 0; done < count;) {
        int n = sendmmsg(fd, batch + done, count - done, 0);
        if (n > 0)
            done += n;
        else if (errno != EINTR && errno != EAGAIN)
            done++;
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    uint16_t port = 9999;

    if (argc > 2 || (argc == 2 && !net_parse_port(argv[1], 0, &port))) {
        fputs("usage: server [PORT]\n", stderr);
        exit(2);
    }
    for (int i = 0; i < 256; i++)
        capital[i] = i >= 'a' && i <= 'z' ? i - 'a' + 'A' : i;
    any.sin_port = htons(port);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (fd == -1 || bind(fd, (struct sockaddr *)&any, sizeof any) == -1)
        err(1, "bind");
    int events = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    if (events == -1 || epoll_ctl(events, EPOLL_CTL_ADD, fd, &event) == -1)
        err(1, "epoll");
    net_announce(fd);

    for (;;) {
        for (int i = 0; i < BATCH; i++)
            make_ready(i);
        int count = recvmmsg(fd, batch, BATCH, 0, NULL);
        if (count > 0)
            answer(fd, count);
        else if (errno == EAGAIN)
            epoll_wait(events, &event, 1, -1);
    }
}
