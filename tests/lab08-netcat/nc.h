/* nc.h: what the files of this suite share. */
#ifndef NC_H
#define NC_H

#include "harness.h"

/* ---- nc with a peer that is the test ---- */

/* The four ways in which nc gets its connection. */
enum role { CLIENT, SERVER, UNIX_CLIENT, UNIX_SERVER };

struct pair {
    struct program *nc;
    struct conn *peer;
    uint16_t port;
};

/* Starts nc in this role and connects it with the test. Stdin is left open; of
 * `more`, which may be null, what is set besides the arguments counts. */
struct pair connect_nc(enum role role, const struct launch *more);

/* A few words, first from nc, then from its peer; neither ends. */
void have_a_word(struct pair pair);
/* Both end; whether nc then does is not asked. */
void end_both(struct pair pair);

/* ---- Two programs ---- */

/* The command of the real netcat-openbsd, a trusted peer. Skips the test where
 * it is not installed. */
const char *const *real_netcat(void);

/* Many printable characters, quickly. */
char *much(size_t size);

/* ---- What nc says on stderr ---- */

/* Fails unless a line on stderr matches the extended regular expression;
 * `words` say what is due. */
void expect_said(struct program *nc, const char *pattern, const char *words);

#endif
