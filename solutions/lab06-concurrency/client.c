/*
 * client.c - asks any of the three servers for the time, without a word
 *
 * Shows that a client need not know how its server does it: one protocol, three
 * servers, one client.
 *
 *     build/solutions/lab06-concurrency/client [HOST [PORT]]
 */
#include <err.h>
#include <stdio.h>
#include <unistd.h>

#include "net.h"

enum { DEFAULT_PORT = 5155 };

int main(int argc, char **argv)
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    uint16_t port = DEFAULT_PORT;
    struct net_reader reader;
    char buffer[65536], *line;
    size_t length;
    int error;

    if (argc > 3 || (argc > 2 && !net_parse_port(argv[2], 1, &port))) {
        fprintf(stderr, "usage: client [HOST [PORT]]\n");
        return 2;
    }
    int server = net_connect(host, port, &error);
    if (server == -1)
        errx(1, "%s: %s", host, net_reason(error));

    /* One line, and not the end of the stream: the server waits for more. */
    net_reader_init(&reader, server, buffer, sizeof buffer);
    int got = net_read_line(&reader, &line, &length);
    if (got == -1)
        err(1, "%s", host);
    if (got == 0)
        errx(1, "%s: no answer", host);
    close(server);

    fwrite(line, 1, length, stdout);
    putchar('\n');
    if (fflush(stdout) == EOF || ferror(stdout))
        err(1, "stdout");
    return 0;
}
