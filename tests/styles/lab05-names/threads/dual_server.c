/*
 * Style "threads": a detached thread for every client, which prints its own
 * line; the address family comes from the first result of getaddrinfo() that
 * is IPv6.
 * Right because each line is one call of printf(), which locks stdout, and is
 * flushed; ctime_r() writes into the thread's own array; and where no thread
 * can be had main() serves the client itself.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

struct client {
    int fd;
    struct sockaddr_storage address;
};

static bool has_letter(const char *text)
{
    for (; *text != '\0'; text++)
        if ((*text | 32) >= 'a' && (*text | 32) <= 'z')
            return true;
    return false;
}

static void serve(struct client *client)
{
    struct sockaddr *address = (struct sockaddr *)&client->address;
    char text[NET_ADDRESS_SIZE], line[26];
    time_t now = time(NULL);

    net_format_address(address, text);
    printf("client %s %s\n", strchr(text, ':') == NULL ? "IPv4" : "IPv6", text);
    fflush(stdout);
    if (net_send_all(client->fd, ctime_r(&now, line), 25) == -1)
        warn("send");
    net_close_gracefully(client->fd, 900);
}

static void *run(void *arg)
{
    serve(arg);
    free(arg);
    return NULL;
}

static int make_listener(const char *service)
{
    struct addrinfo hints = {.ai_family = AF_INET6,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_V4MAPPED};
    struct addrinfo *a;
    const int on = 1, off = 0;
    int error = getaddrinfo(NULL, service, &hints, &a);

    if (error != 0)
        errx(1, "getaddrinfo: %s", gai_strerror(error));
    int fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
    if (fd == -1)
        err(1, "socket");
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == -1)
        err(1, "setsockopt");
    if (bind(fd, a->ai_addr, a->ai_addrlen) == -1)
        err(1, "bind");
    freeaddrinfo(a);
    if (listen(fd, SOMAXCONN) == -1)
        err(1, "listen");
    if (net_announce(fd) == -1)
        err(1, "stdout");
    return fd;
}

int main(int argc, char **argv)
{
    pthread_attr_t detached;
    pthread_t thread;
    uint16_t port;

    if (argc != 2 ||
        (!has_letter(argv[1]) && !net_parse_port(argv[1], 0, &port))) {
        fprintf(stderr, "usage: dual_server SERVICE\n");
        exit(2);
    }
    tzset();
    signal(SIGPIPE, SIG_IGN);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&detached, 128 * 1024);
    int listener = make_listener(argv[1]);

    for (;;) {
        struct client one, *own = malloc(sizeof *own);

        one.fd = net_accept(listener, &one.address);
        if (one.fd == -1)
            err(1, "accept");
        if (own != NULL)
            *own = one;
        if (own == NULL || pthread_create(&thread, &detached, run, own) != 0) {
            free(own);
            serve(&one);
        }
    }
}
