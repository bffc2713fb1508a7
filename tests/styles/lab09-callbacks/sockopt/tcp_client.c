/* Waits in recv and send themselves: SO_RCVTIMEO and SO_SNDTIMEO. */
#include "tcp_client.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
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

static int call(const char *host, int port)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list, *a;
    char service[8];
    int fd = -1;

    sprintf(service, "%d", port);
    if (getaddrinfo(host, service, &hints, &list) != 0)
        return -1;
    for (a = list; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    return fd;
}

bool TCP_Client_Connect(TCP_Client_t *client, void *data)
{
    long long end;
    int room, size;
    bool done;

    if (!client || !client->hostname || !client->buffer ||
        client->buffer_size == 0 || client->port < 1 || client->port > 65535)
        return false;
    client->socket = call(client->hostname, client->port);
    if (client->socket < 0)
        return false;
    end = client->timeout_ms > 0 ? milliseconds() + client->timeout_ms : 0;
    room = client->buffer_size > 1 << 30 ? 1 << 30 : (int)client->buffer_size;
    done = tell(client->socket, client->buffer, room, &client->cb, data, end);
    if (done && client->cb.on_receive) {
        size =
            hear(client->socket, client->buffer, room, &client->cb, data, end);
        done =
            size > 0 && client->cb.on_receive(client->buffer, size, data) == 0;
    }
    part(client->socket, end);
    client->socket = -1;
    return done;
}
