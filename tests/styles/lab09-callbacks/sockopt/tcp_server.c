/* Waits in recv and send themselves: SO_RCVTIMEO and SO_SNDTIMEO. */
#include "tcp_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* What is left of the time, as the kernel's limit for one call. */
static bool limit(int fd, int option, long long end)
{
    struct timeval left = {0, 0};

    if (end != 0) {
        long long ms = end - milliseconds();
        if (ms <= 0)
            return false;
        left.tv_sec = ms / 1000;
        left.tv_usec = ms % 1000 * 1000;
    }
    return setsockopt(fd, SOL_SOCKET, option, &left, sizeof left) == 0;
}

static int hear(int fd, char *buffer, int room, const TCP_Callback_t *cb,
                void *data, long long end)
{
    int have = 0;

    while (have < room) {
        if (!limit(fd, SO_RCVTIMEO, end))
            return -1;
        ssize_t n = read(fd, buffer + have, room - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        have += n;
        if (n == 0 || !cb->is_complete || cb->is_complete(buffer, have, data))
            break;
    }
    return have;
}

static bool tell(int fd, char *buffer, int room, const TCP_Callback_t *cb,
                 void *data, long long end)
{
    int size = room;

    if (!cb->on_send)
        return true;
    if (cb->on_send(buffer, &size, data) || size < 0)
        return false;
    if (size > room)
        size = room;
    while (size > 0) {
        if (!limit(fd, SO_SNDTIMEO, end))
            return false;
        ssize_t n = send(fd, buffer, size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        buffer += n;
        size -= n;
    }
    return true;
}

static void part(int fd, long long end)
{
    char rest[512];
    long long second = milliseconds() + 1000;
    ssize_t n = 1;

    if (end == 0 || end > second)
        end = second;
    shutdown(fd, SHUT_WR);
    while (n != 0 && limit(fd, SO_RCVTIMEO, end)) {
        n = read(fd, rest, sizeof rest);
        if (n < 0 && errno != EINTR)
            break;
    }
    close(fd);
}

bool TCP_Server_Init(TCP_Server_t *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int on = 1;

    if (!server || !server->buffer || server->buffer_size < 1 ||
        server->port < 0 || server->port > 65535) {
        errno = EINVAL;
        return false;
    }
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    address.sin_port = htons(server->port);
    server->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (server->socket < 0)
        return false;
    if (setsockopt(server->socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        bind(server->socket, (struct sockaddr *)&address, sizeof address) ||
        listen(server->socket, 128) ||
        getsockname(server->socket, (struct sockaddr *)&address, &size)) {
        int reason = errno;
        close(server->socket);
        server->socket = -1;
        errno = reason;
        return false;
    }
    server->port = ntohs(address.sin_port);
    return true;
}

static int next_client(int listener)
{
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd >= 0)
            return fd;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
            errno == ENOMEM)
            usleep(50000);
        else if (errno == EBADF || errno == EINVAL || errno == ENOTSOCK)
            return -1;
    }
}

bool TCP_Server_Exec(TCP_Server_t *server, void *data)
{
    int fd = next_client(server->socket), size;
    long long end;
    bool done;

    if (fd < 0)
        return false;
    end = server->timeout_ms > 0 ? milliseconds() + server->timeout_ms : 0;
    size =
        hear(fd, server->buffer, server->buffer_size, &server->cb, data, end);
    done = size >= 0;
    if (done && server->cb.on_receive)
        done = server->cb.on_receive(server->buffer, size, data) == 0;
    done = done && tell(fd, server->buffer, server->buffer_size, &server->cb,
                        data, end);
    part(fd, end);
    return done;
}
