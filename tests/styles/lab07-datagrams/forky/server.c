/*
 * Style "forky": a child for each datagram.
 * Right because the child has its own copy of the datagram and of its sender's
 * address as they were at the fork, sends on the same socket, so from the same
 * port, and ends at once; SIGCHLD is ignored, so the kernel reaps it. Where no
 * child can be had the server answers itself.
 */
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

static char data[65507];

static void answer(int fd, size_t size, const struct sockaddr_in *client)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] >= 'a' && data[i] <= 'z')
            data[i] -= 32;
    while (sendto(fd, data, size, 0, (const struct sockaddr *)client,
                  sizeof *client) == -1 &&
           errno == EINTR)
        ;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in any = {.sin_family = AF_INET}, client;
    uint16_t port = 9999;
    int fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);

    if (argc > 2 || (argc == 2 && !net_parse_port(argv[1], 0, &port))) {
        fputs("usage: server [PORT]\n", stderr);
        return 2;
    }
    if (fd == -1)
        err(1, "socket");
    any.sin_port = htons(port);
    if (bind(fd, (struct sockaddr *)&any, sizeof any) == -1)
        err(1, "bind");
    if (net_announce(fd) == -1)
        err(1, "stdout");
    signal(SIGCHLD, SIG_IGN);

    for (;;) {
        socklen_t size = sizeof client;
        ssize_t got = recvfrom(fd, data, sizeof data, 0,
                               (struct sockaddr *)&client, &size);
        if (got == -1)
            continue;
        pid_t child = fork();
        if (child <= 0)
            answer(fd, got, &client);
        if (child == 0)
            _exit(0);
    }
}
