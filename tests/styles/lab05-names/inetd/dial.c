/*
 * Style "inetd": the connection becomes stdin (dup2), and stdio copies stdin to
 * stdout, a character at a time.
 * Right because stdin and stdout know of no strings, and ferror() tells an
 * error of stdin from its end.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const letters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

static int usage(void)
{
    fprintf(stderr, "usage: dial HOST SERVICE\n");
    return 2;
}

static int failure(const char *subject, const char *reason)
{
    fprintf(stderr, "dial: %s: %s\n", subject, reason);
    return 1;
}

int main(int argc, char **argv)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM},
                    *list, *a;
    char host[NI_MAXHOST], port[NI_MAXSERV];
    int error, fd = -1, reason = 0, c;

    if (argc != 3)
        return usage();
    if (strpbrk(argv[2], letters) == NULL) {
        char *end;
        unsigned long n = strtoul(argv[2], &end, 10);
        if (strspn(argv[2], "0123456789") != strlen(argv[2]) || n < 1 ||
            n > 65535)
            return usage();
    }
    error = getaddrinfo(argv[1], argv[2], &hints, &list);
    if (error == EAI_SYSTEM)
        return failure(argv[1], strerror(errno));
    if (error != 0)
        return failure(argv[1], gai_strerror(error));

    for (a = list; a != NULL; a = a->ai_next) {
        getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof host, port,
                    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (fd != -1 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            break;
        reason = errno;
        if (fd != -1)
            close(fd);
        fprintf(stderr, "trying %s port %s: %s\n", host, port,
                strerror(reason));
    }
    freeaddrinfo(list);
    if (a == NULL)
        return failure(argv[1], strerror(reason));
    printf("connected to %s port %s\n", host, port);
    fflush(stdout);

    if (dup2(fd, 0) == -1)
        return failure("dup2", strerror(errno));
    close(fd);
    while ((c = getchar()) != EOF)
        if (putchar(c) == '\n')
            fflush(stdout);
    if (ferror(stdin))
        return failure("read", strerror(errno));
    if (fflush(stdout) == EOF)
        return failure("stdout", strerror(errno));
    return 0;
}
