/*
 * Style "streams": epoll that tells of changes only (EPOLLET), and a client is
 * a struct with a function for the state that it is in. Right because each
 * function goes on until the kernel has no more, and says so by EAGAIN.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

enum { LINE = 36 };
enum outcome { GO_ON, WAIT, GONE };

struct client {
    enum outcome (*state)(struct client *);
    int fd, owed, sent;
    char line[LINE + 1], last;
    bool ended;
    LIST_ENTRY(client) entry;
};

static LIST_HEAD(, client) clients;
static volatile sig_atomic_t over;

static enum outcome listening(struct client *client);

static enum outcome telling(struct client *client)
{
    ssize_t sent =
        send(client->fd, client->line + client->sent, LINE - client->sent,
             MSG_NOSIGNAL);

    if (sent == -1 && errno != EINTR)
        return errno == EAGAIN ? WAIT : GONE;
    if (sent > 0)
        client->sent += sent;
    if (client->sent == LINE) {
        client->owed--;
        client->state = listening;
    }
    return GO_ON;
}

static void begin_line(struct client *client)
{
    time_t now = time(NULL);
    char text[26];

    snprintf(client->line, sizeof client->line, "It is now: %s",
             ctime_r(&now, text));
    client->sent = 0;
    client->state = telling;
}

static enum outcome listening(struct client *client)
{
    char data[2048];

    if (client->owed > 0)
        return begin_line(client), GO_ON;
    if (client->ended)
        return GONE;
    ssize_t got = recv(client->fd, data, sizeof data, 0);
    if (got == -1)
        return errno == EAGAIN ? WAIT : errno == EINTR ? GO_ON : GONE;
    for (ssize_t i = 0; i < got; i++)
        client->owed += (client->last = data[i]) == '\n';
    client->ended = got == 0;
    client->owed += client->ended && client->last != '\n';
    return GO_ON;
}

static void forget(struct client *client)
{
    close(client->fd);
    LIST_REMOVE(client, entry);
    free(client);
}

static void work(struct client *client)
{
    enum outcome outcome;

    do
        outcome = client->state(client);
    while (outcome == GO_ON);
    if (outcome == GONE)
        forget(client);
}

/* False: no descriptor for the next one. */
static bool welcome(int events, int listener)
{
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd == -1 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (fd == -1)
            return errno == EAGAIN;
        struct client *client = calloc(1, sizeof *client);
        if (client == NULL) {
            close(fd);
            continue;
        }
        client->fd = fd;
        client->owed = 1;
        client->last = '\n';
        client->state = listening;
        LIST_INSERT_HEAD(&clients, client, entry);
        struct epoll_event both = {.events = EPOLLIN | EPOLLOUT | EPOLLET,
                                   .data.ptr = client};
        if (epoll_ctl(events, EPOLL_CTL_ADD, fd, &both) == -1)
            forget(client);
    }
}

static void on_end(int number)
{
    over = number;
}

int main(int argc, char **argv)
{
    uint16_t port = 5155;
    const char *call;
    sigset_t end, none;
    bool full = false;

    if (argc > 2 || (argc > 1 && !net_parse_port(argv[1], 0, &port))) {
        fputs("usage: poll_server [PORT]\n", stderr);
        return 2;
    }
    tzset();
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigprocmask(SIG_BLOCK, &end, &none);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_end}, NULL);
    int listener = net_listen(port, &call);
    if (listener == -1)
        err(1, "%s", call);
    int flag = 1, events = epoll_create1(0);
    if (events == -1 || ioctl(listener, FIONBIO, &flag) == -1)
        err(1, "poll_server");
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = NULL};
    epoll_ctl(events, EPOLL_CTL_ADD, listener, &event);
    net_announce(listener);

    while (!over) {
        struct epoll_event some[16];
        int count = epoll_pwait(events, some, 16, full ? 100 : -1, &none);
        bool look = full;
        for (int i = 0; i < count; i++)
            if (some[i].data.ptr != NULL)
                work(some[i].data.ptr);
            else
                look = true;
        if (look)
            full = !welcome(events, listener);
    }
    while (!LIST_EMPTY(&clients))
        forget(LIST_FIRST(&clients));
    return 0;
}
