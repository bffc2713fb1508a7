/* board.h: the two halves of the board: board.c, the server and its clients,
 * and lines.c, the chip and what clients say about it. The protocol is in
 * README.md. */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

enum {
    LINE_SIZE = 1024, /* the longest message; its newline comes on top */
    NAME_SIZE = 64,
    OUT_SIZE = 1 << 18 /* what a client may leave unread */
};

struct client {
    int fd;
    uint32_t events; /* for which it waits: EPOLLIN, EPOLLOUT */
    char name[NAME_SIZE + 1];
    bool named;    /* its name stays */
    bool watching; /* it hears of all that happens */
    bool ended;    /* it says no more; maybe it has answers to read */
    bool gone;     /* to be dropped at the end of the turn */
    bool too_long; /* in the middle of a line that is */
    size_t in_size;
    size_t out_start, out_end; /* out[out_start] up to out[out_end] is due */
    char in[LINE_SIZE + 1];
    char out[OUT_SIZE];
    LIST_ENTRY(client) others;
};

/* ---- board.c ---- */

/* Puts a line on its way; the newline is added. One who leaves too much unread
 * is dropped. */
void tell(struct client *client, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void tell_watchers(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* ---- lines.c ---- */

/* The contacts of buttons bounce, or not. The seed says how. */
void chip_init(bool bounces, uint64_t seed);

/* Does what a client's line says, and answers it. The line may be changed. */
void chip_obey(struct client *client, char *line);

/* Frees the lines of a client that has gone. */
void chip_release(const struct client *client);

#endif
