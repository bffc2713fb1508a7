/* lab07.h: what the files of this suite share; common.c. */
#ifndef LAB07_H
#define LAB07_H

#include "harness.h"

/* The longest datagram over IPv4: 65,535 less the headers of IP and UDP. */
enum { DATAGRAM_MAX = 65507, TRIES = 3 };

/* What nobody would call about 500 ms. A busy machine makes a wait longer,
 * hardly ever shorter. */
enum { TOO_SOON = 350, TOO_LATE = 900 };

/* ASCII alone: toupper would ask the locale. Ends with a NUL. */
char *upper(const void *data, size_t size);

/* Words that stay as they are, for tests that ask for something else than upper
 * case. */
char *capitals(size_t size);

/* One datagram to the server, and its answer. The length of the answer, its
 * sender and how many there are, are questions of tests of their own. */
void ask(struct udp *client, const void *data, size_t size);

/* For the rules: ask, and go. */
void serve(struct udp *client);

/* The client's next try, and the answer. */
void expect_try(struct udp *server, const char *text);
void answer(struct udp *server, const char *text);

/* The last try did not come too soon after the one before. */
void expect_late_enough(struct udp *server);

/* A client that has the server at 127.0.0.1, and the server attends to it. */
struct program *start_client(struct udp *server, uint16_t port,
                             const char *text);

/* The answer is on stdout, whatever the words around it. */
void expect_printed(struct program *client, const void *answer, size_t size);
void expect_capitals(struct program *client, const char *text);

#endif
