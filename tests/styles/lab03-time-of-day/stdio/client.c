/*
 * Style "stdio": the connection as a FILE, read with getc() to its end.
 * Right because nothing is printed before the first byte has come; a newline
 * is held back until another byte follows it, so that one newline ends the
 * output whether the server sent it or not; getc() is repeated after EINTR
 * with the error cleared, and its EOF at the end of the stream is told apart
 * from its EOF at an error.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void failed(const char *call)
{
    fprintf(stderr, "client: %s: %s\n", call, strerror(errno));
    exit(1);
}

static int to_port(const char *text, long least)
{
    char digits[6];
    int used = 0;

    if (sscanf(text, "%5[0-9]%n", digits, &used) != 1 || text[used] != '\0')
        return -1;
    long port = strtol(digits, NULL, 10);
    return port >= least && port <= 65535 ? (int)port : -1;
}

static int dial(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list, *a;
    int error, fd = -1;

    if ((error = getaddrinfo(host, port, &hints, &list)) != 0) {
        fprintf(stderr, "client: host %s: %s\n", host,
                error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
        exit(1);
    }
    for (a = list; a != NULL && fd < 0; a = a->ai_next) {
        int rc;

        if ((fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol)) < 0)
            continue;
        do
            rc = connect(fd, a->ai_addr, a->ai_addrlen);
        while (rc < 0 && (errno == EINTR || errno == EALREADY));
        if (rc < 0 && errno != EISCONN) {
            error = errno;
            close(fd);
            errno = error;
            fd = -1;
        }
    }
    error = errno;
    freeaddrinfo(list);
    errno = error;
    if (fd < 0)
        failed(host);
    return fd;
}

static int next_byte(FILE *in)
{
    int c;

    while ((c = getc(in)) == EOF && ferror(in) && errno == EINTR)
        clearerr(in);
    return c;
}

int main(int argc, char *argv[])
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *port = argc > 2 ? argv[2] : "8888";
    int c, last = EOF;

    if (argc > 3 || to_port(port, 1) < 0) {
        fputs("usage: client [HOST [PORT]]\n", stderr);
        return 2;
    }
    FILE *in = fdopen(dial(host, port), "r");
    if (in == NULL)
        failed("fdopen");
    while ((c = next_byte(in)) != EOF) {
        if (last == EOF)
            fputs("Received from server: ", stdout);
        if (last == '\n')
            putchar('\n');
        if (c != '\n')
            putchar(c);
        last = c;
    }
    if (ferror(in))
        failed("getc");
    fclose(in);
    if (last == EOF) {
        fputs("client: getc: End of stream before the time\n", stderr);
        return 1;
    }
    putchar('\n');
    if (fflush(stdout) != 0 || ferror(stdout))
        failed("stdout");
    return 0;
}
