/* A non-blocking socket, select(2) and struct timeval. */
#include "tcp_client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
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
    bool ok = true;

    if (!client || !client->hostname || !client->buffer ||
        client->buffer_size == 0 || client->port < 1 || client->port > 65535)
        return false;
    client->socket = call(client->hostname, client->port);
    if (client->socket < 0)
        return false;
    struct talk t = begin(
        client->socket, client->buffer,
        client->buffer_size < INT_MAX ? (int)client->buffer_size : INT_MAX,
        &client->cb, data, client->timeout_ms);
    if (t.cb->on_send)
        ok = speak(&t);
    if (ok && t.cb->on_receive) {
        ok = listen_to(&t) && t.have > 0;
        ok = ok && !t.cb->on_receive(t.buffer, t.have, data);
    }
    part(&t);
    return ok;
}
