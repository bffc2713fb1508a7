/* Steps in a table, which run until one fails. */
#define _GNU_SOURCE
#include "tcp_client.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

typedef struct talk {
    TCP_Client_t *c;
    void *data;
    int room, count;
    double end; /* in seconds; 0: none */
} talk;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static bool await(const talk *t, short events)
{
    struct pollfd p = {t->c->socket, events, 0};
    for (;;) {
        double rest = t->end - seconds();
        if (t->end > 0 && rest <= 0)
            return false;
        struct timespec time = {(time_t)rest,
                                (long)((rest - (time_t)rest) * 1e9)};
        int n = ppoll(&p, 1, t->end > 0 ? &time : NULL, NULL);
        if (n != 0 && (n > 0 || errno != EINTR))
            return n > 0;
    }
}

static bool passing(void)
{
    return errno == EINTR || errno == EAGAIN;
}

static bool try_addresses(talk *t)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list, *a;
    char port[12];

    sprintf(port, "%d", t->c->port);
    if (getaddrinfo(t->c->hostname, port, &hints, &list))
        return false;
    for (a = list; a && t->c->socket < 0; a = a->ai_next) {
        int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
            break;
        if (connect(fd, a->ai_addr, a->ai_addrlen) < 0)
            close(fd);
        else
            t->c->socket = fd;
    }
    freeaddrinfo(list);
    if (t->c->timeout_ms > 0)
        t->end = seconds() + t->c->timeout_ms / 1e3;
    return t->c->socket >= 0;
}

static bool ask_callback(talk *t)
{
    t->count = 0;
    if (t->c->cb.on_send == NULL)
        return true;
    t->count = t->room;
    if (t->c->cb.on_send(t->c->buffer, &t->count, t->data) != 0)
        return false;
    if (t->count > t->room)
        t->count = t->room;
    return t->count >= 0;
}

static bool transmit(talk *t)
{
    struct iovec rest = {t->c->buffer, t->count};
    while (rest.iov_len > 0) {
        struct msghdr m = {.msg_iov = &rest, .msg_iovlen = 1};
        if (!await(t, POLLOUT))
            return false;
        ssize_t n = sendmsg(t->c->socket, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && !passing())
            return false;
        if (n > 0) {
            rest.iov_base = (char *)rest.iov_base + n;
            rest.iov_len -= n;
        }
    }
    return true;
}

static bool receive(talk *t)
{
    const TCP_Callback_t *cb = &t->c->cb;
    if (cb->on_receive == NULL)
        return true;
    t->count = 0;
    for (;;) {
        struct iovec rest = {t->c->buffer + t->count, t->room - t->count};
        struct msghdr m = {.msg_iov = &rest, .msg_iovlen = 1};
        if (!await(t, POLLIN))
            return false;
        ssize_t n = recvmsg(t->c->socket, &m, MSG_DONTWAIT);
        if (n < 0 && passing())
            continue;
        if (n < 0)
            return false;
        t->count += n;
        if (n == 0 || t->count == t->room || !cb->is_complete ||
            cb->is_complete(t->c->buffer, t->count, t->data))
            return t->count > 0;
    }
}

static bool tell_callback(talk *t)
{
    return t->c->cb.on_receive == NULL ||
           t->c->cb.on_receive(t->c->buffer, t->count, t->data) == 0;
}

bool TCP_Client_Connect(TCP_Client_t *client, void *data)
{
    static bool (*const steps[])(talk *) = {
        try_addresses, ask_callback, transmit, receive, tell_callback, NULL};
    talk t = {.c = client, .data = data};
    int step = 0;

    if (!client || !client->hostname || !client->buffer ||
        !client->buffer_size || client->port <= 0 || client->port > 65535)
        return false;
    t.room = client->buffer_size > INT_MAX ? INT_MAX : (int)client->buffer_size;
    client->socket = -1;
    while (steps[step] && steps[step](&t))
        step++;
    if (client->socket >= 0) {
        shutdown(client->socket, SHUT_WR);
        close(client->socket);
    }
    client->socket = -1;
    return steps[step] == NULL;
}
