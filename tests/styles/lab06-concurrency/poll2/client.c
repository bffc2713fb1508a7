/*
 * Style "poll2": whatever a recv brings is printed at once, up to the newline.
 * Right because stdout is written to only by its length, and what came behind
 * the newline is dropped.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net.h"

int main(int argc, char **argv)
{
    uint16_t port = 5155;
    char data[512], *newline = NULL;
    size_t printed = 0;
    int error;

    if (argc > 3 || (argc == 3 && !net_parse_port(argv[2], 1, &port)))
        return fputs("usage: client [HOST [PORT]]\n", stderr), 2;
    const char *host = argc > 1 ? argv[1] : "localhost";
    int server = net_connect(host, port, &error);
    if (server == -1)
        errx(1, "%s: %s", host, net_reason(error));
    while (newline == NULL) {
        ssize_t got = recv(server, data, sizeof data, 0);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            err(1, "recv");
        if (got == 0)
            break;
        newline = memchr(data, '\n', got);
        printed += fwrite(data, 1, newline ? newline - data + 1 : got, stdout);
    }
    if (printed == 0)
        errx(1, "%s: end of stream where a line was due", host);
    if (fflush(stdout) == EOF)
        err(1, "stdout");
    return 0;
}
