/*
 * Style "goto": by hand from getaddrinfo to write, with a peek at what there is
 * before just the line is taken. Right because what was seen of the line is
 * taken each time, be it a piece.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *port = argc > 2 ? argv[2] : "5155", *reason;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *a;
    char seen[256], *newline;
    size_t printed = 0;
    int fd = -1, error;
    ssize_t n;

    if (argc > 3 || *port == '\0' || strlen(port) > 5 ||
        strspn(port, "0123456789") != strlen(port) || atoi(port) < 1 ||
        atoi(port) > 65535)
        goto usage;
    error = getaddrinfo(host, port, &hints, &list);
    reason = gai_strerror(error);
    if (error != 0)
        goto failed;
    reason = "no address";
    for (a = list; a != NULL; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (fd == -1)
            continue;
        if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            break;
        reason = strerror(errno);
        close(fd);
        fd = -1;
    }
    freeaddrinfo(list);
    if (fd == -1)
        goto failed;

peek:
    n = recv(fd, seen, sizeof seen, MSG_PEEK);
    if (n == -1 && errno == EINTR)
        goto peek;
    reason = n == 0 ? "no line" : strerror(errno);
    if (n <= 0 && printed == 0)
        goto failed;
    if (n <= 0)
        goto done;
    newline = memchr(seen, '\n', n);
    if (newline != NULL)
        n = newline + 1 - seen;
take:
    n = recv(fd, seen, n, 0);
    if (n == -1 && errno == EINTR) {
        n = newline == NULL ? 1 : newline + 1 - seen;
        goto take;
    }
    if (n > 0)
        printed += fwrite(seen, 1, n, stdout);
    if (n > 0 && seen[n - 1] != '\n')
        goto peek;
done:
    close(fd);
    return fflush(stdout) == 0 ? 0 : 1;
failed:
    fprintf(stderr, "client: %s: %s\n", host, reason);
    return 1;
usage:
    fprintf(stderr, "usage: client [HOST [PORT]]\n");
    return 2;
}
