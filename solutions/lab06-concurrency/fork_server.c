/*
 * fork_server.c - tells the time, with a process for each client
 *
 * Shows the oldest way to serve many at once: a child that serves one client,
 * in plain blocking calls, and ends. What is left for the parent: to accept, to
 * reap, and at SIGTERM to end those whom it started.
 *
 *     build/solutions/lab06-concurrency/fork_server [PORT]
 *     nc localhost 5155
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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

enum { DEFAULT_PORT = 5155 };
static const struct timespec PAUSE = {.tv_nsec = 100000000}; /* 100 ms */

/* ---- One client ---- */

static bool tell_time(int client)
{
    char text[26], line[64]; /* 26: the size that ctime_r asks for */
    time_t now = time(NULL);

    if (ctime_r(&now, text) == NULL)
        return false;
    int size = snprintf(line, sizeof line, "It is now: %s", text);
    return net_send_all(client, line, size) == 0;
}

/* Lines may be longer than any buffer: only where they end counts. Returns
   when the client has gone. */
static void serve(int client)
{
    char data[4096];
    ssize_t got = 0;
    bool in_line = false; /* since the last newline something came */
    bool there = tell_time(client);

    while (there) {
        got = recv(client, data, sizeof data, 0);
        if (got == -1 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        for (ssize_t i = 0; i < got && there; i++)
            if (data[i] == '\n')
                there = tell_time(client);
        in_line = data[got - 1] != '\n';
    }
    if (there && got == 0 && in_line)
        tell_time(client);
}

/* ---- The children ---- */

static pid_t *children;
static size_t child_count, child_room;

static bool make_room(void)
{
    if (child_count < child_room)
        return true;
    size_t room = child_room == 0 ? 64 : 2 * child_room;
    pid_t *larger = realloc(children, room * sizeof *larger);
    if (larger == NULL)
        return false;
    children = larger;
    child_room = room;
    return true;
}

/* Signals are blocked here: one sent to the child waits until the child has
   the default action for it again. */
static void start_child(int listener, int client, const sigset_t *unblocked)
{
    pid_t child = make_room() ? fork() : -1;

    if (child == 0) {
        signal(SIGTERM, SIG_DFL);
        signal(SIGCHLD, SIG_DFL);
        sigprocmask(SIG_SETMASK, unblocked, NULL);
        close(listener);
        serve(client);
        _exit(0); /* the kernel closes the connection */
    }
    if (child == -1)
        warn("fork");
    else
        children[child_count++] = child;
    close(client); /* or it would stay open when the child has ended */
}

/* Signals do not queue: one SIGCHLD may stand for many children. */
static void reap(void)
{
    pid_t child;

    while ((child = waitpid(-1, NULL, WNOHANG)) > 0) {
        size_t i = 0;
        while (i < child_count && children[i] != child)
            i++;
        if (i < child_count)
            children[i] = children[--child_count];
    }
}

static void end_children(void)
{
    for (size_t i = 0; i < child_count; i++)
        kill(children[i], SIGTERM);
    while (wait(NULL) > 0)
        ;
    free(children);
}

/* ---- The parent ---- */

static volatile sig_atomic_t sigterm_came;

/* Of SIGCHLD it is enough that it interrupts ppoll. */
static void on_signal(int number)
{
    if (number == SIGTERM)
        sigterm_came = 1;
}

/* From here on both signals come while ppoll waits, and at no other time: none
   can come between a look at sigterm_came and the wait. */
static void catch_signals(sigset_t *unblocked)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t both;

    sigemptyset(&both);
    sigaddset(&both, SIGTERM);
    sigaddset(&both, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &both, unblocked) == -1)
        err(1, "sigprocmask");
    sigdelset(unblocked, SIGTERM);
    sigdelset(unblocked, SIGCHLD);
    if (sigaction(SIGTERM, &action, NULL) == -1 ||
        sigaction(SIGCHLD, &action, NULL) == -1)
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

int main(int argc, char **argv)
{
    uint16_t port = DEFAULT_PORT;
    sigset_t unblocked;

    if (argc > 2 || (argc == 2 && !net_parse_port(argv[1], 0, &port))) {
        fprintf(stderr, "usage: fork_server [PORT]\n");
        return 2;
    }
    tzset(); /* reads the time zone's file now, while a descriptor is free */
    catch_signals(&unblocked);
    int listener = open_listener(port);

    while (!asked_to_end()) {
        struct pollfd queue = {.fd = listener, .events = POLLIN};
        if (ppoll(&queue, 1, NULL, &unblocked) == -1 && errno != EINTR)
            err(1, "ppoll");
        reap();
        if (queue.revents == 0)
            continue;
        int client = net_accept(listener, NULL);
        if (client != -1)
            start_child(listener, client, &unblocked);
        else if (errno != EAGAIN) /* no descriptors: do not spin */
            ppoll(NULL, 0, &PAUSE, &unblocked);
    }
    end_children();
    return 0;
}
