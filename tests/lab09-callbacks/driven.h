/* driven.h: what the files of this suite share. */
#ifndef DRIVEN_H
#define DRIVEN_H

#include "harness.h"

/* A program of the lab: a student's file, and the kit's main that calls it. */
struct driven {
    const char *name;
    struct program *program;
    uint16_t port;
    const char *mark;  /* begins each line that the main prints */
    struct conn *conn; /* the one of call_here */
};

/* Starts one with these KEY=VALUE, as drive.h has them, separated by spaces; of
 * `more`, which may be null, what is set besides name and arguments counts. The
 * server listens when it returns. */
struct driven run_server(const struct launch *more, const char *keys, ...)
    __attribute__((format(printf, 2, 3)));
struct driven run_client(const struct launch *more, const char *host,
                         uint16_t port, const char *keys, ...)
    __attribute__((format(printf, 4, 5)));

/* A client that calls 127.0.0.1, and its connection. */
struct driven call_here(const struct launch *more, const char *keys, ...)
    __attribute__((format(printf, 2, 3)));

/* Fails unless the program ends within `ms`, as ends_within has it: Exec or
 * Connect does not return, for a peer that does what `peer` says. `dripping`,
 * if not null, is sent a byte now and then. */
void expect_returns(struct driven driven, int ms, struct conn *dripping,
                    const char *peer);

/* What the callbacks send: launch.input, for the key "say=-". */
#define SAYS(DATA, SIZE) (&(struct launch){.input = DATA, .input_size = SIZE})

/* The line that on_receive prints for these bytes. */
char *heard(const void *data, size_t size);

/* Waits for the end of the program. Then of the lines that the main printed
 * those whose first word is among `kinds` must be exactly these, up to a null;
 * "on_send" alone stands for it with any room. */
void expect_told(struct driven driven, const char *kinds, ...)
    __attribute__((sentinel));
/* The same for a main that goes on, and up to now. */
void expect_told_so_far(struct driven driven, const char *kinds, ...)
    __attribute__((sentinel));

/* A client of a server with nothing but "size", and of its like: says a word,
 * is answered with it backwards, hangs up. */
void serve_backwards(struct conn *client);
char *backwards(const char *word, size_t size);

#endif
