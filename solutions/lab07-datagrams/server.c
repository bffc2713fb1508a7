/*
 * server.c - sends each datagram back to its sender in upper case
 *
 * Shows how little a server over UDP is: no connections, so no listen, no
 * accept, nobody to wait for and nothing to close. One socket serves everybody,
 * because each datagram says who sent it.
 *
 *     build/solutions/lab07-datagrams/server [PORT]
 *     printf hello | nc -u -W 1 localhost 9999
 */
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "net.h"

/* The longest datagram: an IPv4 packet has 65,535 bytes at most, of which 20
   are its own header and 8 are UDP's. */
enum { DEFAULT_PORT = 9999, DATAGRAM_MAX = 65507 };

/* No SO_REUSEADDR here. Nothing of an ended server stays behind and keeps the
   port, as connections do; over UDP the option would only let a second server
   take the first one's datagrams. */
static int open_socket(uint16_t port)
{
    struct sockaddr_in any = {.sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_ANY)};

    int server = socket(AF_INET, SOCK_DGRAM, 0);
    if (server == -1)
        err(1, "socket");
    if (bind(server, (struct sockaddr *)&any, sizeof any) == -1)
        err(1, "bind");
    return server;
}

/* Not toupper: what that takes for a letter depends on the locale. */
static void to_upper(char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] >= 'a' && data[i] <= 'z')
            data[i] += 'A' - 'a';
    }
}

/* A datagram goes out whole or not at all, so there is no rest to send. What
   cannot be sent (to port 0, for one) is that client's loss alone. */
static void reply(int server, const char *data, size_t size,
                  const struct sockaddr_in *client)
{
    while (sendto(server, data, size, 0, (const struct sockaddr *)client,
                  sizeof *client) == -1) {
        if (errno == EINTR)
            continue;
        warn("sendto");
        return;
    }
}

int main(int argc, char **argv)
{
    static char data[DATAGRAM_MAX];
    uint16_t port = DEFAULT_PORT;

    if (argc > 2 || (argc == 2 && !net_parse_port(argv[1], 0, &port))) {
        fprintf(stderr, "usage: server [PORT]\n");
        return 2;
    }
    int server = open_socket(port);
    if (net_announce(server) == -1)
        err(1, "stdout");

    for (;;) {
        struct sockaddr_in client;
        socklen_t size = sizeof client; /* recvfrom changes it: set it anew */

        ssize_t got = recvfrom(server, data, sizeof data, 0,
                               (struct sockaddr *)&client, &size);
        if (got == -1) {
            /* Not the end: the next datagram is another client's. */
            if (errno != EINTR)
                warn("recvfrom");
            continue;
        }
        to_upper(data, got); /* 0 bytes are a datagram too, and no end */
        reply(server, data, got, &client);
    }
}
