/*
 * dual_server.c - tells the time to IPv4 and IPv6 clients, on one socket
 *
 * Shows that an IPv6 socket can serve both, in what disguise IPv4 comes there,
 * and how to listen on a service that is known by its name.
 *
 *     build/solutions/lab05-names/dual_server 8888
 *     build/solutions/lab05-names/dial ::1 8888
 */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

/* A client may delay the next by a second: LINGER_MS stays just below it. */
enum { LINGER_MS = 900 };

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

static void set_option(int fd, int level, int option, int value)
{
    if (setsockopt(fd, level, option, &value, sizeof value) == -1)
        err(1, "setsockopt");
}

/* A socket for both families, or for IPv4 where the kernel has no IPv6. */
static int open_socket(int *family)
{
    *family = AF_INET6;
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    if (fd == -1 && errno == EAFNOSUPPORT) {
        *family = AF_INET;
        fd = socket(AF_INET, SOCK_STREAM, 0);
    }
    if (fd == -1)
        err(1, "socket");

    /* What it is by default an administrator decides: net.ipv6.bindv6only. */
    if (*family == AF_INET6)
        set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    return fd;
}

static int listen_on(const char *service)
{
    /* AI_PASSIVE and no host: the address that stands for all of ours. */
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE};
    struct addrinfo *any;
    int listener = open_socket(&hints.ai_family);

    int failure = getaddrinfo(NULL, service, &hints, &any);
    if (failure != 0)
        errx(1, "%s: %s", service, net_reason(failure));
    if (bind(listener, any->ai_addr, any->ai_addrlen) == -1)
        err(1, "bind");
    freeaddrinfo(any);
    if (listen(listener, SOMAXCONN) == -1)
        err(1, "listen");
    if (net_announce(listener) == -1)
        err(1, "stdout");
    return listener;
}

/* An IPv4 client comes to an IPv6 socket as ::ffff:127.0.0.1, a "mapped"
   address: the last four of the sixteen bytes are the IPv4 one. */
static void unmap(struct sockaddr_storage *address)
{
    const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)address;
    struct sockaddr_in ipv4 = {.sin_family = AF_INET};

    if (address->ss_family != AF_INET6 ||
        !IN6_IS_ADDR_V4MAPPED(&ipv6->sin6_addr))
        return;
    ipv4.sin_port = ipv6->sin6_port;
    memcpy(&ipv4.sin_addr, &ipv6->sin6_addr.s6_addr[12], sizeof ipv4.sin_addr);
    memcpy(address, &ipv4, sizeof ipv4);
}

static void print_client(struct sockaddr_storage *peer)
{
    char text[NI_MAXHOST];

    unmap(peer);
    int failure = getnameinfo((struct sockaddr *)peer, sizeof *peer, text,
                              sizeof text, NULL, 0, NI_NUMERICHOST);
    if (failure != 0)
        warnx("getnameinfo: %s", net_reason(failure));
    else if (printf("client %s %s\n",
                    peer->ss_family == AF_INET6 ? "IPv6" : "IPv4", text) < 0 ||
             fflush(stdout) == EOF)
        warn("stdout");
}

/* As in lab 3: the time, unasked, and an end that is no reset. */
static void serve(int client)
{
    char line[26]; /* the size that ctime_r asks for: 24, '\n' and '\0' */
    time_t now = time(NULL);

    if (ctime_r(&now, line) == NULL)
        warn("ctime_r");
    else if (net_send_all(client, line, strlen(line)) == -1)
        warn("send");
    net_close_gracefully(client, LINGER_MS);
}

int main(int argc, char **argv)
{
    if (argc != 2 || !is_service(argv[1], 0)) {
        fprintf(stderr, "usage: dual_server SERVICE\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* nobody may read what it prints */
    tzset(); /* reads the time zone's file now, while a descriptor is free */
    int listener = listen_on(argv[1]);

    for (;;) {
        struct sockaddr_storage peer;
        int client = net_accept(listener, &peer);
        if (client == -1)
            err(1, "accept");
        print_client(&peer);
        serve(client);
    }
}
