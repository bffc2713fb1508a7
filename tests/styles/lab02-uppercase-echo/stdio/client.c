/*
 * Style "stdio": the connection as two FILEs, one for each direction, on a
 * nonblocking socket; fwrite() and fread() take turns, poll() waits for the
 * one that has something to do.
 * Right because neither blocks, so a text that is larger than all buffers is
 * emptied at one end while it is filled at the other; the output is
 * unbuffered, so that fwrite() tells how much went out; both are continued
 * after EAGAIN and EINTR with the error cleared; fread() is asked for no more
 * than is missing, so that nothing is left unseen in its buffer.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
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

static void check(FILE *f, const char *call)
{
    if (ferror(f) && errno != EAGAIN && errno != EINTR)
        failed(call);
    clearerr(f);
}

int main(int argc, char *argv[])
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *port = argc > 2 ? argv[2] : "9999";
    const char *text = argc > 3 ? argv[3] : "original text";
    size_t length = strlen(text), sent = 0, got = 0;

    if (argc > 4 || to_port(port, 1) < 0) {
        fputs("usage: client [HOST [PORT [TEXT]]]\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);

    char *answer = malloc(length + 1);
    int fd = dial(host, port), copy = dup(fd);
    if (answer == NULL || copy < 0)
        failed(answer == NULL ? "malloc" : "dup");
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
        failed("fcntl");
    FILE *in = fdopen(fd, "r"), *out = fdopen(copy, "w");
    if (in == NULL || out == NULL)
        failed("fdopen");
    setvbuf(out, NULL, _IONBF, 0);

    while (sent < length || got < length) {
        struct pollfd p = {.fd = fd,
                           .events = (short)((sent < length ? POLLOUT : 0) |
                                             (got < length ? POLLIN : 0))};
        if (poll(&p, 1, -1) < 0 && errno != EINTR)
            failed("poll");
        if (sent < length) {
            sent += fwrite(text + sent, 1, length - sent, out);
            check(out, "fwrite");
        }
        if (got < length) {
            got += fread(answer + got, 1, length - got, in);
            if (feof(in) && got < length) {
                fputs("client: fread: End of stream too early\n", stderr);
                free(answer);
                return 1;
            }
            check(in, "fread");
        }
    }
    fclose(out);
    fclose(in);
    fputs("Received ", stdout);
    fwrite(answer, 1, length, stdout);
    putchar('\n');
    free(answer);
    if (fflush(stdout) != 0 || ferror(stdout))
        failed("stdout");
    return 0;
}
