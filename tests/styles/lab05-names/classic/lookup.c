/*
 * Style "classic": the port is looked up with getservbyname(), the name with
 * getservbyport(), and inet_ntop() writes the address of each family.
 * Right because getaddrinfo() is asked for the host alone: its order hangs on
 * no port, and SOCK_STREAM gives each address once. A service with a letter in
 * it that nobody knows is a run-time error in words of its own.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static void usage(void)
{
    fputs("usage: lookup HOST SERVICE\n", stderr);
    exit(2);
}

/* In network byte order, as getservbyname() gives it. */
static int get_port(const char *s)
{
    struct servent *sp;
    long n = 0;

    if (s[strcspn(s, LETTERS)] != '\0') {
        if ((sp = getservbyname(s, "tcp")) == NULL) {
            fprintf(stderr, "lookup: %s: unknown service\n", s);
            exit(1);
        }
        return sp->s_port;
    }
    if (*s == '\0')
        usage();
    for (; *s != '\0'; s++) {
        if (*s < '0' || *s > '9')
            usage();
        if ((n = n * 10 + (*s - '0')) > 65535)
            usage();
    }
    return htons(n);
}

int main(int argc, char **argv)
{
    struct addrinfo hints, *res, *p;
    struct servent *sp;
    char text[INET6_ADDRSTRLEN];
    const char *class;
    int port, e;

    if (argc != 3)
        usage();
    port = get_port(argv[2]);
    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    if ((e = getaddrinfo(argv[1], NULL, &hints, &res)) != 0) {
        fprintf(stderr, "lookup: %s: %s\n", argv[1], gai_strerror(e));
        exit(1);
    }
    sp = getservbyport(port, "tcp");
    if (ntohs(port) <= 1023)
        class = "well-known";
    else if (ntohs(port) <= 49151)
        class = "registered";
    else
        class = "dynamic";
    for (p = res; p != NULL; p = p->ai_next) {
        void *address = &((struct sockaddr_in *)p->ai_addr)->sin_addr;

        if (p->ai_family == AF_INET6)
            address = &((struct sockaddr_in6 *)p->ai_addr)->sin6_addr;
        else if (p->ai_family != AF_INET)
            continue;
        inet_ntop(p->ai_family, address, text, sizeof text);
        printf("IPv%d %s port %d (%s", p->ai_family == AF_INET6 ? 6 : 4, text,
               ntohs(port), class);
        if (sp != NULL)
            printf(", %s", sp->s_name);
        puts(")");
    }
    freeaddrinfo(res);
    return 0;
}
