/*
 * echo_server.c - sends back what each recv brings, behind "Echo ==>"
 *
 * Shows that a stream has no messages: where one recv ends is chance, and each
 * "Echo ==>" in the answer marks the start of one. line_server.c is the cure.
 *
 *     build/solutions/lab04-framing/echo_server [PORT]
 *     (printf one; printf two; sleep 1; printf three) | nc -N localhost 5050
 */
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

#define PREFIX "Echo ==>"
enum { DEFAULT_PORT = 5050, PREFIX_SIZE = sizeof PREFIX - 1 };

/* A client's failure is its own: say so, and let the next one come. */
static void serve(int client)
{
    char reply[PREFIX_SIZE + 4096] = PREFIX;
    char *data = reply + PREFIX_SIZE; /* it comes right behind the prefix */

    for (;;) {
        ssize_t got = recv(client, data, sizeof reply - PREFIX_SIZE, 0);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            warn("recv");
        if (got <= 0)
            return;
        if (net_send_all(client, reply, PREFIX_SIZE + got) == -1) {
            warn("send");
            return;
        }
    }
}

int main(int argc, char **argv)
{
    uint16_t port = DEFAULT_PORT;
    const char *call;

    if (argc > 2 || (argc == 2 && !net_parse_port(argv[1], 0, &port))) {
        fprintf(stderr, "usage: echo_server [PORT]\n");
        return 2;
    }
    int listener = net_listen(port, &call);
    if (listener == -1)
        err(1, "%s", call);
    if (net_announce(listener) == -1)
        err(1, "stdout");

    for (;;) {
        int client = net_accept(listener, NULL);
        if (client == -1)
            err(1, "accept");
        serve(client);
        close(client); /* its stream was read to the end: no reset */
    }
}
