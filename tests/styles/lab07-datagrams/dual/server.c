/*
 * Style "dual": one socket for IPv6 and IPv4, and recvmsg() and sendmsg(),
 * which tell and set the address on this side too: the answer comes from the
 * very address that was asked, also where a machine has many.
 * Right because that address goes back in the same control message in which
 * it came, and length and sender are taken from the message as well. Where
 * there is no IPv6, IPv4 alone.
 */
#define _GNU_SOURCE /* struct in6_pktinfo, struct in_pktinfo */
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

static int bind_ipv6(uint16_t port)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6,
                               .sin6_port = htons(port),
                               .sin6_addr = in6addr_any};
    int on = 1, off = 0;
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);

    if (fd == -1)
        return -1;
    if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == -1 ||
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) == -1)
        err(1, "setsockopt");
    if (bind(fd, (struct sockaddr *)&any, sizeof any) == 0)
        return fd;
    if (errno != EADDRNOTAVAIL)
        err(1, "bind");
    close(fd);
    return -1;
}

static int bind_ipv4(uint16_t port)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1, fd = socket(AF_INET, SOCK_DGRAM, 0);

    if (fd == -1)
        err(1, "socket");
    if (setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) == -1)
        err(1, "setsockopt");
    if (bind(fd, (struct sockaddr *)&any, sizeof any) == -1)
        err(1, "bind");
    return fd;
}

/* What came tells by which interface; the answer is free to leave by another,
 * and through an IPv6 socket IPv4 comes as a mapped address. */
static void forget_interface(struct msghdr *message)
{
    struct cmsghdr *c = CMSG_FIRSTHDR(message);

    if (c == NULL)
        return;
    if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
        ((struct in6_pktinfo *)CMSG_DATA(c))->ipi6_ifindex = 0;
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
        ((struct in_pktinfo *)CMSG_DATA(c))->ipi_ifindex = 0;
}

int main(int argc, char *argv[])
{
    static char data[65535];
    uint16_t port = 9999;

    if (argc > 2 || (argc == 2 && !net_parse_port(argv[1], 0, &port))) {
        fprintf(stderr, "usage: server [PORT]\n");
        return 2;
    }
    int fd = bind_ipv6(port);
    if (fd == -1)
        fd = bind_ipv4(port);
    if (net_announce(fd) == -1)
        err(1, "stdout");

    for (;;) {
        struct sockaddr_storage client;
        _Alignas(struct cmsghdr) char control[256];
        struct iovec piece = {data, sizeof data};
        struct msghdr message = {.msg_name = &client,
                                 .msg_namelen = sizeof client,
                                 .msg_iov = &piece,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};
        ssize_t got = recvmsg(fd, &message, 0);

        if (got == -1)
            continue;
        for (ssize_t i = 0; i < got; i++)
            if (data[i] >= 'a' && data[i] <= 'z')
                data[i] = data[i] - 'a' + 'A';
        piece.iov_len = got;
        forget_interface(&message);
        while (sendmsg(fd, &message, 0) == -1 && errno == EINTR)
            ;
    }
}
