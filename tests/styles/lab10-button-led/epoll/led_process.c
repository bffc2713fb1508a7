/* led_process.c in another style: one epoll, non-blocking sockets with a state
 * for each client, one timerfd for whatever is due next. All clients are served
 * at once, in the order in which their messages end. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

enum { PORT = 5555, SECOND = 1000, PAUSE = 50 };

struct client {
    enum { RECEIVING, LINGERING } state;
    int fd;
    int64_t deadline;
    size_t have;
    char message[sizeof "LED OFF\r" + 8];
    bool overlong;
    TAILQ_ENTRY(client) link;
};

/* The oldest first, so that the first one's deadline is the next. */
static TAILQ_HEAD(, client) clients = TAILQ_HEAD_INITIALIZER(clients);
static int events, listener, timer;
static int64_t listen_again; /* 0: it listens */

static void die(const char *what)
{
    fprintf(stderr, "led_process: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void watch(int operation, int fd, uint32_t what, void *who)
{
    struct epoll_event event = {.events = what, .data.ptr = who};
    if (epoll_ctl(events, operation, fd, &event) == -1)
        die("epoll_ctl");
}

static void set_timer(void)
{
    int64_t due = listen_again;
    struct client *oldest = TAILQ_FIRST(&clients);
    if (oldest != NULL && (due == 0 || oldest->deadline < due))
        due = oldest->deadline;
    struct itimerspec when = {.it_value = {due / 1000, due % 1000 * 1000000}};
    if (timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL) == -1)
        die("timerfd_settime");
}

static void forget(struct client *client)
{
    close(client->fd);
    TAILQ_REMOVE(&clients, client, link);
    free(client);
}

static void obey(const struct client *client, size_t size)
{
    const char *message = client->message;
    if (client->overlong)
        syslog(LOG_WARNING, "a message that is too long");
    else if (size == 6 && memcmp(message, "LED ON", 6) == 0)
        syslog(LOG_INFO, "LED Status: On");
    else if (size == 7 && memcmp(message, "LED OFF", 7) == 0)
        syslog(LOG_INFO, "LED Status: Off");
    else
        syslog(LOG_WARNING, "unknown message of %zu bytes", size);
}

/* Its end is there: at `size`, and what follows is no one's. */
static void message_over(struct client *client, size_t size)
{
    obey(client, size);
    client->state = LINGERING;
    shutdown(client->fd, SHUT_WR);
}

/* Returns whether the message is over. */
static bool take(struct client *client, char byte)
{
    if (byte == '\0') {
        message_over(client, client->have);
        return true;
    }
    if (byte == '\n') {
        size_t size = client->have;
        if (size > 0 && client->message[size - 1] == '\r')
            size--;
        message_over(client, size);
        return true;
    }
    if (client->have == sizeof client->message)
        client->overlong = true;
    else
        client->message[client->have++] = byte;
    return false;
}

static void attend(struct client *client)
{
    char data[4096];
    ssize_t size = recv(client->fd, data, sizeof data, 0);
    if (size == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0) {
        if (size == 0 && client->state == RECEIVING)
            obey(client, client->have);
        forget(client);
        return;
    }
    for (ssize_t i = 0; client->state == RECEIVING && i < size; i++)
        if (take(client, data[i]))
            break;
}

static void welcome(void)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd == -1) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
            errno == ENOMEM) {
            syslog(LOG_ERR, "accept: %m");
            watch(EPOLL_CTL_MOD, listener, 0, &listener);
            listen_again = now() + PAUSE;
        }
        return; /* anything else is that client's trouble */
    }
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        close(fd);
        return;
    }
    client->fd = fd;
    client->deadline = now() + SECOND;
    TAILQ_INSERT_TAIL(&clients, client, link);
    watch(EPOLL_CTL_ADD, fd, EPOLLIN, client);
}

static void time_is_up(void)
{
    uint64_t times;
    if (read(timer, &times, sizeof times) == -1)
        return;
    struct client *oldest;
    while ((oldest = TAILQ_FIRST(&clients)) && oldest->deadline <= now()) {
        if (oldest->state == RECEIVING)
            syslog(LOG_WARNING, "a message that did not end is dropped");
        forget(oldest);
    }
    if (listen_again != 0 && listen_again <= now()) {
        listen_again = 0;
        watch(EPOLL_CTL_MOD, listener, EPOLLIN, &listener);
    }
}

static void open_listener(void)
{
    struct sockaddr_in all = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    const int yes = 1;
    listener =
        socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener == -1)
        die("socket");
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&all, sizeof all) == -1)
        die("bind");
    if (listen(listener, SOMAXCONN) == -1)
        die("listen");
}

int main(int argc, char *argv[])
{
    (void)argv;
    if (argc != 1) {
        fputs("usage: led_process\n", stderr);
        return 2;
    }
    openlog("LED TCP", LOG_PID | LOG_PERROR, LOG_DAEMON);
    open_listener();
    events = epoll_create1(EPOLL_CLOEXEC);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (events == -1 || timer == -1)
        die("epoll");
    watch(EPOLL_CTL_ADD, listener, EPOLLIN, &listener);
    watch(EPOLL_CTL_ADD, timer, EPOLLIN, &timer);
    printf("listening on port %d\n", PORT);
    fflush(stdout);

    for (;;) {
        struct epoll_event event; /* one at a time: none is stale */
        set_timer();
        if (epoll_wait(events, &event, 1, -1) != 1)
            continue;
        if (event.data.ptr == &listener)
            welcome();
        else if (event.data.ptr == &timer)
            time_is_up();
        else
            attend(event.data.ptr);
    }
}
