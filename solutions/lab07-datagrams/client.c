/*
 * client.c - asks server.c for a text in upper case, up to three times
 *
 * Shows what a client over UDP must do itself: a datagram may be lost on its
 * way, or its answer, and nobody tells. So wait for a while, and ask again.
 *
 *     build/solutions/lab07-datagrams/client [HOST [PORT [TEXT]]]
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

/* The longest datagram: an IPv4 packet has 65,535 bytes at most, of which 20
   are its own header and 8 are UDP's. */
enum { DATAGRAM_MAX = 65507, TRIES = 3, WAIT_MS = 500 };

/* Nothing is sent here, and no server need be there. What connect does is fix
   the other end: this socket now takes datagrams from that address and port
   only, and is told when ICMP says that nobody has that port. */
static int connect_to(const struct addrinfo *address)
{
    int server =
        socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    if (server == -1 ||
        connect(server, address->ai_addr, address->ai_addrlen) == 0)
        return server;

    int reason = errno; /* close may change errno */
    close(server);
    errno = reason;
    return -1;
}

/* The wait has one deadline, however often it is interrupted. MSG_DONTWAIT: a
   datagram that poll has seen may still be dropped for its checksum. */
static ssize_t wait_for_answer(int server, char *answer)
{
    const int64_t deadline = net_now_ms() + WAIT_MS;

    for (;;) {
        int ready = net_wait(server, POLLIN, deadline);
        if (ready == -1)
            err(1, "poll");
        if (ready == 0) {
            errno = ETIMEDOUT;
            return -1;
        }
        ssize_t got = recv(server, answer, DATAGRAM_MAX, MSG_DONTWAIT);
        if (got != -1 || (errno != EINTR && errno != EAGAIN))
            return got;
    }
}

/* Returns the length of the answer, which may be 0, or -1: ETIMEDOUT if none
   came, ECONNREFUSED if nobody is there. */
static ssize_t ask(int server, const char *text, size_t size, char *answer)
{
    ssize_t got = -1;

    for (int try = 0; try < TRIES; try++) {
        while (send(server, text, size, 0) == -1)
            if (errno != EINTR)
                return -1;
        got = wait_for_answer(server, answer);
        if (got != -1 || errno != ETIMEDOUT)
            break;
    }
    return got;
}

/* An address that refuses leaves the next one to try. One that is silent does
   not: who knows whether its server has done what it was asked to? */
static size_t ask_host(const char *host, const char *port, const char *text,
                       char *answer)
{
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
    struct addrinfo *list;
    ssize_t got = -1;
    int reason = 0;

    int failure = getaddrinfo(host, port, &hints, &list);
    if (failure != 0)
        errx(1, "%s: %s", host, net_reason(failure));

    for (struct addrinfo *a = list; a != NULL && got == -1; a = a->ai_next) {
        int server = connect_to(a);
        if (server != -1)
            got = ask(server, text, strlen(text), answer);
        if (got == -1 && errno == ETIMEDOUT)
            errx(1, "no answer");
        if (reason == 0)
            reason = errno; /* the first one tells most: see net_connect */
        if (server != -1)
            close(server);
    }
    freeaddrinfo(list);
    if (got == -1) {
        errno = reason;
        err(1, "%s", host);
    }
    return got;
}

int main(int argc, char **argv)
{
    static char answer[DATAGRAM_MAX];
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *port = argc > 2 ? argv[2] : "9999";
    const char *text = argc > 3 ? argv[3] : "original text";
    uint16_t number;

    if (argc > 4 || !net_parse_port(port, 1, &number) ||
        strlen(text) > DATAGRAM_MAX) {
        fprintf(stderr, "usage: client [HOST [PORT [TEXT]]]\n"
                        "       TEXT has at most 65507 bytes\n");
        return 2;
    }
    size_t size = ask_host(host, port, text, answer);

    printf("Received ");
    fwrite(answer, 1, size, stdout);
    printf("\n");
    if (fflush(stdout) == EOF || ferror(stdout))
        err(1, "stdout");
    return 0;
}
