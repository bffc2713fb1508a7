/* times.h: servers that tell the time, for the suites of labs that have one.
 *
 * The clock of a machine cannot be set for a test, but what a program sees of
 * it can: fault "clock" of faults.c. So a test that compares times chooses the
 * day, and its answer is the same on every day of the year.
 */
#ifndef TIMES_H
#define TIMES_H

#include "harness.h"

#include <time.h>

/* What ctime(3) writes, without and with its newline; a day in seconds. */
enum { TIME_SIZE = 24, TIME_LINE_SIZE = TIME_SIZE + 1, DAY = 24 * 60 * 60 };

/* From here on the test reckons in this time zone. */
void use_zone(const char *zone);
/* "Sat Nov 21 01:19:07 2026", as ctime(3) writes it, without the newline. */
char *as_text(time_t moment);
time_t random_moment(int month, int day); /* of some year, at some hour */

/* A zone of the system's files: without them the C library takes UTC. */
const char *zone_of_file(const char *zone);
/* The moment that a line shows, taken for UTC; false if it is no time. */
bool read_time(const char *line, time_t *moment);

/* ---- A server whose clock is set ---- */

struct clocked {
    struct program *program;
    uint16_t port;
    const char *zone;
    time_t started; /* by the machine's clock, as all below */
    long long ahead, leap;
    int clients;
};

/* What it told a client, and between which two moments that was. */
struct told {
    const char *line;
    time_t from, to;
};

/* Its first client comes at `moment`, and each further one `leap` seconds
 * later. */
struct clocked start_clocked(const char *name, const char *zone, time_t moment,
                             int leap);
/* A client connects. Where the clock does not leap, a time as old as the server
 * will do: test server.moment tells. */
struct conn *connect_next(struct clocked *server, struct told *told);
/* It is told the time. */
void hear_time(struct conn *client, struct told *told);
/* Fails if that is not the time that the server's clock shows. */
void expect_time(const struct clocked *server, struct told told);

/* For make compare: each well-formed time at the end of a line becomes
 * "<time>". */
void mask_times(char *text);

/* ---- Rules: a server that tells each client the time, and ends ---- */

/* For the rules of all servers: a client is served when it is sent a time. It
 * ends its own half first, so that no server need wait for it. */
void serve_time(struct conn *client);

void rule_time(const char *name); /* the line, as ctime(3) writes it */
void rule_time_unasked(const char *name);
void rule_time_end(const char *name); /* a newline, then the end */
void rule_time_moment(const char *name);
void rule_time_zone(const char *name);
void rule_time_zone_late(const char *name); /* without descriptors */
void rule_never_reads(const char *name);    /* delays the next by 1 s at most */
void rule_spoke_first(const char *name);
void rule_stays_open(const char *name);
void rule_time_close(const char *name); /* no reset */
void rule_speaks_late(const char *name);
/* The same where calls are interrupted while the server lingers. */
void rule_speaks_late_interrupted(const char *name);
void rule_time_short_counts(const char *name);
void rule_time_sanitizers(const char *name);

#endif
