/* class.h: grades a class: what the files class*.c share.
 *
 * A unit is one lab of one student. CLASS is the folder that intake.c filled;
 * a unit's result document is CLASS/KEY/LAB.json until it is published.
 */
#ifndef GRADE_CLASS_H
#define GRADE_CLASS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { MOST_HOSTS = 64 };

struct options {
    const char *class, *grades, *kit_version, *seed, *hosts, *ssh, *remote;
    char **labs;
    int lab_count;
    int jobs;
    pid_t caller; /* when it ends, so do we; or 0 */
    bool allow_unsafe;
};

enum state {
    TO_DO,
    STANDS, /* its document is what running it now would make */
    LATE,   /* so is this, but the clock decided a test: run it again alone */
    FAILED, /* it was run, and left no such document */
};

struct unit {
    const char *key, *lab, *who;
    enum state state;
    bool alone; /* it has been run again alone */
    char *said; /* why it failed, or null */
};

struct host {
    const char *login; /* "user@host", or ":" for this machine */
    const char *port;  /* or null */
    int processors;    /* 0: it is not used */
};

struct class
{
    struct options options;
    char *seed;
    struct unit *units;
    int count;
    bool accepts_unsafe; /* documents that were made without isolation */
    struct host hosts[MOST_HOSTS];
    int host_count;     /* 0: this machine alone */
    const char *folder; /* of the class on a host, from that user's home */
};

/* ---- class_ready.c: each ends the process with a sentence if it must ---- */

/* Is there room for results? Whatever runs is left to the guard to end. */
void require_disk(const struct class *class);
/* One grading of a class at a time. */
void lock_class(const struct class *class);
/* CLASS/.parallel, empty: what GNU parallel writes on the way. */
void make_own_folder(const struct class *class);
void choose_seed(struct class *class);
void require_isolation(struct class *class);
void make_folder(const char *path); /* unless it is there */
long number(const char *text, const char *what, long least);

/* ---- class_units.c ---- */

/* Reads CLASS: the units of the labs that are wanted, with their states. */
void read_units(struct class *class);
/* What the unit's document says of its state now; the caller owns `document`,
 * which may be null to him who does not want it. A FAILED unit has a document
 * all the same if its suite says GRADER_ERROR. */
enum state unit_state(const struct class *class, const struct unit *unit,
                      json_t **document);
int count_units(const struct class *class, enum state state);
/* "lab03 of Ann" */
char *unit_name(const struct unit *unit);

/* ---- class_pass.c ---- */

/* Runs all units in state TO_DO through GNU parallel, as many at once as there
 * are processors, or one at a time: alone. Afterwards a unit is still TO_DO
 * only if a machine was lost under it. */
void run_pass(struct class *class, bool alone);

/* ---- class_parallel.c ---- */

/* Ends the process with a sentence where GNU parallel is not installed. */
void require_parallel(void);
/* Starts it on the units in state TO_DO. On `said` comes what each says, and
 * then a line "\001KEY LAB STATUS". */
pid_t start_parallel(const struct class *class, bool alone, int *said);
enum { PARALLEL_MARK = '\001' };
/* As many as this process may use. */
int processors_here(void);

/* ---- class_watch.c: nothing is left running, whoever is killed ---- */

/* Forks: the caller goes on in a child; the parent waits, passes signals on,
 * ends all that the child leaves, and exits with its status. When the process
 * `caller` ends (0: none), it is as if we were told to. */
void guard(pid_t caller);
/* The signal that told us to stop, or 0. */
int stop_asked(void);
/* Readable when there is news for stop_asked, or a child has ended. */
int signals_fd(void);
/* In a child, before it becomes another program. */
void restore_signals(void);
/* Kills the children of this process, theirs too, except `spared` (or 0),
 * and waits until the others are gone. */
void end_children(pid_t spared);

/* ---- class_bar.c: how far it has come ---- */

void progress_begin(int total);
void progress_done(const struct unit *unit);
void progress_tick(void);
void progress_end(void);
/* "40 s", "6 min", "1 h 10 min" */
const char *duration(double seconds);

/* ---- class_publish.c ---- */

/* Puts a unit's document to the grades, or, of one that failed, a document
 * without a score. False, with a sentence on stderr, if that cannot be written.
 */
bool publish(const struct class *class, const struct unit *unit);
/* Says which of the grades are of nothing that is in CLASS. */
void tell_of_others(const struct class *class);

/* ---- class_hosts.c ---- */

/* Reads the list of hosts; ends the process with a sentence if one is odd. */
void read_hosts(struct class *class);
/* Brings the kit and the class to each; says which cannot be used. */
void prepare_hosts(struct class *class);
/* Those that no longer answer are not used any more. */
void check_hosts(struct class *class);
/* Takes the class away from them. */
void leave_hosts(struct class *class);
bool is_this_machine(const struct host *host);
const char *host_name(const struct host *host);

#endif
