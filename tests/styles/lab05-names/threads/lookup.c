/*
 * Style "threads", for what needs none: a few lines, with net_format_address()
 * and net_address_port() of the library, and getservbyport() for the name.
 * Right because all of it works for both families, and the service is looked
 * up with the address, so that getaddrinfo() tells of both what is wrong.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netdb.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "net.h"

static bool matches(const char *text, const char *pattern)
{
    regex_t regex;
    bool is;

    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        errx(1, "regcomp: %s", pattern);
    is = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return is;
}

static const char *const classes[] = {"well-known", "registered", "dynamic"};

int main(int argc, char **argv)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all, *a;
    char text[NET_ADDRESS_SIZE];
    int error;

    if (argc != 3 || !matches(argv[2], "[A-Za-z]|^[0-9]{1,5}$") ||
        (matches(argv[2], "^[0-9]+$") && atoi(argv[2]) > 65535)) {
        fprintf(stderr, "usage: lookup HOST SERVICE\n");
        exit(2);
    }
    error = getaddrinfo(argv[1], argv[2], &hints, &all);
    if (error != 0)
        errx(1, "%s, %s: %s", argv[1], argv[2], gai_strerror(error));
    for (a = all; a != NULL; a = a->ai_next) {
        unsigned port = net_address_port(a->ai_addr);
        struct servent *service = getservbyport(htons(port), "tcp");

        printf("IPv%c %s port %u (%s%s%s)\n",
               a->ai_family == AF_INET6 ? '6' : '4',
               net_format_address(a->ai_addr, text), port,
               classes[(port >= 1024) + (port >= 49152)], service ? ", " : "",
               service ? service->s_name : "");
    }
    freeaddrinfo(all);
    return 0;
}
