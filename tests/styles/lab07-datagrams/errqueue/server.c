/*
 * Style "errqueue": a few threads that share one socket, which asks to be told
 * of refused answers (IP_RECVERR).
 * Right because a datagram goes to one thread only, which has its array on its
 * own stack, and what a refused answer leaves behind is fetched and forgotten:
 * the next call's ECONNREFUSED, and the entry in the socket's queue of errors.
 */
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "net.h"

enum { THREADS = 3, MOST = 65507 };

static void forget_errors(int fd)
{
    char none[1];

    while (recv(fd, none, sizeof none, MSG_ERRQUEUE | MSG_DONTWAIT) != -1 ||
           errno == EINTR)
        ;
}

static void *work(void *arg)
{
    int fd = *(int *)arg;
    char data[MOST];
    struct sockaddr_in client;

    for (;;) {
        socklen_t size = sizeof client;
        ssize_t got =
            recvfrom(fd, data, MOST, 0, (struct sockaddr *)&client, &size);

        if (got == -1) {
            if (errno != EINTR)
                forget_errors(fd);
            continue;
        }
        for (ssize_t i = 0; i < got; i++)
            if (data[i] >= 'a' && data[i] <= 'z')
                data[i] = data[i] - 'a' + 'A';
        /* sendto tells of an earlier refusal too: the second try sends. */
        for (int tries = 0; tries < 4; tries++)
            if (sendto(fd, data, got, 0, (struct sockaddr *)&client, size) !=
                -1)
                break;
    }
    return NULL;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    uint16_t port = 9999;
    pthread_t threads[THREADS];
    int on = 1, fd;

    if (argc > 2 || (argc == 2 && !net_parse_port(argv[1], 0, &port))) {
        fprintf(stderr, "usage: server [PORT]\n");
        return 2;
    }
    any.sin_port = htons(port);
    if ((fd = socket(AF_INET, SOCK_DGRAM, 0)) == -1)
        err(1, "socket");
    if (setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on) == -1)
        err(1, "setsockopt");
    if (bind(fd, (struct sockaddr *)&any, sizeof any) == -1)
        err(1, "bind");
    if (net_announce(fd) == -1)
        err(1, "stdout");
    for (int i = 0; i < THREADS; i++)
        if ((errno = pthread_create(&threads[i], NULL, work, &fd)) != 0)
            err(1, "pthread_create");
    pthread_join(threads[0], NULL);
    return 0;
}
