/* talk.h: random conversations with a lab's programs.
 *
 * One number makes one conversation: with whom, who says what in which pieces,
 * who leaves when and how. A program may be told anything, so what it must do
 * is what holds in any case: it goes on or ends as it should, leaves nothing
 * behind, a sanitizer finds nothing; and where a peer kept to the rules to the
 * end, it was told what was due.
 *
 * A lab has a file tests/LAB/fuzz.c with its talks. They are run on the harness
 * (tests/harness/harness.h), each as a test.
 */
#ifndef TALK_H
#define TALK_H

#include "inside.h"

/* Bytes with a length. */
struct bytes {
    const char *data;
    size_t size;
};

struct talk {
    const char *program;
    void (*run)(const struct talk *talk);

    /* What is said to it: pieces of what it understands, up to a null. They are
     * mixed with junk. */
    const char *const *words;

    /* A length at which something changes, such as the longest line; or 0. */
    size_t edge;

    /* Of a server: arguments, of which "PORT" becomes the port; one right
     * client; null, or what is wrong with an answer to a client that said this,
     * ended its own side and read to the end. */
    const char *args[6];
    serve_t serve;
    const char *(*wrong)(struct bytes said, struct bytes answer);
    /* May it be the first to end the connection, and after a second's lingering
     * reset one who still speaks? Null: it waits for its client's end. */
    bool (*ends_first)(struct bytes said);
    bool once; /* it serves one client, and ends */

    /* Of a client: makes its arguments, with "PORT" where that stands, and its
     * stdin; says what is due next for all that it has said so far; null, or
     * what is wrong with what it printed before exit status 0; a server's is
     * looked at, too, when all is over, and `launch` is null. */
    void (*call)(struct launch *launch);
    struct bytes (*reply)(struct bytes said);
    const char *(*printed)(const struct launch *launch, struct bytes told,
                           struct bytes output);
};

/* The talks of this lab, ended by one without a program. */
extern const struct talk talks[];

/* ---- Kinds of talks ---- */

void talk_to_server(const struct talk *talk);
void talk_to_client(const struct talk *talk);
/* Wrong and right command lines, mostly wrong. */
void talk_by_arguments(const struct talk *talk);

/* ---- For talks of a lab's own ---- */

/* Starts it, with a sanitizer. */
struct program *start_talking(struct launch *launch);
/* The port as an argument. */
char *port_text(uint16_t port);
/* The next piece of what is said: of the words, or junk; 1 byte or thousands.
 */
struct bytes random_piece(const struct talk *talk);
/* Says as much of it as is taken at once, and never waits. */
void say_now(struct conn *conn, struct bytes piece);
/* Once it has ended: its status is 0, 1 or 2, and it has the words for it. */
void expect_orderly_end(struct program *program);
/* Reads all of them to their ends, all at once. */
void hear_out(struct conn **conns, int count);

/* A sentence if the two differ, else null. */
const char *differs(struct bytes due, struct bytes got);
/* For ends_first: in any case. */
bool in_any_case(struct bytes said);
/* A to Z for a to z. */
char *in_upper_case(struct bytes text);
/* Is it the time of ctime(3) and a newline? */
bool is_time(const char *line, size_t size);
/* For wrong, where a time is all that is due. */
const char *no_time(struct bytes said, struct bytes answer);

#endif
