/*
 * Style "dual": getaddrinfo() for IPv6 and IPv4 alike, every address tried in
 * turn on a nonblocking socket, and poll() the only call that waits. Having
 * nothing to say it ends its direction at once.
 * Right because all is gathered up to the end of the stream, whatever its
 * length and pieces, and printed then, with its newline taken off and one put
 * on. An address that does not answer is given up after 10 s only where there
 * is another one to try; connect() is called again after poll() and tells
 * itself what became of it, however often it is interrupted.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECT_MS = 10000, PAUSE_MS = 30 };

static void quit(const char *subject, const char *reason)
{
    fprintf(stderr, "client: %s: %s\n", subject, reason);
    exit(EXIT_FAILURE);
}

static int parse_port(const char *s, unsigned long min)
{
    size_t n = strspn(s, "0123456789");
    unsigned long value = strtoul(s, NULL, 10);

    return n > 0 && s[n] == '\0' && value >= min && value <= 65535 ? (int)value
                                                                   : -1;
}

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* 1: may be ready for EVENTS, or it is worth a try; 0: DEADLINE is over */
static int wait_for(int fd, short events, int64_t deadline)
{
    for (;;) {
        struct pollfd p = {.fd = fd, .events = events};
        int64_t left = deadline == INT64_MAX ? -1 : deadline - now_ms();
        int n;

        if (deadline != INT64_MAX && left <= 0)
            return 0;
        n = poll(&p, 1, (int)left);
        if (n > 0)
            return 1;
        if (n < 0 && errno != EINTR) {
            poll(NULL, 0, PAUSE_MS);
            return 1;
        }
    }
}

static int connect_one(const struct addrinfo *ai)
{
    int64_t deadline = ai->ai_next != NULL ? now_ms() + CONNECT_MS : INT64_MAX;
    int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_NONBLOCK, 0);

    while (fd >= 0 && connect(fd, ai->ai_addr, ai->ai_addrlen) < 0 &&
           errno != EISCONN) {
        int why = errno;

        if (why == EINTR)
            continue;
        if (why == EINPROGRESS || why == EALREADY) {
            if (wait_for(fd, POLLOUT, deadline))
                continue;
            why = ETIMEDOUT;
        }
        close(fd);
        fd = -1;
        errno = why;
    }
    return fd;
}

static int connect_any(const char *host, const char *port)
{
    struct addrinfo want = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *all, *ai;
    int fd = -1, error = getaddrinfo(host, port, &want, &all);

    if (error != 0)
        quit(*host ? host : "(empty name)",
             error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
    for (ai = all; ai != NULL && fd < 0; ai = ai->ai_next)
        fd = connect_one(ai);
    error = errno;
    freeaddrinfo(all);
    if (fd < 0)
        quit(host, strerror(error));
    return fd;
}

int main(int argc, char *argv[])
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *port = argc > 2 ? argv[2] : "8888";
    size_t used = 0, room = 0;
    char *told = NULL;
    ssize_t n = 1;
    int fd;

    if (argc > 3 || parse_port(port, 1) < 0) {
        fputs("usage: client [HOST [PORT]]\n", stderr);
        return 2;
    }
    fd = connect_any(host, port);
    shutdown(fd, SHUT_WR);
    while (n != 0) {
        if (room == used && (told = realloc(told, room += 4096)) == NULL)
            quit("realloc", strerror(errno));
        wait_for(fd, POLLIN, INT64_MAX);
        n = recv(fd, told + used, room - used, 0);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            quit("recv", strerror(errno));
        used += n > 0 ? (size_t)n : 0;
    }
    close(fd);
    if (used == 0) {
        free(told);
        quit(host, "end of stream instead of the time");
    }
    if (told[used - 1] == '\n')
        used--;
    fputs("Received from server: ", stdout);
    fwrite(told, 1, used, stdout);
    putchar('\n');
    free(told);
    if (fflush(stdout) == EOF || ferror(stdout))
        quit("stdout", strerror(errno));
    return 0;
}
