/*
 * line_server.c - answers each line with "Echo ==>", the line and a newline
 *
 * Shows framing: bytes are collected in a buffer and searched for newlines,
 * each whole line is answered, and the start of the next one moves to the front
 * of the buffer to wait for its rest. Where the segments end makes no
 * difference.
 *
 *     build/solutions/lab04-framing/line_server [PORT]
 *     (printf one; sleep 1; printf ' line\nand another\n') | nc -N localhost
 * 5050
 */
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "net.h"

#define PREFIX "Echo ==>"
#define REFUSAL "ERR line too long\n"

/* A client may delay the next by a second: LINGER_MS stays just below it. */
enum { DEFAULT_PORT = 5050, LONGEST = 65536, LINGER_MS = 900 };

struct client {
    int fd;
    size_t have;              /* bytes in input that are no whole line yet */
    size_t queued;            /* bytes in output */
    char input[LONGEST + 1];  /* the longest line, and its newline */
    char output[2 * LONGEST]; /* answers, sent many at a time */
};

static bool flush(struct client *c)
{
    int result = net_send_all(c->fd, c->output, c->queued);

    c->queued = 0;
    if (result == -1)
        warn("send");
    return result == 0;
}

/* No piece is larger than a line: it fits into an empty output. */
static bool queue(struct client *c, const char *piece, size_t size)
{
    if (size > sizeof c->output - c->queued && !flush(c))
        return false;
    memcpy(c->output + c->queued, piece, size);
    c->queued += size;
    return true;
}

static bool answer(struct client *c, const char *line, size_t length)
{
    return queue(c, PREFIX, strlen(PREFIX)) && queue(c, line, length) &&
           queue(c, "\n", 1);
}

/* Answers all whole lines in the input and keeps the rest, the start of the
   next line. Only the last `fresh` bytes have not been searched before. */
static bool answer_lines(struct client *c, size_t fresh)
{
    char *line = c->input, *end = c->input + c->have, *newline;
    char *unsearched = end - fresh;

    while ((newline = memchr(unsearched, '\n', end - unsearched)) != NULL) {
        if (!answer(c, line, newline - line))
            return false;
        line = unsearched = newline + 1;
    }
    c->have = end - line;
    memmove(c->input, line, c->have);
    return flush(c);
}

/* Adds what comes next to the input; returns as recv(2). */
static ssize_t receive(struct client *c)
{
    ssize_t got;

    do {
        got = recv(c->fd, c->input + c->have, sizeof c->input - c->have, 0);
    } while (got == -1 && errno == EINTR);
    if (got == -1)
        warn("recv");
    else
        c->have += got;
    return got;
}

/* A client's failure is its own: say so, and let the next one come. */
static void serve(struct client *c)
{
    ssize_t got;

    while ((got = receive(c)) > 0) {
        if (!answer_lines(c, got))
            return;
        if (c->have > LONGEST) {
            if (queue(c, REFUSAL, strlen(REFUSAL)))
                flush(c);
            return;
        }
    }
    if (got == 0 && c->have > 0 && answer(c, c->input, c->have))
        flush(c); /* the last line had no newline */
}

int main(int argc, char **argv)
{
    static struct client client; /* rather large for the stack */
    uint16_t port = DEFAULT_PORT;
    const char *call;

    if (argc > 2 || (argc == 2 && !net_parse_port(argv[1], 0, &port))) {
        fprintf(stderr, "usage: line_server [PORT]\n");
        return 2;
    }
    int listener = net_listen(port, &call);
    if (listener == -1)
        err(1, "%s", call);
    if (net_announce(listener) == -1)
        err(1, "stdout");

    for (;;) {
        client.have = client.queued = 0;
        client.fd = net_accept(listener, NULL);
        if (client.fd == -1)
            err(1, "accept");
        serve(&client);
        /* After a line too long there is unread input: to close at once would
           make TCP send a reset, which can destroy the refusal on its way. */
        net_close_gracefully(client.fd, LINGER_MS);
    }
}
