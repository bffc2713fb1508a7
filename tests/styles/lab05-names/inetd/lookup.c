/*
 * Style "inetd": one big main with goto; the service is looked up apart from
 * the host (getservbyname), and the port put into the lines, not into the
 * addresses.
 * Right because the port is in host byte order from the start, and of a name
 * that was typed the servent has the official one.
 */
#include <ctype.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char *argv[])
{
    struct addrinfo hints, *list = NULL, *ai;
    struct servent *service;
    char address[100];
    const char *class, *comma, *s;
    int status = 1, letters = 0, port = 0, error;

    if (argc != 3)
        goto usage;
    for (s = argv[2]; *s; s++)
        letters |= isalpha((unsigned char)*s);
    if (letters) {
        service = getservbyname(argv[2], "tcp");
        if (!service) {
            fprintf(stderr, "lookup: %s: no such service\n", argv[2]);
            goto end;
        }
        port = ntohs(service->s_port);
    } else {
        for (s = argv[2]; *s; s++) {
            if (!isdigit((unsigned char)*s))
                goto usage;
            port = port * 10 + *s - '0';
            if (port > 65535)
                goto usage;
        }
        if (s == argv[2])
            goto usage;
        service = getservbyport(htons(port), "tcp");
    }
    class = "dynamic";
    if (port < 49152)
        class = "registered";
    if (port < 1024)
        class = "well-known";
    comma = service ? ", " : "";

    memset(&hints, 0, sizeof(hints));
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    error = getaddrinfo(argv[1], NULL, &hints, &list);
    if (error) {
        fprintf(stderr, "lookup: %s: %s\n", argv[1], gai_strerror(error));
        goto end;
    }
    for (ai = list; ai; ai = ai->ai_next) {
        error = getnameinfo(ai->ai_addr, ai->ai_addrlen, address,
                            sizeof(address), NULL, 0, NI_NUMERICHOST);
        if (error) {
            fprintf(stderr, "lookup: getnameinfo: %s\n", gai_strerror(error));
            goto end;
        }
        printf("%s %s port %d (%s%s%s)\n",
               ai->ai_family == AF_INET ? "IPv4" : "IPv6", address, port, class,
               comma, service ? service->s_name : "");
    }
    status = 0;
    goto end;

usage:
    fprintf(stderr, "usage: lookup HOST SERVICE\n");
    status = 2;
end:
    if (list)
        freeaddrinfo(list);
    return status;
}
