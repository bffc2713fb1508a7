/* A non-blocking socket, select(2) and struct timeval. */
#include "tcp_server.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct talk {
    int fd, room, have, size, sent;
    char *buffer;
    TCP_Callback_t *cb;
    void *data;
    struct timeval end; /* zero: none */
};

static struct timeval clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (struct timeval){now.tv_sec, now.tv_nsec / 1000};
}

static struct timeval in_ms(int ms)
{
    struct timeval now = clock_now(), end;
    struct timeval add = {ms / 1000, ms % 1000 * 1000};
    timeradd(&now, &add, &end);
    return end;
}

/* False: time is over, or select is of no use. */
static bool wait_for(struct talk *t, bool to_write)
{
    for (;;) {
        struct timeval left, now = clock_now();
        fd_set set;
        int n;

        if (timerisset(&t->end) && !timercmp(&now, &t->end, <))
            return false;
        timersub(&t->end, &now, &left);
        FD_ZERO(&set);
        FD_SET(t->fd, &set);
        n = select(t->fd + 1, to_write ? NULL : &set, to_write ? &set : NULL,
                   NULL, timerisset(&t->end) ? &left : NULL);
        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
    }
}

static bool again(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* One message in; false: it failed. */
static bool listen_to(struct talk *t)
{
    t->have = 0;
    for (;;) {
        if (!wait_for(t, false))
            return false;
        ssize_t n = recv(t->fd, t->buffer + t->have, t->room - t->have, 0);
        if (n < 0 && !again())
            return false;
        if (n == 0)
            return true;
        if (n < 0)
            continue;
        t->have += n;
        if (t->have == t->room || t->cb->is_complete == NULL ||
            t->cb->is_complete(t->buffer, t->have, t->data))
            return true;
    }
}

static bool speak(struct talk *t)
{
    t->size = t->room;
    t->sent = 0;
    if (t->cb->on_send(t->buffer, &t->size, t->data))
        return false;
    if (t->size < 0)
        return false;
    if (t->size > t->room)
        t->size = t->room;
    while (t->sent < t->size) {
        if (!wait_for(t, true))
            return false;
        ssize_t n =
            send(t->fd, t->buffer + t->sent, t->size - t->sent, MSG_NOSIGNAL);
        if (n < 0 && !again())
            return false;
        if (n > 0)
            t->sent += n;
    }
    return true;
}

static void part(struct talk *t)
{
    struct timeval second = in_ms(1000);
    char bin[1024];

    if (!timerisset(&t->end) || timercmp(&second, &t->end, <))
        t->end = second;
    shutdown(t->fd, SHUT_WR);
    while (wait_for(t, false)) {
        ssize_t n = recv(t->fd, bin, sizeof bin, 0);
        if (n == 0 || (n < 0 && !again()))
            break;
    }
    close(t->fd);
}

static struct talk begin(int fd, char *buffer, int room, TCP_Callback_t *cb,
                         void *data, int timeout_ms)
{
    struct talk t = {
        .fd = fd, .buffer = buffer, .room = room, .cb = cb, .data = data};
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    if (timeout_ms > 0)
        t.end = in_ms(timeout_ms);
    return t;
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
    int fd = next_client(server->socket);
    bool ok;

    if (fd < 0)
        return false;
    struct talk t = begin(fd, server->buffer, server->buffer_size, &server->cb,
                          data, server->timeout_ms);
    ok = listen_to(&t);
    if (ok && t.cb->on_receive)
        ok = !t.cb->on_receive(t.buffer, t.have, data);
    if (ok && t.cb->on_send)
        ok = speak(&t);
    part(&t);
    return ok;
}
