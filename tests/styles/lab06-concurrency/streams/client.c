/*
 * Style "streams": the socket is a stream of stdio, and the line comes from
 * getdelim. Right because that makes room for a line of any length, and knows
 * how long it is.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "net.h"

int main(int argc, char **argv)
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    uint16_t port = 5155;
    size_t room = 0;
    char *line = NULL;
    int error;

    if (argc > 3 || (argc == 3 && !net_parse_port(argv[2], 1, &port))) {
        fputs("usage: client [HOST [PORT]]\n", stderr);
        return 2;
    }
    int fd = net_connect(host, port, &error);
    FILE *server = fd == -1 ? NULL : fdopen(fd, "r");
    if (server == NULL)
        errx(1, "%s: %s", host, net_reason(error));
    ssize_t got = getdelim(&line, &room, '\n', server);
    if (got == -1 && ferror(server))
        err(1, "%s", host);
    if (got == -1)
        errx(1, "%s: the server said nothing", host);
    fwrite(line, 1, got, stdout);
    free(line);
    fclose(server);
    return fclose(stdout) == 0 ? 0 : 1;
}
