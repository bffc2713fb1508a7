/*
 * poll_server.c - tells the time, to all clients in one loop
 *
 * Shows a server that waits in one place only, for all at once, and never for
 * one: no call blocks, and what fork and threads keep on a stack (how far am I
 * with this client?) is a struct here. The kernel keeps the list of those for
 * whom it waits, epoll(7), so clients that say nothing cost no time.
 *
 *     build/solutions/lab06-concurrency/poll_server [PORT]
 *     nc localhost 5155
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

enum { DEFAULT_PORT = 5155, PAUSE = 100 /* ms */, MOST = 64 /* a turn */ };
static int epoll; /* the kernel's list of descriptors, and of whose they are */

/* From now on epoll tells of these events, and says whose descriptor it is. */
static bool watch(int operation, int fd, uint32_t events, void *owner)
{
    struct epoll_event event = {.events = events, .data.ptr = owner};
    return epoll_ctl(epoll, operation, fd, &event) == 0;
}

/* ---- One client ---- */

struct client {
    int fd;
    uint32_t events; /* for which it waits: EPOLLIN or EPOLLOUT */
    size_t owed;     /* times still to tell, beside the one in line */
    char line[64];   /* on its way */
    size_t size, sent;
    bool in_line; /* since the last newline something came */
    bool ended;   /* it sends no more */
    LIST_ENTRY(client) others;
};

static bool has_output(const struct client *client)
{
    return client->owed > 0 || client->sent < client->size;
}

static void next_line(struct client *client)
{
    char text[26]; /* the size that ctime_r asks for */
    time_t now = time(NULL);

    client->owed--;
    client->sent = 0;
    client->size = 0;
    if (ctime_r(&now, text) != NULL)
        client->size =
            snprintf(client->line, sizeof client->line, "It is now: %s", text);
}

/* Sends what the connection takes now. False: the client has gone. */
static bool write_some(struct client *client)
{
    while (has_output(client)) {
        if (client->sent == client->size)
            next_line(client);
        ssize_t sent =
            send(client->fd, client->line + client->sent,
                 client->size - client->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent == -1 && errno == EINTR)
            continue;
        if (sent == -1)
            return errno == EAGAIN;
        client->sent += sent;
    }
    return true;
}

/* Lines may be longer than any buffer: only where they end counts. False: the
   client has gone. */
static bool read_some(struct client *client)
{
    char data[4096];

    ssize_t got = recv(client->fd, data, sizeof data, MSG_DONTWAIT);
    if (got == -1)
        return errno == EINTR || errno == EAGAIN;
    for (ssize_t i = 0; i < got; i++)
        client->owed += data[i] == '\n';
    if (got > 0)
        client->in_line = data[got - 1] != '\n';
    else if (client->in_line)
        client->owed++; /* a last line without newline */
    client->ended = got == 0;
    return true;
}

/* Does what can be done now, and says for what to wait next. While it has
   output, no more is read: who does not read our lines must wait with his own,
   or they would fill our memory. False: all is done, or the client has gone. */
static bool serve(struct client *client)
{
    if (!has_output(client) && !read_some(client))
        return false;
    if (!write_some(client) || (client->ended && !has_output(client)))
        return false;
    uint32_t events = has_output(client) ? EPOLLOUT : EPOLLIN;
    if (events == client->events) /* mostly: epoll keeps what it was told */
        return true;
    client->events = events;
    return watch(EPOLL_CTL_MOD, client->fd, events, client);
}

/* ---- All of them ---- */

static LIST_HEAD(, client) clients; /* epoll does not tell whom it has */

static void drop(struct client *client)
{
    close(client->fd); /* takes it off epoll's list too */
    LIST_REMOVE(client, others);
    free(client);
}

static void add(int fd)
{
    struct client *client = malloc(sizeof *client);

    if (client == NULL) {
        warn("malloc");
        close(fd);
        return;
    }
    *client = (struct client){.fd = fd, .owed = 1, .events = EPOLLIN};
    LIST_INSERT_HEAD(&clients, client, others);
    if (!watch(EPOLL_CTL_ADD, fd, EPOLLIN, client) || !serve(client))
        drop(client);
}

/* ---- The loop ---- */

static volatile sig_atomic_t sigterm_came;

static void on_signal(int number)
{
    (void)number;
    sigterm_came = 1;
}

/* From here on SIGTERM comes while epoll_pwait waits, and at no other time:
   none can come between a look at sigterm_came and the wait. */
static void catch_signal(sigset_t *unblocked)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t end;

    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &end, unblocked) == -1)
        err(1, "sigprocmask");
    sigdelset(unblocked, SIGTERM);
    if (sigaction(SIGTERM, &action, NULL) == -1)
        err(1, "sigaction");
}

/* epoll_pwait lets a signal in only when it must wait: where there always is
   something to do, the signal is still pending. */
static bool asked_to_end(void)
{
    sigset_t pending;

    return sigterm_came ||
           (sigpending(&pending) == 0 && sigismember(&pending, SIGTERM) == 1);
}

static int open_listener(uint16_t port)
{
    const char *call;

    int listener = net_listen(port, &call);
    if (listener == -1)
        err(1, "%s", call);
    /* A client may leave between epoll_pwait and accept, and accept not wait
       for the next one. */
    if (fcntl(listener, F_SETFL, O_NONBLOCK) == -1)
        err(1, "fcntl");
    if (net_announce(listener) == -1)
        err(1, "stdout");
    return listener;
}

/* One a turn: nobody waits while a crowd comes in. False: there is no
   descriptor for the next one. */
static bool accept_one(int listener)
{
    int fd = net_accept(listener, NULL);

    if (fd == -1)
        return errno == EAGAIN;
    add(fd);
    return true;
}

/* One turn. Nobody is named twice in it: who is dropped is not met again. */
static void turn(int listener, bool *full, const sigset_t *unblocked)
{
    struct epoll_event ready[MOST]; /* who is left over comes first next time */

    int count = epoll_pwait(epoll, ready, MOST, *full ? PAUSE : -1, unblocked);
    if (count == -1 && errno != EINTR)
        err(1, "epoll_pwait");
    if (*full)
        *full = !watch(EPOLL_CTL_MOD, listener, EPOLLIN, NULL);
    for (int i = 0; i < count; i++) {
        struct client *client = ready[i].data.ptr;
        if (client != NULL && !serve(client))
            drop(client);
        if (client == NULL && !accept_one(listener)) /* or it would spin */
            *full = watch(EPOLL_CTL_MOD, listener, 0, NULL);
    }
}

int main(int argc, char **argv)
{
    uint16_t port = DEFAULT_PORT;
    sigset_t unblocked;
    bool full = false;

    if (argc > 2 || (argc == 2 && !net_parse_port(argv[1], 0, &port))) {
        fprintf(stderr, "usage: poll_server [PORT]\n");
        return 2;
    }
    tzset(); /* reads the time zone's file now, while a descriptor is free */
    catch_signal(&unblocked);
    int listener = open_listener(port);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll == -1)
        err(1, "epoll_create1");
    if (!watch(EPOLL_CTL_ADD, listener, EPOLLIN, NULL))
        err(1, "epoll_ctl");
    while (!asked_to_end())
        turn(listener, &full, &unblocked);
    while (!LIST_EMPTY(&clients))
        drop(LIST_FIRST(&clients));
    return 0;
}
