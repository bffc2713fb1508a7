/*
 * line_client.c - sends lines and prints the answers: a line out, a line back
 *
 * Shows framing on the client's side. The newline says where a message ends, so
 * an answer in ten pieces is still one answer, and what comes behind it belongs
 * to the next one.
 *
 *     build/solutions/lab04-framing/line_client [HOST [PORT [MESSAGE…]]]
 *     ls / | build/solutions/lab04-framing/line_client localhost 5050 -
 */
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

enum { DEFAULT_PORT = 5050, LONGEST = 65536 };

static const char *const default_messages[] = {"Hello world!", "Again!", NULL};

/* What came from the server and was not yet printed. */
struct stream {
    int fd;
    size_t have;
    char data[sizeof "Echo ==>" + LONGEST]; /* its NUL makes room for '\n' */
};

static void usage(void)
{
    fprintf(stderr, "usage: line_client [HOST [PORT [MESSAGE…]]]\n");
    exit(2);
}

/* Returns the size of the line, newline included, at the start of the data. */
static size_t receive_line(struct stream *s)
{
    size_t searched = 0;
    char *newline;

    while ((newline = memchr(s->data + searched, '\n', s->have - searched)) ==
           NULL) {
        searched = s->have;
        if (s->have == sizeof s->data)
            errx(1, "recv: %s", strerror(EMSGSIZE));
        ssize_t got =
            recv(s->fd, s->data + s->have, sizeof s->data - s->have, 0);
        if (got == -1 && errno != EINTR)
            err(1, "recv");
        if (got == 0)
            errx(1, "recv: end of stream before the answer");
        if (got > 0)
            s->have += got;
    }
    return newline + 1 - s->data;
}

/* Sends a line, newline included, in one piece: were the newline a send of its
   own, TCP would hold it back until the line's arrival is confirmed. */
static void exchange(struct stream *s, const char *line, size_t size)
{
    if (net_send_all(s->fd, line, size) == -1)
        err(1, "send");
    size = receive_line(s);

    printf("Received: ");
    fwrite(s->data, 1, size, stdout);
    if (fflush(stdout) == EOF)
        err(1, "stdout");
    s->have -= size;
    memmove(s->data, s->data + size, s->have);
}

static void exchange_messages(struct stream *s, const char *const *messages)
{
    for (; *messages != NULL; messages++) {
        size_t length = strlen(*messages);
        char *line = malloc(length + 1);
        if (line == NULL)
            err(1, "malloc");
        memcpy(line, *messages, length);
        line[length] = '\n';
        exchange(s, line, length + 1);
        free(line);
    }
}

static void exchange_input(struct stream *s)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t size;

    while ((size = getline(&line, &room, stdin)) > 0) {
        if (line[size - 1] != '\n')
            line[size++] = '\n'; /* in the place of getline's NUL */
        exchange(s, line, size);
    }
    if (ferror(stdin))
        err(1, "stdin");
    free(line);
}

int main(int argc, char **argv)
{
    static struct stream server; /* rather large for the stack */
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *const *messages =
        argc > 3 ? (const char *const *)argv + 3 : default_messages;
    uint16_t port = DEFAULT_PORT;
    int error;

    if (argc > 2 && !net_parse_port(argv[2], 1, &port))
        usage();
    /* It would be two lines to the server, and two answers. */
    for (int i = 0; messages[i] != NULL; i++)
        if (strchr(messages[i], '\n') != NULL)
            usage();

    server.fd = net_connect(host, port, &error);
    if (server.fd == -1)
        errx(1, "%s: %s", host, net_reason(error));
    if (argc == 4 && strcmp(argv[3], "-") == 0)
        exchange_input(&server);
    else
        exchange_messages(&server, messages);
    close(server.fd);
    return 0;
}
