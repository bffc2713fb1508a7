/* Calls that wait as long as they like, and a thread that ends the wait. */
#include "tcp_client.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Waits on a condition: for the end of the exchange, or of its time, at which
 * it shuts the connection down, so that recv and send come back. */
struct watchdog {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int fd;
    bool runs, over, barked;
    struct timespec end;
};

static void *watch(void *argument)
{
    struct watchdog *dog = argument;
    int result = 0;

    pthread_mutex_lock(&dog->lock);
    while (!dog->over && result == 0)
        result = pthread_cond_timedwait(&dog->changed, &dog->lock, &dog->end);
    if (!dog->over) {
        dog->barked = true;
        shutdown(dog->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&dog->lock);
    return NULL;
}

static bool start_watch(struct watchdog *dog, int fd, int ms)
{
    pthread_condattr_t monotonic;

    memset(dog, 0, sizeof *dog);
    dog->fd = fd;
    if (ms <= 0)
        return true;
    clock_gettime(CLOCK_MONOTONIC, &dog->end);
    dog->end.tv_nsec += ms % 1000 * 1000000L;
    dog->end.tv_sec += ms / 1000 + dog->end.tv_nsec / 1000000000;
    dog->end.tv_nsec %= 1000000000;
    pthread_mutex_init(&dog->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&dog->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    dog->runs = pthread_create(&dog->thread, NULL, watch, dog) == 0;
    return dog->runs;
}

static void end_watch(struct watchdog *dog)
{
    if (!dog->runs)
        return;
    pthread_mutex_lock(&dog->lock);
    dog->over = true;
    pthread_cond_signal(&dog->changed);
    pthread_mutex_unlock(&dog->lock);
    pthread_join(dog->thread, NULL);
    pthread_cond_destroy(&dog->changed);
    pthread_mutex_destroy(&dog->lock);
}

static bool is_late(struct watchdog *dog)
{
    bool late;

    if (!dog->runs)
        return false;
    pthread_mutex_lock(&dog->lock);
    late = dog->barked;
    pthread_mutex_unlock(&dog->lock);
    return late;
}

static int get(struct watchdog *dog, char *buffer, int room,
               const TCP_Callback_t *cb, void *data)
{
    int have = 0;
    ssize_t n;

    do {
        n = recv(dog->fd, buffer + have, room - have, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || is_late(dog))
            return -1;
        have += n;
        if (n == 0 || have == room || !cb->is_complete)
            break;
    } while (n < 0 || !cb->is_complete(buffer, have, data));
    return have;
}

static bool put(struct watchdog *dog, char *buffer, int room,
                const TCP_Callback_t *cb, void *data)
{
    int size = room, done = 0;

    if (cb->on_send(buffer, &size, data) != 0 || size < 0)
        return false;
    size = size < room ? size : room;
    while (done < size) {
        ssize_t n = send(dog->fd, buffer + done, size - done, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        done += n;
    }
    return !is_late(dog);
}

/* A second at most, and no longer than the watchdog lets us. */
static void part(struct watchdog *dog)
{
    struct timespec begin, now;
    struct pollfd wanted = {dog->fd, POLLIN, 0};
    char rest[4096];
    long left = 1000;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    shutdown(dog->fd, SHUT_WR);
    while (left > 0) {
        if (poll(&wanted, 1, left) > 0) {
            ssize_t n = recv(dog->fd, rest, sizeof rest, MSG_DONTWAIT);
            if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
                break;
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
        left = 1000 - (now.tv_sec - begin.tv_sec) * 1000 -
               (now.tv_nsec - begin.tv_nsec) / 1000000;
    }
    end_watch(dog);
    close(dog->fd);
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
    struct watchdog dog;
    bool ok;
    int room, size;

    if (!client || !client->hostname || !client->buffer ||
        client->buffer_size == 0 || client->port < 1 || client->port > 65535)
        return false;
    const TCP_Callback_t *cb = &client->cb;
    client->socket = call(client->hostname, client->port);
    if (client->socket < 0)
        return false;
    room = client->buffer_size < INT_MAX ? (int)client->buffer_size : INT_MAX;
    ok = start_watch(&dog, client->socket, client->timeout_ms);
    if (ok && cb->on_send)
        ok = put(&dog, client->buffer, room, cb, data);
    if (ok && cb->on_receive) {
        size = get(&dog, client->buffer, room, cb, data);
        ok = size > 0 && cb->on_receive(client->buffer, size, data) == 0;
    }
    part(&dog);
    client->socket = -1;
    return ok;
}
