/* A machine of small states, each of which says which one is next; ppoll(2) and
 * struct timespec, sendmsg and readv. */
#define _GNU_SOURCE
#include "tcp_server.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000L

typedef struct talk {
    int fd;
    const TCP_Server_t *server;
    void *data;
    bool limited;
    struct timespec end;
    int have; /* bytes in the buffer */
    int sent, size;
    bool good;
} talk;

typedef struct state {
    struct state (*enter)(talk *);
} state;

static struct timespec later(int ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000L;
    if (t.tv_nsec >= SECOND) {
        t.tv_sec++;
        t.tv_nsec -= SECOND;
    }
    return t;
}

/* False: the time is over. */
static bool left(struct timespec end, struct timespec *rest)
{
    struct timespec now = later(0);
    rest->tv_sec = end.tv_sec - now.tv_sec;
    rest->tv_nsec = end.tv_nsec - now.tv_nsec;
    if (rest->tv_nsec < 0) {
        rest->tv_sec--;
        rest->tv_nsec += SECOND;
    }
    return rest->tv_sec >= 0 && (rest->tv_sec > 0 || rest->tv_nsec > 0);
}

static bool await(const talk *t, short events)
{
    struct pollfd p = {.fd = t->fd, .events = events};
    for (;;) {
        struct timespec rest;
        if (t->limited && !left(t->end, &rest))
            return false;
        int n = ppoll(&p, 1, t->limited ? &rest : NULL, NULL);
        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
    }
}

static state closing(talk *t)
{
    close(t->fd);
    return (state){NULL};
}

static state draining(talk *t)
{
    char waste[512];
    struct iovec piece = {waste, sizeof waste};
    ssize_t n;
    if (!await(t, POLLIN))
        return (state){closing};
    n = readv(t->fd, &piece, 1);
    if (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)))
        return (state){draining};
    return (state){closing};
}

static state ending(talk *t)
{
    struct timespec second = later(1000), rest;
    if (shutdown(t->fd, SHUT_WR) < 0)
        return (state){closing};
    if (!t->limited || (left(t->end, &rest) && rest.tv_sec >= 1))
        t->end = second;
    t->limited = true;
    return (state){draining};
}

static state succeeded(talk *t)
{
    t->good = true;
    return (state){ending};
}

static state sending(talk *t)
{
    struct iovec piece = {t->server->buffer + t->sent, t->size - t->sent};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    ssize_t n;
    if (t->sent == t->size)
        return (state){succeeded};
    if (!await(t, POLLOUT))
        return (state){ending};
    n = sendmsg(t->fd, &message, MSG_NOSIGNAL);
    if (n < 0 && errno != EINTR && errno != EAGAIN)
        return (state){ending};
    if (n > 0)
        t->sent += n;
    return (state){sending};
}

static state asking(talk *t)
{
    const TCP_Server_t *s = t->server;
    if (s->cb.on_send == NULL)
        return (state){succeeded};
    t->size = s->buffer_size;
    if (s->cb.on_send(s->buffer, &t->size, t->data) || t->size < 0)
        return (state){ending};
    if (t->size > s->buffer_size)
        t->size = s->buffer_size;
    return (state){sending};
}

static state telling(talk *t)
{
    const TCP_Server_t *s = t->server;
    if (s->cb.on_receive && s->cb.on_receive(s->buffer, t->have, t->data))
        return (state){ending};
    return (state){asking};
}

static state receiving(talk *t)
{
    const TCP_Server_t *s = t->server;
    struct iovec piece = {s->buffer + t->have, s->buffer_size - t->have};
    ssize_t n;
    if (!await(t, POLLIN))
        return (state){ending};
    n = readv(t->fd, &piece, 1);
    if (n < 0)
        return (state){errno == EINTR || errno == EAGAIN ? receiving : ending};
    t->have += n;
    if (n > 0 && t->have < s->buffer_size && s->cb.is_complete &&
        !s->cb.is_complete(s->buffer, t->have, t->data))
        return (state){receiving};
    return (state){telling};
}

/* Waits as long as it takes. */
static int next_client(int listener)
{
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            return fd;
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
            errno == ENOBUFS)
            nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
        else if (errno == EBADF || errno == EINVAL || errno == ENOTSOCK)
            return -1;
    }
}

bool TCP_Server_Exec(TCP_Server_t *server, void *data)
{
    talk t = {.server = server, .data = data};
    if ((t.fd = next_client(server->socket)) < 0)
        return false;
    t.limited = server->timeout_ms > 0;
    if (t.limited)
        t.end = later(server->timeout_ms);
    for (state now = {receiving}; now.enter;)
        now = now.enter(&t);
    return t.good;
}

bool TCP_Server_Init(TCP_Server_t *server)
{
    struct sockaddr_in all = {.sin_family = AF_INET};
    socklen_t size = sizeof all;
    int fd;

    errno = EINVAL;
    if (!server || !server->buffer || server->buffer_size <= 0 ||
        server->port != (uint16_t)server->port)
        return false;
    if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
        return false;
    all.sin_port = htons(server->port);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) == 0 &&
        bind(fd, (struct sockaddr *)&all, size) == 0 && listen(fd, 50) == 0 &&
        getsockname(fd, (struct sockaddr *)&all, &size) == 0) {
        server->socket = fd;
        server->port = ntohs(all.sin_port);
        return true;
    }
    int why = errno;
    close(fd);
    errno = why;
    return false;
}
