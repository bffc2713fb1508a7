/* framing.h: what the tests of lab 04's four programs share. */
#ifndef FRAMING_H
#define FRAMING_H

#include "harness.h"

#define ECHO "Echo ==>"
#define RECEIVED "Received: "
#define REFUSAL "ERR line too long\n"

/* What fault "short" does, for given. */
#define FEW_BYTES                                                              \
    "Each send and recv (or write and read) moves a few bytes only"

enum {
    ECHO_SIZE = sizeof ECHO - 1,
    LONGEST = 65536 /* bytes of a line, its newline not counted */
};

/* Bytes with a length. */
struct text {
    char *data;
    size_t size;
};

void add(struct text *text, const void *data, size_t size);
void add_text(struct text *text, const char *string);
/* As random_bytes, but no newline among them. */
char *random_line_bytes(size_t size);

/* "Echo ==>", the line, and a newline: what line_server owes for it. */
void add_answer(struct text *answers, const void *line, size_t length);
char *answer_to(const char *line);

/* Waits for line_server's answers to these lines, one after the other. Where
 * one is wrong, the reason names what became of the line. */
void expect_answers(struct conn *client, const char *const *lines, int count);

/* For the tests of everything else: a client is served, and leaves. */
void serve_data(struct conn *client); /* by echo_server */
void serve_line(struct conn *client); /* by line_server */

/* A client, and one that has waited in the queue meanwhile. */
void rule_next_client(const char *name, serve_t serve);

/* Waits for the message and answers it. `end` is what ends a message, "" for
 * echo_client and "\n" for line_client. */
void answer_one(struct conn *conn, const char *message, const char *end);
/* The client ends well, having printed this. */
void expect_printed(struct program *client, const char *due);

/* Fails if the client has said anything by now; `otherwise` tells what. */
void expect_silence(struct conn *conn, struct program *client,
                    const char *otherwise);

/* Early ends of a server: before an answer, `piece` of which was sent, and
 * after one that was whole. */
void rule_early_end(const char *name, const char *end, const char *piece);
/* A server that has gone when the client sends. */
void rule_server_gone(const char *name, const char *end);

#endif
