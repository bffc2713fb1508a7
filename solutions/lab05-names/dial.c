/*
 * dial.c - connects to a service by its name, and listens to what it says
 *
 * Shows what a name with several addresses asks of a client: try them in the
 * resolver's order, a new socket for each, and tell of each that failed.
 *
 *     build/solutions/lab05-names/dial localhost daytime
 */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

/* Each service name has a letter in it (RFC 6335, section 5.1); what has none
   must be a port. getaddrinfo would take " 80", and 70000 for 4464. */
static bool is_service(const char *text, uint16_t lowest)
{
    uint16_t port;

    for (const char *c = text; *c != '\0'; c++)
        if (isalpha((unsigned char)*c))
            return true;
    return net_parse_port(text, lowest, &port);
}

/* Returns a connected socket, or -1 with the reason in errno. */
static int try_address(const struct addrinfo *a)
{
    int fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
    if (fd == -1)
        return -1; /* a kernel without IPv6, say: the next may do */
    if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
        return fd;

    int reason = errno; /* close may change errno */
    close(fd);
    errno = reason;
    return -1;
}

static int connect_to(const char *host, const struct addrinfo *list)
{
    char text[NET_ADDRESS_SIZE];
    int server = -1, reason = 0;

    for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
        int port = net_address_port(a->ai_addr);
        server = try_address(a);
        reason = errno;
        int failure = getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof text,
                                  NULL, 0, NI_NUMERICHOST);
        if (failure != 0)
            errx(1, "getnameinfo: %s", net_reason(failure));
        if (server != -1) {
            printf("connected to %s port %d\n", text, port);
            return server;
        }
        fprintf(stderr, "trying %s port %d: %s\n", text, port,
                strerror(reason));
    }
    errx(1, "%s: %s", host, strerror(reason));
}

/* Whoever waits for it sees it at once, not when a buffer is full. */
static void print_now(const char *data, size_t size)
{
    fwrite(data, 1, size, stdout);
    if (fflush(stdout) == EOF || ferror(stdout))
        err(1, "stdout");
}

static void print_stream(int server)
{
    char data[4096];
    ssize_t got;

    while ((got = recv(server, data, sizeof data, 0)) != 0) {
        if (got == -1 && errno != EINTR)
            err(1, "recv");
        if (got > 0)
            print_now(data, got);
    }
}

int main(int argc, char **argv)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;

    if (argc != 3 || !is_service(argv[2], 1)) {
        fprintf(stderr, "usage: dial HOST SERVICE\n");
        return 2;
    }
    int failure = getaddrinfo(argv[1], argv[2], &hints, &list);
    if (failure != 0)
        errx(1, "%s: %s", failure == EAI_SERVICE ? argv[2] : argv[1],
             net_reason(failure));

    int server = connect_to(argv[1], list);
    freeaddrinfo(list);
    print_stream(server);
    close(server);
    return 0;
}
