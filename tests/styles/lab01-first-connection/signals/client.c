/*
 * Style "signals": one main() from top to bottom. An alarm gives up an address
 * that does not answer; the line comes from getdelim(), the answer goes from
 * readv() to writev(), and dprintf() prints what is not data.
 * Right because a connect() that was interrupted goes on by itself, and is
 * waited for; the alarm is off before anything else waits; each address gets a
 * socket of its own; the pieces that readv() fills are written up to the count
 * that it told, however short.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static volatile sig_atomic_t rung;

static void ring(int number)
{
    (void)number;
    rung = 1;
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);
        if (n < 0 && errno != EINTR)
            return 0;
        if (n > 0) {
            data += n;
            size -= n;
        }
    }
    return 1;
}

/* 0, or why there is no connection. */
static int finish_connect(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t size = sizeof error;

    while (poll(&p, 1, -1) != 1)
        if (rung)
            return ETIMEDOUT;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

int main(int argc, char *argv[])
{
    int connection = -1, error = 0;
    char *end = "?";
    long port = 0;

    if (argc == 3 && argv[2][0] >= '0' && argv[2][0] <= '9')
        port = strtol(argv[2], &end, 10);
    if (*end != '\0' || port < 1 || port > 65535) {
        dprintf(2, "usage: client HOST PORT\n");
        return 2;
    }
    struct sigaction action = {.sa_handler = ring};
    sigaction(SIGALRM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);

    struct addrinfo hints, *first, *next;
    memset(&hints, 0, sizeof hints);
    hints.ai_family = PF_INET;
    hints.ai_socktype = SOCK_STREAM;
    if ((error = getaddrinfo(argv[1], argv[2], &hints, &first)) != 0) {
        if (error == EAI_SYSTEM)
            err(1, "%s", argv[1]);
        errx(1, "%s: %s", argv[1], gai_strerror(error));
    }
    for (next = first; next != NULL && connection == -1; next = next->ai_next) {
        connection = socket(next->ai_family, next->ai_socktype,
                            next->ai_protocol);
        if (connection == -1)
            err(1, "socket");
        error = 0;
        rung = 0;
        alarm(10);
        if (connect(connection, next->ai_addr, next->ai_addrlen) == -1)
            error = errno == EINTR ? finish_connect(connection) : errno;
        alarm(0);
        if (error != 0) {
            close(connection);
            connection = -1;
        }
    }
    freeaddrinfo(first);
    if (connection == -1) {
        errno = error;
        err(1, "%s", argv[1]);
    }

    dprintf(1, "Enter the message: ");
    char *line = NULL;
    size_t room = 0;
    ssize_t size = getdelim(&line, &room, '\n', stdin);
    if (size == -1 && ferror(stdin))
        err(1, "stdin");
    int whole = size > 0 && line[size - 1] == '\n';
    if ((size > 0 && !write_all(connection, line, size)) ||
        (!whole && !write_all(connection, "\n", 1)))
        err(1, "write");
    free(line);

    char small[16], large[1000];
    size_t total = 0;
    for (;;) {
        struct iovec parts[2] = {{small, sizeof small}, {large, sizeof large}};
        ssize_t n = readv(connection, parts, 2);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            err(1, "readv");
        if (n == 0)
            break;
        size_t in_small = (size_t)n < sizeof small ? (size_t)n : sizeof small;
        if (!write_all(1, small, in_small) ||
            !write_all(1, large, n - in_small))
            err(1, "stdout");
        total += n;
    }
    close(connection);
    if (total == 0)
        errx(1, "%s: the stream ended without an answer", argv[1]);
    return 0;
}
