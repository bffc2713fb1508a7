/* One socket for IPv6 and IPv4, and an exchange in one long function. */
#include "tcp_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int left_of(const TCP_Server_t *server, const struct timespec *begin)
{
    struct timespec now;
    long ms;

    if (server->timeout_ms <= 0)
        return -1;
    clock_gettime(CLOCK_MONOTONIC, &now);
    ms = (now.tv_sec - begin->tv_sec) * 1000 +
         (now.tv_nsec - begin->tv_nsec) / 1000000;
    return ms < server->timeout_ms ? server->timeout_ms - ms : 0;
}

static int ready(int fd, short events, int ms)
{
    struct pollfd one = {fd, events, 0};
    int n = ms == 0 ? 0 : poll(&one, 1, ms);
    return n < 0 && errno == EINTR ? -1 : n; /* -1: ask again */
}

bool TCP_Server_Init(TCP_Server_t *server)
{
    struct sockaddr_in6 any;
    socklen_t size = sizeof any;
    int on = 1, off = 0, fd, family = AF_INET6;

    if (server == NULL || server->buffer == NULL || server->buffer_size <= 0)
        return false;
    if (server->port < 0 || server->port >= 1 << 16)
        return false;
    memset(&any, 0, sizeof any);
    fd = socket(AF_INET6, SOCK_STREAM, 0);
    if (fd == -1) { /* a machine without IPv6 */
        fd = socket(AF_INET, SOCK_STREAM, 0);
        family = AF_INET;
        size = sizeof(struct sockaddr_in);
    }
    if (fd == -1)
        return false;
    any.sin6_family = family;
    any.sin6_port = htons(server->port); /* in the same place for IPv4 */
    if (family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&any, size) == 0 && listen(fd, 50) == 0 &&
        getsockname(fd, (struct sockaddr *)&any, &size) == 0) {
        server->port = ntohs(any.sin6_port);
        server->socket = fd;
        return true;
    }
    close(fd);
    return false;
}

static int take(TCP_Server_t *server, int fd, void *data,
                const struct timespec *begin)
{
    int have = 0, more = 1;

    while (more) {
        int r = ready(fd, POLLIN, left_of(server, begin));
        if (r == 0)
            return -1;
        if (r < 0)
            continue;
        struct iovec piece = {server->buffer + have,
                              server->buffer_size - have};
        ssize_t n = readv(fd, &piece, 1);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return -1;
        have += n;
        more = n > 0 && server->cb.is_complete && have < server->buffer_size &&
               !server->cb.is_complete(server->buffer, have, data);
    }
    return have;
}

static int give(TCP_Server_t *server, int fd, void *data,
                const struct timespec *begin)
{
    int size = server->buffer_size, at = 0;

    if (server->cb.on_send(server->buffer, &size, data) || size < 0)
        return -1;
    if (size > server->buffer_size)
        size = server->buffer_size;
    while (at < size) {
        int r = ready(fd, POLLOUT, left_of(server, begin));
        if (r == 0)
            return -1;
        if (r < 0)
            continue;
        ssize_t n = send(fd, server->buffer + at, size - at,
                         MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n == -1 && errno != EINTR && errno != EAGAIN)
            return -1;
        at += n > 0 ? n : 0;
    }
    return 0;
}

bool TCP_Server_Exec(TCP_Server_t *server, void *data)
{
    struct timespec begin, now, parting;
    char rest[100];
    int fd, size, ok, left, long_ago;

    while ((fd = accept(server->socket, NULL, NULL)) == -1) {
        if (errno == EBADF || errno == ENOTSOCK)
            return false;
        if (errno != EINTR && errno != ECONNABORTED)
            poll(NULL, 0, 100);
    }
    clock_gettime(CLOCK_MONOTONIC, &begin);
    size = take(server, fd, data, &begin);
    ok = size != -1;
    if (ok && server->cb.on_receive)
        ok = server->cb.on_receive(server->buffer, size, data) == 0;
    if (ok && server->cb.on_send)
        ok = give(server, fd, data, &begin) == 0;

    clock_gettime(CLOCK_MONOTONIC, &parting);
    shutdown(fd, SHUT_WR);
    do { /* tenths of a second, for at most ten of them */
        left = left_of(server, &begin);
        int r = ready(fd, POLLIN, left >= 0 && left < 100 ? left : 100);
        if (r > 0 && read(fd, rest, sizeof rest) <= 0)
            break;
        clock_gettime(CLOCK_MONOTONIC, &now);
        long_ago = (now.tv_sec - parting.tv_sec) * 1000 +
                   (now.tv_nsec - parting.tv_nsec) / 1000000;
    } while (left != 0 && long_ago < 950);
    close(fd);
    return ok;
}
