/*
 * Style "dual", the client: IPv6 and IPv4, select(), read() and write().
 * Right because select() gets what is left until a deadline that nothing
 * moves, and the connected socket is non-blocking, so that a datagram that
 * is dropped after select() saw it does no harm. A refusal leads on to the
 * next address, silence does not.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

enum outcome { ANSWERED, REFUSED, SILENT };

static char answer[65536];
static size_t answer_size;

static bool wait_until(int fd, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - net_now_ms();
        struct timeval limit = {.tv_usec = left * 1000};
        fd_set readable;

        if (left <= 0)
            return false;
        FD_ZERO(&readable);
        FD_SET(fd, &readable);
        int ready = select(fd + 1, &readable, NULL, NULL, &limit);
        if (ready == 1)
            return true;
        if (ready == -1 && errno != EINTR)
            err(1, "select");
    }
}

static enum outcome ask(int fd, const char *text)
{
    for (int left = 3; left > 0; left--) {
        int64_t deadline = net_now_ms() + 500;

        while (write(fd, text, strlen(text)) == -1)
            if (errno != EINTR && errno != EAGAIN)
                return REFUSED;
        while (wait_until(fd, deadline)) {
            ssize_t got = read(fd, answer, sizeof answer);

            if (got >= 0) {
                answer_size = got;
                return ANSWERED;
            }
            if (errno != EINTR && errno != EAGAIN)
                return REFUSED;
        }
    }
    return SILENT;
}

int main(int argc, char *argv[])
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *service = argc > 2 ? argv[2] : "9999";
    const char *text = argc > 3 ? argv[3] : "original text";
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *list;
    enum outcome outcome = REFUSED;
    int why = 0;
    uint16_t port;

    if (argc > 4 || !net_parse_port(service, 1, &port) ||
        strlen(text) > 65507) {
        fprintf(stderr, "usage: client [HOST [PORT [TEXT]]]\n");
        return 2;
    }
    int error = getaddrinfo(host, service, &hints, &list);
    if (error != 0)
        errx(1, "%s: %s", host, net_reason(error));
    for (struct addrinfo *a = list; a && outcome == REFUSED; a = a->ai_next) {
        int fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK,
                        a->ai_protocol);
        if (fd != -1 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            outcome = ask(fd, text);
        if (why == 0)
            why = errno; /* the first address tells most */
        if (fd != -1)
            close(fd);
    }
    freeaddrinfo(list);
    if (outcome == SILENT)
        errx(1, "no answer");
    errno = why;
    if (outcome == REFUSED)
        err(1, "%s", host);
    printf("Received ");
    fwrite(answer, 1, answer_size, stdout);
    putchar('\n');
    if (fflush(stdout) == EOF)
        err(1, "stdout");
    return 0;
}
