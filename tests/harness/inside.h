/* inside.h: what the harness's own files share. Suites include harness.h. */
#ifndef INSIDE_H
#define INSIDE_H

#include "harness.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* ---- text.c ---- */

struct buffer {
    char *data; /* always ended by a NUL beyond size, once anything was added */
    size_t size, room;
};

void buffer_add(struct buffer *buffer, const void *data, size_t size);
void buffer_text(struct buffer *buffer, const char *text);
char *vformat(const char *format, va_list args);
void *need(void *memory); /* the grader is broken if it is null */

/* ---- random.c ---- */
void random_start(uint64_t seed, const char *id);

/* ---- arena.c ---- */

enum isolation {
    ISOLATION_NONE, /* plain processes, kernel-chosen ports */
    ISOLATION_CELL, /* arena and cells */
};

/* Finds out, once for the run, what this machine gives. `why` gets a sentence
 * where it gives none. */
enum isolation isolation_probe(const char **why);
void isolation_set(enum isolation isolation);
enum isolation isolation_now(void);
const char *isolation_name(void); /* "cell" or "none" */

/* Puts this process into a private network with loopback up. */
void enter_arena(void);
bool port_is_free(uint16_t port);

/* ---- cell.c, program.c ---- */

struct program {
    const char *name;
    bool peer, sanitized;
    pid_t keeper; /* our child: bwrap, or cell_init itself */
    pid_t init;   /* cell_init, as we see it; 0 until it has said hello */
    pid_t pid;    /* the program, as we see it; 0 until it runs */
    int control, in, out, err;
    bool ended;
    int wait_status;
    struct buffer output, errors;
    struct program *next;
};
extern struct program *all_programs;

/* What cell_init reports on its socket. */
struct cell_message {
    enum { CELL_HELLO, CELL_STARTED, CELL_NOT_STARTED, CELL_ENDED } kind;
    int value; /* errno, or the wait status */
};

/* Where the runner found things. */
extern struct config {
    const char *programs; /* folder of the programs under test */
    const char *tools;    /* folder of cell_init and faults.so */
    const char *lab;
    uint64_t seed;
} config;

void cell_start(struct program *program, const struct launch *launch);

/* ---- wait.c: the one loop in which the harness waits ---- */

enum waited {
    WAITED_DONE,  /* what was waited for has come */
    WAITED_STUCK, /* it cannot come: all programs ended or sleep for good */
    WAITED_LATE,  /* the deadline passed while programs were still busy */
};

/* Waits until done(arg); looks again whenever `fd` (or -1) has one of the
 * events, a program writes or ends, and every `tick` ms at the latest. */
enum waited wait_for(bool (*done)(void *), void *arg, int fd, short events,
                     int tick);
double now_ms(void);
/* Reads what programs have written, without waiting. */
void collect_output(void);

/* ---- census.c ---- */

/* A number that changes whenever the program's processes run, and whether one
 * of them is running or ready to; false if the program cannot be looked at. */
bool program_pulse(struct program *program, uint64_t *pulse, bool *runnable);
/* "is blocked in recv on descriptor 4", "has ended: exit status 0". */
char *describe_program(struct program *program);

/* ---- verdict.c ---- */

extern int details_fd;
void log_event(const char *who, const char *what, const void *data,
               size_t size);
void log_text(const char *who, const char *what, const char *text);
/* Fails for a wait that did not end well. */
_Noreturn void fail_waiting(enum waited how, const struct verdict *shown,
                            const char *what_is_missing);
void verdict_start(void);

/* ---- compare.c ---- */

/* Runs all four pairings of C and Python on the suite's inputs and prints the
 * table. `peers` is the folder of peer_server.py and peer_client.py. Exit
 * status: 0 all equal, 1 they differ, 3 a broken grader. */
int compare_with_peers(const char *peers, uint64_t seed, int jobs);

/* ---- conn.c ---- */
void log_start(struct program *program, const struct launch *launch);

#endif
