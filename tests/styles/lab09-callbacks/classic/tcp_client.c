/* Closes at once when all is said and heard: a client need not linger. */
#include "tcp_client.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

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

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

/* 1: go on; 0: time is over. */
static int wait_until(int fd, short events, double end)
{
    struct pollfd one = {fd, events, 0};
    int n;

    do {
        double left = end - seconds();
        if (end != 0 && left <= 0)
            return 0;
        n = poll(&one, 1, end != 0 ? (int)(left * 1000) + 1 : -1);
    } while (n <= 0 && (n == 0 || errno == EINTR));
    return n > 0;
}

static bool exchange(TCP_Client_t *client, int room, void *data, double end)
{
    TCP_Callback_t *cb = &client->cb;
    int size = room, have = 0;

    if (cb->on_send && (cb->on_send(client->buffer, &size, data) || size < 0))
        return false;
    if (size > room)
        size = room;
    while (cb->on_send && have < size) {
        if (!wait_until(client->socket, POLLOUT, end))
            return false;
        ssize_t n = send(client->socket, client->buffer + have, size - have,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return false;
        have += n > 0 ? n : 0;
    }
    if (!cb->on_receive)
        return true;
    for (have = 0; have < room;) {
        if (!wait_until(client->socket, POLLIN, end))
            return false;
        ssize_t n = recv(client->socket, client->buffer + have, room - have, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        have += n;
        if (n == 0 || !cb->is_complete ||
            cb->is_complete(client->buffer, have, data))
            break;
    }
    return have > 0 && !cb->on_receive(client->buffer, have, data);
}

bool TCP_Client_Connect(TCP_Client_t *client, void *data)
{
    bool ok;
    int room;

    if (!client || !client->hostname || !client->buffer ||
        client->buffer_size == 0 || client->port < 1 || client->port > 65535)
        return false;
    client->socket = call(client->hostname, client->port);
    if (client->socket < 0)
        return false;
    room = client->buffer_size < INT_MAX ? (int)client->buffer_size : INT_MAX;
    ok = exchange(
        client, room, data,
        client->timeout_ms > 0 ? seconds() + client->timeout_ms / 1000.0 : 0);
    shutdown(client->socket, SHUT_RDWR);
    close(client->socket);
    return ok;
}
