/* Calls that wait as long as they like, and a thread that ends the wait. */
#include "tcp_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
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
    const TCP_Callback_t *cb = &server->cb;
    struct watchdog dog;
    bool ok;
    int fd = next_client(server->socket), size = -1;

    if (fd < 0)
        return false;
    ok = start_watch(&dog, fd, server->timeout_ms);
    if (ok)
        size = get(&dog, server->buffer, server->buffer_size, cb, data);
    ok = ok && size >= 0;
    if (ok && cb->on_receive)
        ok = cb->on_receive(server->buffer, size, data) == 0;
    if (ok && cb->on_send)
        ok = put(&dog, server->buffer, server->buffer_size, cb, data);
    part(&dog);
    return ok;
}
