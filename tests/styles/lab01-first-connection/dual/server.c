/*
 * Style "dual": one socket for IPv6 and IPv4 (IPv4 alone where there is no
 * IPv6), nothing ever blocks but poll(), and what must end has a deadline.
 * Right because every call is tried again after poll() until it gives bytes,
 * the end of the stream or a true error; a message has no deadline, as its
 * sender may think as long as he likes, but the reading of the rest after the
 * shutdown has one of 0.9 s, which interruptions do not move. A client that
 * resets instead of speaking was a client, too: exit 0.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST = 255, LINGER_MS = 900, PAUSE_MS = 30 };

static void fatal(const char *subject)
{
    fprintf(stderr, "server: %s: %s\n", subject, strerror(errno));
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

static int bound(int family, const void *address, socklen_t size)
{
    int on = 1, off = 0;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        (family != AF_INET6 ||
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0) &&
        bind(fd, address, size) == 0)
        return fd;
    on = errno;
    close(fd);
    errno = on;
    return -1;
}

static int listen_on(int port)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons((uint16_t)port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof v6;
    int fd = bound(AF_INET6, &v6, sizeof v6);

    if (fd < 0 && errno != EADDRINUSE && errno != EACCES)
        fd = bound(AF_INET, &v4, sizeof v4);
    if (fd < 0)
        fatal("bind");
    if (listen(fd, SOMAXCONN) < 0)
        fatal("listen");
    if (getsockname(fd, (struct sockaddr *)&v6, &size) < 0)
        fatal("getsockname");
    /* sin_port and sin6_port lie at the same place */
    if (printf("listening on port %d\n", ntohs(v6.sin6_port)) < 0 ||
        fflush(stdout) == EOF)
        fatal("stdout");
    return fd;
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

static int accept_one(int listener)
{
    for (;;) {
        int fd;

        wait_for(listener, POLLIN, INT64_MAX);
        fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            return fd;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
            errno == ENOMEM)
            poll(NULL, 0, PAUSE_MS);
        else if (errno == EBADF || errno == ENOTSOCK || errno == EINVAL)
            fatal("accept");
    }
}

/* recv() that waits: bytes, 0 at the end or the deadline, -1 at an error */
static ssize_t take(int fd, char *to, size_t size, int64_t deadline)
{
    while (wait_for(fd, POLLIN, deadline)) {
        ssize_t n = recv(fd, to, size, 0);

        if (n >= 0 || (errno != EAGAIN && errno != EINTR))
            return n;
    }
    return 0;
}

static void give(int fd, const char *from, size_t size)
{
    while (size > 0 && wait_for(fd, POLLOUT, INT64_MAX)) {
        ssize_t n = send(fd, from, size, MSG_NOSIGNAL);

        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return;
        if (n > 0) {
            from += n;
            size -= (size_t)n;
        }
    }
}

int main(int argc, char *argv[])
{
    static const char answer[] = "I am the server. I received your message.\n";
    char message[LONGEST], rest[4096];
    int port = argc == 2 ? parse_port(argv[1], 0) : -1;
    char *newline = NULL;
    size_t used = 0;
    ssize_t n = 1;

    if (port < 0) {
        fputs("usage: server PORT\n", stderr);
        return 2;
    }

    int listener = listen_on(port);
    int fd = accept_one(listener);
    while (used < LONGEST && newline == NULL && n > 0) {
        n = take(fd, message + used, LONGEST - used, INT64_MAX);
        if (n > 0) {
            newline = memchr(message + used, '\n', (size_t)n);
            used += (size_t)n;
        }
    }
    if (n >= 0) {
        printf("Message received from client: ");
        fwrite(message, 1, newline ? (size_t)(newline - message) : used,
               stdout);
        putchar('\n');
        if (fflush(stdout) == EOF || ferror(stdout))
            fatal("stdout");
        give(fd, answer, sizeof answer - 1);
        shutdown(fd, SHUT_WR);
        for (int64_t end = now_ms() + LINGER_MS; now_ms() < end;)
            if (take(fd, rest, sizeof rest, end) <= 0)
                break;
    }
    close(fd);
    close(listener);
    return 0;
}
