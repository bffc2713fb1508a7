/*
 * Style "poll2": poll(2), as the handout builds it step by step: an array of
 * descriptors and one of structs, and whatever comes last moves to where one
 * has left. bench.c measures it beside the solution, which has epoll.
 */
#define _GNU_SOURCE /* ppoll: in POSIX since 2024 only */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

enum { DEFAULT_PORT = 5155 };
static const struct timespec PAUSE = {.tv_nsec = 100000000}; /* 100 ms */

/* ---- One client ---- */

struct client {
    size_t owed;   /* times still to tell, beside the one in line */
    char line[64]; /* on its way */
    size_t size, sent;
    bool in_line; /* since the last newline something came */
    bool ended;   /* it sends no more */
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
static bool write_some(int fd, struct client *client)
{
    while (has_output(client)) {
        if (client->sent == client->size)
            next_line(client);
        ssize_t sent =
            send(fd, client->line + client->sent, client->size - client->sent,
                 MSG_DONTWAIT | MSG_NOSIGNAL);
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
static bool read_some(int fd, struct client *client)
{
    char data[4096];

    ssize_t got = recv(fd, data, sizeof data, MSG_DONTWAIT);
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
static bool serve(struct pollfd *watched, struct client *client)
{
    if (!has_output(client) && !read_some(watched->fd, client))
        return false;
    if (!write_some(watched->fd, client))
        return false;
    watched->events = has_output(client) ? POLLOUT : POLLIN;
    return has_output(client) || !client->ended;
}

/* ---- All of them ---- */

/* Entries with the same number belong together; number 0 is the listener. */
static struct pollfd *watched;
static struct client *clients;
static size_t count, room;

static bool make_room(void)
{
    if (count < room)
        return true;
    size_t more = room == 0 ? 64 : 2 * room;
    struct pollfd *w = realloc(watched, more * sizeof *w);
    if (w != NULL)
        watched = w;
    struct client *c = realloc(clients, more * sizeof *c);
    if (c != NULL)
        clients = c;
    if (w == NULL || c == NULL)
        return false;
    room = more;
    return true;
}

static void drop(size_t i)
{
    close(watched[i].fd);
    count--;
    watched[i] = watched[count];
    clients[i] = clients[count];
}

static void add(int fd)
{
    if (!make_room()) {
        warn("client");
        close(fd);
        return;
    }
    watched[count] = (struct pollfd){.fd = fd};
    clients[count] = (struct client){.owed = 1};
    count++;
    if (!serve(&watched[count - 1], &clients[count - 1]))
        drop(count - 1);
}

/* ---- The loop ---- */

static volatile sig_atomic_t sigterm_came;

static void on_signal(int number)
{
    (void)number;
    sigterm_came = 1;
}

/* From here on SIGTERM comes while ppoll waits, and at no other time: none can
   come between a look at sigterm_came and the wait. */
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

/* ppoll lets a signal in only when it must wait: where there always is
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
    /* A client may leave between ppoll and accept, and accept not wait for
       the next one. */
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

/* One turn. Downwards, for drop moves the last entry. */
static void turn(bool *full, const sigset_t *unblocked)
{
    watched[0].events = *full ? 0 : POLLIN; /* or it would spin */
    int ready = ppoll(watched, count, *full ? &PAUSE : NULL, unblocked);
    if (ready == -1 && errno != EINTR) /* fewer descriptors allowed than used */
        ppoll(NULL, 0, &PAUSE, unblocked);
    if (ready == -1)
        return;
    for (size_t i = count - 1; i > 0; i--)
        if (watched[i].revents != 0 && !serve(&watched[i], &clients[i]))
            drop(i);
    *full = watched[0].revents != 0 && !accept_one(watched[0].fd);
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
    if (!make_room())
        err(1, "malloc");
    watched[count++] = (struct pollfd){.fd = open_listener(port)};
    while (!asked_to_end())
        turn(&full, &unblocked);
    free(watched);
    free(clients);
    return 0; /* the kernel closes the connections */
}
