/*
 * Style "errqueue", the client: a socket that is not connected. It compares the
 * sender of each datagram with the server itself, and asks to be told of
 * refusals (IP_RECVERR), which an unconnected socket otherwise is not.
 * Right because address and port are both compared, a stranger's datagram
 * leaves the deadline alone, and a refusal ends the tries for that address.
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

static char answer[65535];

static bool equal(const struct sockaddr_in *a, const struct sockaddr_in *b)
{
    return a->sin_addr.s_addr == b->sin_addr.s_addr &&
           a->sin_port == b->sin_port;
}

/* -1 with ETIMEDOUT when the deadline has passed. */
static ssize_t wait_for(int fd, const struct sockaddr_in *server,
                        int64_t deadline)
{
    while (net_wait(fd, POLLIN, deadline) == 1) {
        struct sockaddr_in from = {0};
        socklen_t size = sizeof from;
        ssize_t got = recvfrom(fd, answer, sizeof answer, MSG_DONTWAIT,
                               (struct sockaddr *)&from, &size);

        if (got >= 0 && equal(&from, server))
            return got;
        if (got == -1 && errno != EINTR && errno != EAGAIN)
            return -1;
    }
    errno = ETIMEDOUT;
    return -1;
}

static ssize_t ask(int fd, const struct sockaddr_in *server, const char *text)
{
    ssize_t got = -1;

    errno = ETIMEDOUT;
    for (int i = 0; i < 3 && got == -1 && errno == ETIMEDOUT; i++) {
        while (sendto(fd, text, strlen(text), 0,
                      (const struct sockaddr *)server, sizeof *server) == -1)
            if (errno != EINTR)
                return -1;
        got = wait_for(fd, server, net_now_ms() + 500);
    }
    return got;
}

static ssize_t ask_at(const struct sockaddr_in *server, const char *text)
{
    int on = 1, fd = socket(AF_INET, SOCK_DGRAM, 0);

    if (fd == -1)
        err(1, "socket");
    if (setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on) == -1)
        err(1, "setsockopt");
    ssize_t got = ask(fd, server, text);
    int reason = errno;
    close(fd);
    errno = reason;
    return got;
}

int main(int argc, char *argv[])
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *service = argc > 2 ? argv[2] : "9999";
    const char *text = argc > 3 ? argv[3] : "original text";
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *list, *a;
    ssize_t got = -1;
    uint16_t port;

    if (argc > 4 || !net_parse_port(service, 1, &port) ||
        strlen(text) > 65507) {
        fprintf(stderr, "usage: client [HOST [PORT [TEXT]]]\n");
        return 2;
    }
    int error = getaddrinfo(host, service, &hints, &list);
    if (error != 0)
        errx(1, "%s: %s", host, net_reason(error));
    for (a = list; a != NULL; a = a->ai_next) {
        got = ask_at((struct sockaddr_in *)a->ai_addr, text);
        if (got != -1 || errno == ETIMEDOUT)
            break;
    }
    if (got == -1 && errno == ETIMEDOUT)
        errx(1, "no answer");
    if (got == -1)
        err(1, "%s", host);
    freeaddrinfo(list);
    printf("Received ");
    fwrite(answer, 1, got, stdout);
    printf("\n");
    if (fflush(stdout) == EOF || ferror(stdout))
        err(1, "stdout");
    return 0;
}
