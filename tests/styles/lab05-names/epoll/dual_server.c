/*
 * Style "epoll": one loop around epoll_wait(), with a timerfd for each client
 * that has its time and has not ended yet.
 * Right because 25 bytes fit into a new connection's buffer, but what send()
 * does not take is kept for EPOLLOUT; the timer ends the lingering whatever the
 * client does; and strftime() writes what ctime() would.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

struct client;

/* What an event is about. */
struct handle {
    int fd;
    void (*ready)(struct handle *self);
    struct client *client;
};

struct client {
    struct handle stream, timer;
    char line[32];
    size_t sent, size;
};

static int loop;

static void fatal(const char *call)
{
    fprintf(stderr, "dual_server: %s: %s\n", call, strerror(errno));
    exit(1);
}

static int watch(int operation, struct handle *h, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = h};

    return epoll_ctl(loop, operation, h->fd, &e);
}

static void farewell(struct client *c)
{
    if (c->timer.fd >= 0)
        close(c->timer.fd);
    close(c->stream.fd);
    free(c);
}

static void time_is_up(struct handle *h)
{
    farewell(h->client);
}

static void stream_ready(struct handle *h)
{
    struct client *c = h->client;
    char junk[65536];
    ssize_t n;

    while (c->sent < c->size) {
        n = send(h->fd, c->line + c->sent, c->size - c->sent, MSG_NOSIGNAL);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            return; /* epoll says when */
        if (n < 0) {
            farewell(c);
            return;
        }
        c->sent += n;
        if (c->sent == c->size) {
            shutdown(h->fd, SHUT_WR);
            watch(EPOLL_CTL_MOD, h, EPOLLIN);
        }
    }
    n = recv(h->fd, junk, sizeof junk, 0);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        farewell(c);
}

static void tell(const struct sockaddr_in6 *from)
{
    char text[INET6_ADDRSTRLEN];
    int four = IN6_IS_ADDR_V4MAPPED(&from->sin6_addr);

    if (four)
        inet_ntop(AF_INET, from->sin6_addr.s6_addr + 12, text, sizeof text);
    else
        inet_ntop(AF_INET6, &from->sin6_addr, text, sizeof text);
    printf("client IPv%d %s\n", four ? 4 : 6, text);
    fflush(stdout);
}

static void welcome(int fd)
{
    struct itimerspec limit = {.it_value = {.tv_nsec = 800000000}};
    struct client *c = calloc(1, sizeof *c);
    time_t now = time(NULL);
    struct tm local;

    if (c == NULL) {
        close(fd);
        return;
    }
    localtime_r(&now, &local);
    c->size =
        strftime(c->line, sizeof c->line, "%a %b %e %H:%M:%S %Y\n", &local);
    c->stream = (struct handle){fd, stream_ready, c};
    c->timer = (struct handle){
        timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), time_is_up, c};
    if (c->timer.fd < 0) { /* no descriptor for it: then without lingering */
        while (c->sent < c->size) {
            ssize_t n = send(fd, c->line + c->sent, c->size - c->sent,
                             MSG_NOSIGNAL);
            if (n < 0 && errno != EINTR)
                break;
            c->sent += n > 0 ? n : 0;
        }
        farewell(c);
        return;
    }
    timerfd_settime(c->timer.fd, 0, &limit, NULL);
    if (watch(EPOLL_CTL_ADD, &c->timer, EPOLLIN) < 0 ||
        watch(EPOLL_CTL_ADD, &c->stream, EPOLLIN | EPOLLOUT) < 0)
        farewell(c);
}

static void door(struct handle *h)
{
    struct sockaddr_in6 from;
    socklen_t size = sizeof from;
    int fd = accept4(h->fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK);

    if (fd >= 0) {
        tell(&from);
        welcome(fd);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
               errno == ENOBUFS) {
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
}

static in_port_t port_of(const char *s)
{
    size_t digits = strspn(s, "0123456789");
    struct servent *known;

    if (strpbrk(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
        if ((known = getservbyname(s, "tcp")) != NULL)
            return known->s_port;
        fprintf(stderr, "dual_server: %s: %s\n", s, gai_strerror(EAI_SERVICE));
        exit(1);
    }
    if (digits == 0 || s[digits] != '\0' || digits > 9 || atol(s) > 65535) {
        fprintf(stderr, "usage: dual_server SERVICE\n");
        exit(2);
    }
    return htons(atol(s));
}

int main(int argc, char **argv)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6,
                               .sin6_port = port_of(argc == 2 ? argv[1] : "")};
    struct handle listener = {.ready = door};
    socklen_t size = sizeof any;
    int on = 1, off = 0;

    signal(SIGPIPE, SIG_IGN);
    tzset();
    listener.fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (listener.fd < 0)
        fatal("socket");
    if (setsockopt(listener.fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) ||
        setsockopt(listener.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on))
        fatal("setsockopt");
    if (bind(listener.fd, (struct sockaddr *)&any, sizeof any) < 0)
        fatal("bind");
    if (listen(listener.fd, 200) < 0)
        fatal("listen");
    if (getsockname(listener.fd, (struct sockaddr *)&any, &size) < 0)
        fatal("getsockname");
    if ((loop = epoll_create1(0)) < 0 ||
        watch(EPOLL_CTL_ADD, &listener, EPOLLIN) < 0)
        fatal("epoll");
    printf("listening on port %d\n", ntohs(any.sin6_port));
    fflush(stdout);

    for (;;) {
        struct epoll_event e;

        if (epoll_wait(loop, &e, 1, -1) == 1)
            ((struct handle *)e.data.ptr)->ready(e.data.ptr);
    }
}
