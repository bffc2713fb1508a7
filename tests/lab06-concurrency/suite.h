/* suite.h: what the tests of the three servers and of the client share. */
#ifndef SUITE_H
#define SUITE_H

#include "harness.h"
#include "times.h"

#define PREFIX "It is now: "

enum {
    PREFIX_SIZE = sizeof PREFIX - 1,
    ANSWER_SIZE = PREFIX_SIZE + TIME_LINE_SIZE,
    SILENT = 500 /* clients that hold up nobody */
};

/* A client that is told the time at once, and has nothing to say. What the line
 * looks like is not looked at. */
void serve(struct conn *client);
/* One that says a line, too, and is told the time again. */
void serve_twice(struct conn *client);

/* What is before the time, whatever it is, does not count from now on. */
void skip_prefix(struct told *told);

/* Says so many lines of one letter, and reads nothing meanwhile. */
void say_letters(struct conn *client, int count);

/* So many lines come, and then no more. `what`: "after a piece of a line". */
void expect_lines(struct program *server, struct conn *client, int count,
                  const char *what);

/* SIGTERM: it ends within a second, `when`. Its status is not looked at. */
void expect_ends_by_sigterm(struct program *server, const char *when);

#endif
