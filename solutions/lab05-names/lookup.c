/*
 * lookup.c - what a name and a service are in numbers
 *
 * Shows getaddrinfo, which turns words into addresses, and getnameinfo, which
 * turns addresses into words again. Neither needs to know IPv4 from IPv6.
 *
 *     build/solutions/lab05-names/lookup localhost daytime
 */
#include <ctype.h>
#include <err.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

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

/* The three ranges of RFC 6335, section 6. */
static const char *class_of(uint16_t port)
{
    return port < 1024 ? "well-known" : port < 49152 ? "registered" : "dynamic";
}

static void print_address(const struct addrinfo *a)
{
    char address[NI_MAXHOST], port[NI_MAXSERV], name[NI_MAXSERV];

    int failure =
        getnameinfo(a->ai_addr, a->ai_addrlen, address, sizeof address, port,
                    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    /* And the service again, by its name. Without NI_DGRAM: the TCP one. */
    if (failure == 0)
        failure = getnameinfo(a->ai_addr, a->ai_addrlen, NULL, 0, name,
                              sizeof name, 0);
    if (failure != 0)
        errx(1, "getnameinfo: %s", net_reason(failure));

    /* A port that has no name comes back as its number. */
    bool named = strcmp(name, port) != 0;
    printf("%s %s port %s (%s%s%s)\n",
           a->ai_family == AF_INET6 ? "IPv6" : "IPv4", address, port,
           class_of(net_address_port(a->ai_addr)), named ? ", " : "",
           named ? name : "");
}

int main(int argc, char **argv)
{
    /* Any family. Without the socket type each address would come three times:
       for streams, for datagrams, and raw. */
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;

    if (argc != 3 || !is_service(argv[2], 0)) {
        fprintf(stderr, "usage: lookup HOST SERVICE\n");
        return 2;
    }
    int failure = getaddrinfo(argv[1], argv[2], &hints, &list);
    if (failure != 0)
        errx(1, "%s: %s", failure == EAI_SERVICE ? argv[2] : argv[1],
             net_reason(failure));

    for (const struct addrinfo *a = list; a != NULL; a = a->ai_next)
        print_address(a);
    freeaddrinfo(list);
    if (fflush(stdout) == EOF || ferror(stdout))
        err(1, "stdout");
    return 0;
}
