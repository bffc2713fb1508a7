/* suite.h: what the tests of the server and of the client share. */
#ifndef SUITE_H
#define SUITE_H

#include "harness.h"

/* Longer than any program sleeps that is not stuck: the harness sees those. */
enum { LONG_MS = 20000 };

extern const char answer[], prompt[];

/* Two texts in one, whose length is the sum of theirs. */
char *joined(const void *head, size_t head_size, const void *tail,
             size_t tail_size);

/* All byte values but the newline. At the start stand two percent signs, of
 * which printf would make one, and a NUL, so that what stops there is seen to
 * stop; at the end a carriage return, which some take for a part of the
 * newline. */
char *any_bytes(size_t size);

/* A client of the server, once that listens on the port; and a server with its
 * client. */
struct conn *call(struct program *server, uint16_t port);
struct conn *call_server(struct program **server);

/* Was the message printed, and nothing after it? What was printed before is
 * taken as it is, for how the ready line reads is a test of its own, and so are
 * the words on the message's own line. So is whether the server ends: here it
 * is only given the time to, since what it printed may come no sooner. */
void expect_message(struct program *server, const void *message, size_t size);

/* A whole exchange, whatever its words. */
void serve(struct conn *client);

#endif
