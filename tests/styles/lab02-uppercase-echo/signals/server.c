/*
 * Style "signals": a descriptor is kept in reserve for the day when there are
 * no others; readv() and writev() with two halves of a buffer, sigtimedwait()
 * for the pauses, and one main() with goto.
 * Right because a client that cannot be had with the reserve either stays in
 * the queue and is asked for again after a pause; every way out of serving
 * goes past one close(); a list of pieces is moved on by what writev() took.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static int get_port(const char *text)
{
    long port = 0;

    do {
        if (*text < '0' || *text > '9')
            return -1;
        port = 10 * port + *text - '0';
    } while (*++text != '\0' && port <= 65535);
    return port <= 65535 ? (int)port : -1;
}

static void shout(char *data, size_t size)
{
    static const char small[] = "abcdefghijklmnopqrstuvwxyz";
    static const char large[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    for (char *end = data + size; data < end; data++) {
        const char *letter = memchr(small, *data, 26);
        if (letter != NULL)
            *data = large[letter - small];
    }
}

int main(int argc, char *argv[])
{
    static char left[1500], right[3000];
    int port = argc == 1 ? 9999 : argc == 2 ? get_port(argv[1]) : -1;

    if (port == -1) {
        dprintf(STDERR_FILENO, "usage: server [PORT]\n");
        exit(2);
    }
    sigset_t pipes, nothing;
    sigemptyset(&nothing);
    sigemptyset(&pipes);
    sigaddset(&pipes, SIGPIPE);
    if (sigprocmask(SIG_BLOCK, &pipes, NULL) == -1)
        err(1, "sigprocmask");

    int listener = socket(PF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in self = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)port)};
    struct sockaddr *address = (struct sockaddr *)&self;
    socklen_t size = sizeof self;
    if (listener == -1)
        err(1, "socket");
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == -1)
        err(1, "setsockopt");
    if (bind(listener, address, size) == -1)
        err(1, "bind");
    if (listen(listener, 100) == -1)
        err(1, "listen");
    if (getsockname(listener, address, &size) == -1)
        err(1, "getsockname");
    dprintf(STDOUT_FILENO, "listening on port %d\n", ntohs(self.sin_port));

    int reserve = open("/dev/null", O_RDONLY), client;
next:
    client = accept(listener, NULL, NULL);
    if (client == -1 && reserve != -1 && (errno == EMFILE || errno == ENFILE)) {
        close(reserve);
        reserve = -1;
        goto next;
    }
    if (client == -1) {
        struct timespec pause = {0, 80 * 1000 * 1000};
        if (errno != EINTR && errno != ECONNABORTED)
            sigtimedwait(&nothing, NULL, &pause);
        goto next;
    }

more:;
    struct iovec in[2] = {{left, sizeof left}, {right, sizeof right}};
    ssize_t got = readv(client, in, 2);
    if (got == -1 && errno == EINTR)
        goto more;
    if (got <= 0)
        goto over;
    size_t first = (size_t)got < sizeof left ? (size_t)got : sizeof left;
    shout(left, first);
    shout(right, got - first);
    in[0].iov_len = first;
    in[1].iov_len = got - first;
    while (in[0].iov_len + in[1].iov_len > 0) {
        ssize_t n = writev(client, in, 2);
        if (n == -1 && errno != EINTR)
            goto over;
        for (int i = 0; i < 2 && n > 0; i++) {
            size_t part = (size_t)n < in[i].iov_len ? (size_t)n : in[i].iov_len;
            in[i].iov_base = (char *)in[i].iov_base + part;
            in[i].iov_len -= part;
            n -= part;
        }
    }
    goto more;

over:
    close(client);
    if (reserve == -1)
        reserve = open("/dev/null", O_RDONLY);
    goto next;
}
