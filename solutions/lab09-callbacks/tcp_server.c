/*
 * tcp_server.c - a server for whatever its caller has to say
 *
 * Shows a library that calls its caller. What each server of the labs before
 * did again, listen, accept, receive, send, close, is here once; what is said
 * comes from functions that are handed in.
 */
#include "tcp_server.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

enum { LINGER_MS = 1000 };

static bool is_usable(const TCP_Server_t *server)
{
    return server != NULL && server->buffer != NULL &&
           server->buffer_size > 0 && server->port >= 0 &&
           server->port <= UINT16_MAX;
}

bool TCP_Server_Init(TCP_Server_t *server)
{
    const char *call; /* which one failed: errno is enough for our caller */

    if (!is_usable(server)) {
        errno = EINVAL;
        return false;
    }
    int listener = net_listen((uint16_t)server->port, &call);
    if (listener == -1)
        return false;
    int port = net_bound_port(listener);
    if (port == -1) {
        close(listener);
        return false;
    }
    server->socket = listener;
    server->port = port;
    return true;
}

/* ---- One exchange; tcp_client.c has the same, in another order ---- */

struct exchange {
    int fd;
    char *buffer;
    int room;
    const TCP_Callback_t *cb;
    void *data;
    int64_t deadline; /* on net_now_ms's clock; one for all steps */
};

static int64_t deadline_in(int timeout_ms)
{
    return timeout_ms > 0 ? net_now_ms() + timeout_ms : INT64_MAX;
}

/* "Not now" is no failure: net_wait will say when. */
static bool try_later(void)
{
    return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
}

/* As recv(2), but never beyond the deadline. */
static ssize_t receive_some(const struct exchange *x, int have)
{
    ssize_t got;

    do {
        if (net_wait(x->fd, POLLIN, x->deadline) != 1)
            return -1;
        got = recv(x->fd, x->buffer + have, (size_t)(x->room - have),
                   MSG_DONTWAIT);
    } while (got == -1 && try_later());
    return got;
}

static bool wants_more(const struct exchange *x, int have)
{
    return x->cb->is_complete != NULL && have < x->room &&
           x->cb->is_complete(x->buffer, have, x->data) == 0;
}

/* Returns how much of a message has come, 0 where the stream ended before it
 * began, or -1. */
static int receive_message(const struct exchange *x)
{
    int have = 0;
    ssize_t got;

    do {
        got = receive_some(x, have);
        if (got == -1)
            return -1;
        have += (int)got;
    } while (got > 0 && wants_more(x, have));
    return have;
}

/* Asks for a message and sends it. net_send_all would wait for ever for a peer
 * that does not read. */
static bool send_message(const struct exchange *x)
{
    int size = x->room, sent = 0;

    if (x->cb->on_send(x->buffer, &size, x->data) != 0 || size < 0)
        return false;
    if (size > x->room) /* nobody knows what lies behind the buffer */
        size = x->room;
    while (sent < size) {
        if (net_wait(x->fd, POLLOUT, x->deadline) != 1)
            return false;
        ssize_t taken = send(x->fd, x->buffer + sent, (size_t)(size - sent),
                             MSG_DONTWAIT | MSG_NOSIGNAL);
        if (taken == -1 && !try_later())
            return false;
        if (taken > 0)
            sent += (int)taken;
    }
    return true;
}

static void finish(const struct exchange *x)
{
    int64_t left = x->deadline - net_now_ms();

    net_close_gracefully(x->fd, left < LINGER_MS ? (int)left : LINGER_MS);
}

/* ---- The server's order: it listens first, then it speaks ---- */

static bool serve(const struct exchange *x)
{
    int size = receive_message(x);

    if (size == -1)
        return false;
    if (x->cb->on_receive != NULL &&
        x->cb->on_receive(x->buffer, size, x->data) != 0)
        return false;
    return x->cb->on_send == NULL || send_message(x);
}

bool TCP_Server_Exec(TCP_Server_t *server, void *data)
{
    int fd = net_accept(server->socket, NULL);
    if (fd == -1)
        return false;

    struct exchange exchange = {.fd = fd, .cb = &server->cb, .data = data};
    exchange.buffer = server->buffer;
    exchange.room = server->buffer_size;
    exchange.deadline = deadline_in(server->timeout_ms);
    bool done = serve(&exchange);
    finish(&exchange);
    return done;
}
