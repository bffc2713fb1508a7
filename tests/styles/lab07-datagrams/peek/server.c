/*
 * Style "peek": how long the next datagram is, is asked first (MSG_PEEK with
 * MSG_TRUNC), and then it gets memory of just that size. One main, and goto.
 * Right because a length of 0 gets its byte of memory too, and nobody but this
 * loop reads from the socket, so what was peeked at is what comes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    struct sockaddr_in here = {.sin_family = AF_INET}, client;
    socklen_t size = sizeof here;
    long port = 9999;
    char *data = NULL, *end;
    ssize_t due, got, i;
    int fd;

    if (argc > 2)
        goto usage;
    if (argc == 2) {
        if (argv[1][0] < '0' || argv[1][0] > '9')
            goto usage;
        port = strtol(argv[1], &end, 10);
        if (*end != '\0' || port > 65535)
            goto usage;
    }
    here.sin_port = htons(port);
    if ((fd = socket(AF_INET, SOCK_DGRAM, 0)) == -1 ||
        bind(fd, (struct sockaddr *)&here, sizeof here) == -1 ||
        getsockname(fd, (struct sockaddr *)&here, &size) == -1)
        goto failed;
    printf("listening on port %d\n", ntohs(here.sin_port));
    fflush(stdout);

next:
    free(data);
    data = NULL;
    due = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC);
    if (due == -1)
        goto next;
    data = malloc(due + 1);
    if (data == NULL)
        goto next;
take:
    size = sizeof client;
    got = recvfrom(fd, data, due, 0, (struct sockaddr *)&client, &size);
    if (got == -1 && errno == EINTR)
        goto take;
    if (got == -1)
        goto next;
    for (i = 0; i < got; i++)
        if (strchr("abcdefghijklmnopqrstuvwxyz", data[i]) && data[i])
            data[i] ^= 'a' ^ 'A';
send:
    if (sendto(fd, data, got, 0, (struct sockaddr *)&client, size) == -1) {
        if (errno == EINTR)
            goto send;
        perror("server: sendto");
    }
    goto next;

failed:
    perror("server: bind");
    return 1;
usage:
    fprintf(stderr, "usage: server [PORT]\n");
    return 2;
}
