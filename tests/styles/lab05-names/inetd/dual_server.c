/*
 * Style "inetd": the child of each client has it for stdout, where puts() says
 * the time; the parent says who has come, and waits for nobody.
 * Right because alarm() ends a child whose client does not, SIGCHLD is ignored,
 * which reaps children by itself, and tzset() was called before descriptors
 * could be gone.
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

static int is_service(const char *s)
{
    uint16_t port;

    for (const char *p = s; *p; p++)
        if ((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z'))
            return 1;
    return net_parse_port(s, 0, &port);
}

static int bound(const char *service)
{
    struct addrinfo hints = {.ai_family = AF_INET6,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE},
                    *here;
    int yes = 1, no = 0, fd, error;

    if ((error = getaddrinfo(NULL, service, &hints, &here)) != 0)
        errx(1, "%s: %s", service, net_reason(error));
    if ((fd = socket(here->ai_family, here->ai_socktype, 0)) == -1)
        err(1, "socket");
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, here->ai_addr, here->ai_addrlen) == -1)
        err(1, "bind");
    freeaddrinfo(here);
    return fd;
}

static void tell_time(int client)
{
    time_t now = time(NULL);
    char forget[1000], line[26];
    ssize_t n;

    signal(SIGPIPE, SIG_DFL);
    alarm(1);
    dup2(client, STDOUT_FILENO);
    close(client);
    fputs(ctime_r(&now, line), stdout);
    fflush(stdout);
    shutdown(STDOUT_FILENO, SHUT_WR);
    do
        n = read(STDOUT_FILENO, forget, sizeof forget);
    while (n > 0 || (n == -1 && errno == EINTR));
    _exit(0);
}

static void say_who(const struct sockaddr_storage *who)
{
    char text[NET_ADDRESS_SIZE];

    net_format_address((const struct sockaddr *)who, text);
    printf("client %s %s\n", strchr(text, ':') ? "IPv6" : "IPv4", text);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc != 2 || !is_service(argv[1])) {
        fprintf(stderr, "usage: %s SERVICE\n", "dual_server");
        exit(2);
    }
    tzset();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    int listener = bound(argv[1]);
    if (listen(listener, 64) == -1)
        err(1, "listen");
    if (net_announce(listener) == -1)
        err(1, "stdout");

    for (;;) {
        struct sockaddr_storage who;
        int client = net_accept(listener, &who);

        if (client == -1)
            err(1, "accept");
        say_who(&who);
        pid_t child = fork();
        if (child == 0) {
            close(listener);
            tell_time(client);
        }
        if (child == -1)
            warn("fork");
        close(client);
    }
}
