/*
 * Style "modern": a byte at a time, printed as it comes. Right because nothing
 * is read behind the newline.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "net.h"

int main(int argc, char **argv)
{
    char *host = argc > 1 ? argv[1] : "localhost", byte = 0;
    uint16_t port = 5155;
    int error, got = 0;
    ssize_t n;

    if (argc > 3 || (argc == 3 && !net_parse_port(argv[2], 1, &port))) {
        fputs("usage: client [HOST [PORT]]\n", stderr);
        return 2;
    }
    int server = net_connect(host, port, &error);
    if (server == -1)
        errx(1, "%s: %s", host, net_reason(error));
    while (byte != '\n' && (n = read(server, &byte, 1)) != 0) {
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            err(1, "read");
        putchar(byte);
        got++;
    }
    if (got == 0)
        errx(1, "%s: nothing came", host);
    return fflush(stdout) == 0 ? 0 : 1;
}
