/*
 * thread_server.c - tells the time, with a thread for each client
 *
 * Shows how little differs from fork_server.c, and what does: threads share
 * everything. So a thread is given its client by value, calls nothing that has
 * a memory of its own (ctime), and nobody need wait for its end: it is
 * detached.
 *
 *     build/solutions/lab06-concurrency/thread_server [PORT]
 *     nc localhost 5155
 */
#define _GNU_SOURCE /* ppoll: in POSIX since 2024 only */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
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

/* ---- The threads ---- */

static void *run(void *argument)
{
    int client = (int)(intptr_t)argument;

    serve(client);
    close(client); /* a thread's end closes nothing */
    return NULL;
}

/* The descriptor itself is the argument. Its address would be that of a
   variable which main changes for the next client, maybe before the thread has
   looked at it. */
static void start_thread(int client)
{
    pthread_attr_t detached;
    pthread_t thread;

    int failure = pthread_attr_init(&detached);
    if (failure == 0) {
        pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
        failure =
            pthread_create(&thread, &detached, run, (void *)(intptr_t)client);
        pthread_attr_destroy(&detached);
    }
    if (failure != 0) { /* these functions return the error, not in errno */
        warnx("pthread_create: %s", strerror(failure));
        close(client);
    }
}

/* ---- The first thread ---- */

static volatile sig_atomic_t sigterm_came;

static void on_signal(int number)
{
    (void)number;
    sigterm_came = 1;
}

/* From here on SIGTERM comes while the first thread waits in ppoll, and at no
   other time: none can come between a look at sigterm_came and the wait. The
   other threads inherit the mask: it never interrupts them. */
static void catch_signal(sigset_t *unblocked)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t end;

    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    int failure = pthread_sigmask(SIG_BLOCK, &end, unblocked);
    if (failure != 0)
        errx(1, "pthread_sigmask: %s", strerror(failure));
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

int main(int argc, char **argv)
{
    uint16_t port = DEFAULT_PORT;
    sigset_t unblocked;

    if (argc > 2 || (argc == 2 && !net_parse_port(argv[1], 0, &port))) {
        fprintf(stderr, "usage: thread_server [PORT]\n");
        return 2;
    }
    tzset(); /* ctime_r need not: here once, while a descriptor is free */
    catch_signal(&unblocked);
    int listener = open_listener(port);

    while (!asked_to_end()) {
        struct pollfd queue = {.fd = listener, .events = POLLIN};
        if (ppoll(&queue, 1, NULL, &unblocked) == -1 && errno != EINTR)
            err(1, "ppoll");
        if (queue.revents == 0)
            continue;
        int client = net_accept(listener, NULL);
        if (client != -1)
            start_thread(client);
        else if (errno != EAGAIN) /* no descriptors: do not spin */
            ppoll(NULL, 0, &PAUSE, &unblocked);
    }
    return 0; /* the end of the process: of its threads and connections too */
}
