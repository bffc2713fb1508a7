/*
 * tcp_client.c - asks a server whatever its caller wants to know
 *
 * Shows the other half of tcp_server.c: the same steps, the same callbacks, and
 * the client speaks first. Every way out passes the same close.
 */
#include "tcp_client.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>

#include "net.h"

enum { LINGER_MS = 1000 };

static bool is_usable(const TCP_Client_t *client)
{
    return client != NULL && client->hostname != NULL &&
           client->buffer != NULL && client->buffer_size > 0 &&
           client->port >= 1 && client->port <= UINT16_MAX;
}

/* ---- One exchange; tcp_server.c has the same, in another order ---- */

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

/* ---- The client's order: it speaks first, then it listens ---- */

static bool hear_answer(const struct exchange *x)
{
    int size = receive_message(x);

    return size > 0 && x->cb->on_receive(x->buffer, size, x->data) == 0;
}

static bool ask(const struct exchange *x)
{
    if (x->cb->on_send != NULL && !send_message(x))
        return false;
    return x->cb->on_receive == NULL || hear_answer(x);
}

bool TCP_Client_Connect(TCP_Client_t *client, void *data)
{
    int error; /* a host has reasons that errno does not know */

    if (!is_usable(client))
        return false;
    client->socket =
        net_connect(client->hostname, (uint16_t)client->port, &error);
    if (client->socket == -1)
        return false;

    struct exchange exchange = {.cb = &client->cb, .data = data};
    exchange.fd = client->socket;
    exchange.buffer = client->buffer;
    exchange.room =
        client->buffer_size < INT_MAX ? (int)client->buffer_size : INT_MAX;
    exchange.deadline = deadline_in(client->timeout_ms);
    bool done = ask(&exchange);
    finish(&exchange);
    client->socket = -1;
    return done;
}
