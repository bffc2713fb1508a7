/* The exchange in one function, the way out in another. Looks with MSG_PEEK at
 * what has come, and takes no more of it than belongs to the answer. */
#include "tcp_client.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

/* Up to `room` bytes, or -1; 0 at the end. */
static ssize_t look(int fd, char *to, size_t room, int64_t end)
{
    ssize_t n;
    do {
        if (net_wait(fd, POLLIN, end) == 0)
            return -1;
        n = recv(fd, to, room, MSG_PEEK | MSG_DONTWAIT);
    } while (n == -1 && (errno == EINTR || errno == EAGAIN));
    return n;
}

static int take(int fd, char *from, size_t count)
{
    while (count > 0) { /* they are there */
        ssize_t n = recv(fd, from, count, 0);
        if (n == 0 || (n == -1 && errno != EINTR))
            return -1;
        if (n > 0) {
            from += n;
            count -= n;
        }
    }
    return 0;
}

static int answer(TCP_Client_t *c, size_t room, int64_t end, void *data)
{
    size_t have = 0;
    while (have < room) {
        ssize_t n = look(c->socket, c->buffer + have, room - have, end);
        size_t use = 0;
        bool whole = n == 0 || c->cb.is_complete == NULL;
        if (n == -1)
            return -1;
        if (c->cb.is_complete == NULL)
            use = n;
        while (!whole && use < (size_t)n)
            whole = c->cb.is_complete(c->buffer, have + ++use, data) != 0;
        if (take(c->socket, c->buffer + have, use) == -1)
            return -1;
        have += use;
        if (whole)
            break;
    }
    return have;
}

static bool exchange(TCP_Client_t *c, int64_t end, void *data)
{
    size_t room = c->buffer_size < INT_MAX ? c->buffer_size : INT_MAX;
    int size = room;
    ssize_t n;

    if (c->cb.on_send) {
        if (c->cb.on_send(c->buffer, &size, data) || size < 0)
            return false;
        if ((size_t)size > room)
            size = room;
        for (int at = 0; at < size; at += n > 0 ? n : 0) {
            if (net_wait(c->socket, POLLOUT, end) == 0)
                return false;
            n = send(c->socket, c->buffer + at, size - at,
                     MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n == -1 && errno != EAGAIN && errno != EINTR)
                return false;
        }
    }
    if (!c->cb.on_receive)
        return true;
    size = answer(c, room, end, data);
    return size > 0 && !c->cb.on_receive(c->buffer, size, data);
}

bool TCP_Client_Connect(TCP_Client_t *client, void *data)
{
    int error;
    bool result;

    if (!client || !client->hostname || !client->buffer)
        return false;
    if (client->buffer_size == 0 || client->port < 1 || client->port > 65535)
        return false;
    client->socket = net_connect(client->hostname, client->port, &error);
    if (client->socket < 0)
        return false;
    result = exchange(client,
                      client->timeout_ms > 0
                          ? net_now_ms() + client->timeout_ms
                          : INT64_MAX,
                      data);
    shutdown(client->socket, SHUT_WR);
    close(client->socket);
    client->socket = -1;
    return result;
}
