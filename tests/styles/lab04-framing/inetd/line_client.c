/*
 * Style "inetd": objects. A source of messages has a function that gives the
 * next one, be it from the command line or from stdin; a wire has functions
 * that put a line and get one.
 * Right because a message is bytes and a length wherever it comes from, and a
 * wire keeps what came behind a newline for the next get.
 */
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "net.h"

struct message {
    char *bytes; /* the newline is one of them */
    size_t size, room;
};

struct source {
    bool (*next)(struct source *self, struct message *message);
    char *const *words; /* of one that has words */
    FILE *file;         /* of one that reads */
};

struct wire {
    void (*put)(struct wire *self, const struct message *message);
    void (*get)(struct wire *self, struct message *message);
    int fd;
    struct message inbox;
};

static void grow(struct message *m, size_t room)
{
    if (room <= m->room)
        return;
    m->room = room + room / 2;
    if ((m->bytes = realloc(m->bytes, m->room)) == NULL)
        err(1, "realloc");
}

static bool next_word(struct source *self, struct message *m)
{
    if (*self->words == NULL)
        return false;
    m->size = strlen(*self->words) + 1;
    grow(m, m->size);
    memcpy(m->bytes, *self->words++, m->size - 1);
    m->bytes[m->size - 1] = '\n';
    return true;
}

static bool next_line(struct source *self, struct message *m)
{
    int c;

    m->size = 0;
    while ((c = getc(self->file)) != EOF) {
        grow(m, m->size + 2);
        m->bytes[m->size++] = c;
        if (c == '\n')
            return true;
    }
    if (m->size == 0)
        return false;
    m->bytes[m->size++] = '\n';
    return true;
}

static void put(struct wire *self, const struct message *m)
{
    if (net_send_all(self->fd, m->bytes, m->size) == -1)
        err(1, "send");
}

static void get(struct wire *self, struct message *m)
{
    struct message *in = &self->inbox;
    char *newline;

    while (in->size == 0 ||
           (newline = memchr(in->bytes, '\n', in->size)) == NULL) {
        grow(in, in->size + 512);
        ssize_t n =
            recv(self->fd, in->bytes + in->size, in->room - in->size, 0);
        if (n == 0)
            errx(1, "recv: end of stream, and no whole answer");
        if (n == -1 && errno != EINTR)
            err(1, "recv");
        in->size += n > 0 ? n : 0;
    }
    m->size = newline + 1 - in->bytes;
    grow(m, m->size);
    memcpy(m->bytes, in->bytes, m->size);
    in->size -= m->size;
    memmove(in->bytes, newline + 1, in->size);
}

static void run(struct source *source, struct wire *wire)
{
    struct message out = {0}, in = {0};

    while (source->next(source, &out)) {
        wire->put(wire, &out);
        wire->get(wire, &in);
        struct iovec pieces[] = {{"Received: ", 10}, {in.bytes, in.size}};
        if (writev(STDOUT_FILENO, pieces, 2) != (ssize_t)(10 + in.size))
            err(1, "stdout");
    }
    free(out.bytes);
    free(in.bytes);
}

int main(int argc, char **argv)
{
    static char *const usual[] = {"Hello world!", "Again!", NULL};
    struct source words = {.next = next_word,
                           .words = argc > 3 ? argv + 3 : usual},
                  lines = {.next = next_line, .file = stdin};
    struct wire wire = {.put = put, .get = get};
    bool dash = argc == 4 && strcmp(argv[3], "-") == 0, good = true;
    uint16_t port = 5050;
    int error;

    for (int i = 3; i < argc; i++)
        good = good && strchr(argv[i], '\n') == NULL;
    if (!good || (argc > 2 && !net_parse_port(argv[2], 1, &port))) {
        fprintf(stderr, "usage: line_client [HOST [PORT [MESSAGE…]]]\n");
        return 2;
    }
    wire.fd = net_connect(argc > 1 ? argv[1] : "localhost", port, &error);
    if (wire.fd == -1)
        errx(1, "%s: %s", argc > 1 ? argv[1] : "localhost", net_reason(error));
    run(dash ? &lines : &words, &wire);
    free(wire.inbox.bytes);
    close(wire.fd);
    return 0;
}
