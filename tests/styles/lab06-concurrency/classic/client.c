/*
 * Style "classic": no library; stdio on the connection. Right because getline
 * returns at the newline, with its length.
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int dial(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
    int fd = -1, reason = 0, failure = getaddrinfo(host, port, &hints, &list);

    if (failure)
        errx(1, "%s: %s", host, gai_strerror(failure));
    for (struct addrinfo *a = list; a; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            break;
        reason = errno;
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    freeaddrinfo(list);
    errno = reason;
    if (fd < 0)
        err(1, "connect");
    return fd;
}

int main(int argc, char **argv)
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *port = argc > 2 ? argv[2] : "5155";
    char *line = NULL;
    size_t room = 0;

    if (argc > 3 || strspn(port, "0123456789") != strlen(port) ||
        strlen(port) > 5 || atoi(port) < 1 || atoi(port) > 65535) {
        fprintf(stderr, "usage: client [HOST [PORT]]\n");
        exit(2);
    }
    FILE *server = fdopen(dial(host, port), "r");
    if (!server)
        err(1, "fdopen");
    ssize_t length = getline(&line, &room, server);
    if (length < 1)
        errx(1, "%s: the server said nothing", host);
    fwrite(line, 1, length, stdout);
    free(line);
    fclose(server);
    return 0;
}
