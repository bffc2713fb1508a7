/* One long function with a label for the way out. Where is_complete is to say
 * when a message ends it is asked after each byte, so nothing behind it is ever
 * received. */
#include "tcp_server.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

bool TCP_Server_Init(TCP_Server_t *server)
{
    const char *what;

    if (server == NULL || server->buffer == NULL || server->buffer_size < 1 ||
        server->port < 0 || server->port > 0xffff) {
        errno = EINVAL;
        return false;
    }
    if ((server->socket = net_listen(server->port, &what)) < 0)
        return false;
    server->port = net_bound_port(server->socket);
    return true;
}

bool TCP_Server_Exec(TCP_Server_t *server, void *data)
{
    int fd, have = 0, size, done = 0;
    int64_t end, rest;
    ssize_t n;
    bool result = false;

    if ((fd = net_accept(server->socket, NULL)) < 0)
        return false;
    end = server->timeout_ms > 0 ? net_now_ms() + server->timeout_ms
                                 : INT64_MAX;

again:
    if (net_wait(fd, POLLIN, end) != 1)
        goto out;
    n = recv(fd, server->buffer + have,
             server->cb.is_complete ? 1 : server->buffer_size, MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        goto again;
    if (n < 0)
        goto out;
    have += n;
    if (n > 0 && server->cb.is_complete && have < server->buffer_size &&
        server->cb.is_complete(server->buffer, have, data) == 0)
        goto again;

    if (server->cb.on_receive &&
        server->cb.on_receive(server->buffer, have, data) != 0)
        goto out;
    if (!server->cb.on_send)
        goto good;
    size = server->buffer_size;
    if (server->cb.on_send(server->buffer, &size, data) != 0 || size < 0)
        goto out;
    if (size > server->buffer_size)
        size = server->buffer_size;
    while (done < size) {
        if (net_wait(fd, POLLOUT, end) != 1)
            goto out;
        n = send(fd, server->buffer + done, size - done,
                 MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            goto out;
        done += n > 0 ? n : 0;
    }
good:
    result = true;
out:
    rest = end - net_now_ms();
    net_close_gracefully(fd, rest > 1000 ? 1000 : (int)rest);
    return result;
}
