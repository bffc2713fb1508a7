/* inside.h: what the harness's own files share. Suites include harness.h. */
#ifndef INSIDE_H
#define INSIDE_H

#include "harness.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdatomic.h>
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
/* As show_bytes, of which only the first `kept` bytes are still there. */
char *show_start(const void *data, size_t kept, size_t size);
/* "1 byte more", "1,024 bytes more". */
char *count_bytes(size_t n, const char *then);
char *vformat(const char *format, va_list args);
void *need(void *memory); /* the grader is broken if it is null */

/* ---- random.c ---- */
void random_start(uint64_t seed, const char *id);

/* ---- runner.c ---- */

/* How many tests of this run have ended because a program used the processor
 * and got nowhere; in memory that all tests share. */
extern atomic_int *tests_that_spun;

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

/* User ids from here on are the cells', where we may hand out user ids: as root
 * of the machine, but not of a user namespace that knows one user alone. */
enum { CELL_USERS = 0x70000000, MOST_PIDS_EVER = 1 << 22 };
bool may_hand_out_users(void);

/* Puts this process into a private network with loopback up. */
void enter_arena(void);
/* From there into an empty one, where nobody remembers a connection. */
void enter_fresh_arena(void);
bool port_is_free(uint16_t port);

/* ---- cell.c, program.c ---- */

struct program {
    const char *name;
    const char *label;   /* in the conversation: "server", then "server 2" */
    const char *command; /* "server 80x" */
    bool peer, sanitized;
    bool faulted; /* faults.so was loaded into it, */
    bool detour;  /* and at its end is there no more */
    pid_t keeper; /* our child: bwrap, or cell_init itself */
    pid_t init;   /* cell_init, as we see it; 0 until it has said hello */
    pid_t pid;    /* the program, as we see it; 0 until it runs */
    int control, in, out, err;
    bool ended;
    bool stopped;   /* by stop_program: it has no status of its own */
    bool signalled; /* by the test */
    bool looked_at;
    const char *feed; /* what is left of feed_input's */
    size_t feed_size, most_output;
    bool open_stdin, feed_ends; /* and then stdin does */
    bool held;                  /* nobody reads its stdout: hold_output */
    int wait_status;
    struct buffer output, errors;
    struct program *next;
};
extern struct program *all_programs;

/* What cell_init reports on its socket. */
struct cell_message {
    enum {
        CELL_HELLO,
        CELL_STARTED,
        CELL_NOT_STARTED,  /* for a reason that is not the program's */
        CELL_NOT_EXECUTED, /* execve refused it */
        CELL_ENDED
    } kind;
    int value; /* errno, or the wait status */
};

/* "fork.answers" is a test of fork_server: the first word of an id is how the
 * program's name begins. Some ids begin with no program's name. */
bool is_test_of(const char *id, const char *program);
bool belongs_to_program(const char *id);

/* For wait_for: has it ended? */
bool program_ended(void *program);
/* Has it ended, and left nothing in the background? */
bool is_gone(struct program *program);
/* As describe_program, and what it said on stderr. */
char *describe_end(struct program *program);

/* Where the runner found things. */
extern struct config {
    const char *programs; /* folder of the programs under test */
    const char *tools;    /* folder of cell, what cells have of ours */
    const char *lab;
    uint64_t seed;
    bool watched; /* start builds for ThreadSanitizer wherever there are */
} config;

/* The folder in which the program that runs lies: a suite, unit, doctor. */
char *own_folder(void);

/* What a compiler finds in its cell, where paths of the kit lie in /kit. */
struct build {
    const char *recipe;           /* the shell script that it runs there */
    const char *const *kit;       /* paths of the kit, ended by a null */
    const char *folder;           /* holds what was handed in: */
    const char *const *handed_in; /* "LAB/server.c", in the kit below labs/ */
    const char *out, *out_in_kit; /* the folder here that it fills */
    const char *tree; /* where there are no cells: all that, by links */
};
void cell_start(struct program *program, const struct launch *launch);
/* User id of a test's programs; 0: the test's own. */
uid_t cell_user(void);
/* Lays the program, a file here, and what belongs beside it into "bin". */
void fill_bin(const struct launch *launch, const char *program);
/* What follows a program's name in the file of this build of it: ".asan". */
const char *build_suffix(const struct launch *launch);
/* That file. */
char *program_path(const struct launch *launch);

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
/* Has it come once `ms` have passed? Time in which this process had to wait for
 * the processor is not counted. Calls `meanwhile`, if not null, at each look.
 */
bool wait_within(int ms, bool (*done)(void *), void *arg,
                 void (*meanwhile)(void *), void *meanwhile_arg);
double now_ms(void);
/* Reads what programs have written, without waiting. */
void collect_output(void);

/* ---- census.c ---- */

/* A program prints no more than that, unless its launch says so. */
enum { OUTPUT_LIMIT = 4 << 20 };

/* Limits of a program under test. A right program of any lab stays far below.
 * All programs of a test share the processes. */
enum {
    LIMIT_PROCESSES = 600,
    LIMIT_ADDRESSES_MIB =
        2048,               /* AddressSanitizer needs terabytes: not there */
    LIMIT_MEMORY_MIB = 512, /* in use, of all; looked at while they run */
    LIMIT_FILES = 5000,     /* in /tmp: they are memory too */
    LIMIT_CPU_S = 3,
    COMPILER_ADDRESSES_MIB = 1024, /* and of a compiler, a process of it */
    COMPILER_CPU_S = 10
};

/* The start of a small file, such as those in /proc, as a text; -1 and "" if it
 * cannot be read. */
ssize_t read_proc(const char *path, char *text, size_t size);

/* With this status a sanitizer ends a program. */
enum { SANITIZER_STATUS = 86 };

/* What a program's processes, all threads of them, have done so far. Those that
 * have ended are not in it any more. */
struct effort {
    double ran, delayed; /* ms on a processor, and ready but kept waiting */
    bool runnable;       /* one is running, or ready to */
    bool held_up;        /* one is stopped by who traces it, and goes on */
    int threads;
    long processes;    /* their numbers, summed up: other ones, another sum */
    size_t memory_mib; /* of all processes, beyond what each needs anyway */
};
struct effort measure(struct program *program);
/* The processes of a program, as they are numbered in the /proc at `proc`. */
int list_processes(struct program *program, char proc[64], pid_t *pids,
                   int most);

/* ---- verdict.c ---- */

extern int details_fd;
/* Where each test leaves its whole conversation, for the benchmark that replays
 * it without a harness (tests/bench/floor.c); null: nowhere. */
extern const char *record_folder;
void log_event(const char *who, const char *what, const void *data,
               size_t size);
void log_text(const char *who, const char *what, const char *text);
/* For that replay alone, not for people; the others do it too. */
void record(const char *who, const char *what, const void *data, size_t size);
/* An entry of its own, with the number of bytes. */
void log_datagram(const char *who, const char *what, const void *data,
                  size_t size);
/* At the end of a test that passes: what it is to look at. */
void write_looks(void);
/* Fails for a wait that did not end well. */
_Noreturn void fail_waiting(enum waited how, const struct verdict *shown,
                            const char *what_is_missing);
/* For failures that have nothing to do with the test's own subject: what is
 * said in place of its why and hint. */
void advise(const char *why, const char *hint);

/* ---- look.c ---- */

/* For a person to look at, whatever the verdict: a sentence about this test. */
void look_at(const char *sentence, ...) __attribute__((format(printf, 1, 2)));
json_t *looks_json(void); /* those so far */
/* Does the same for what can be seen of a program; once, at its end. */
void look_at_program(struct program *program);
/* Files in a program's /tmp; 0 where that cannot be known. */
unsigned long count_files(const struct program *program);
/* Collects under each sentence the tests that said it, and tells them all:
 * "server printed … (server.upper and 2 tests more)". */
void add_looks(json_t *tests_of, json_t *looks, const char *id);
json_t *tell_looks(json_t *tests_of);

/* ---- compiled.c, symbols.c ---- */

/* Fails the test if there is no executable for it, and says why. */
void require_executable(const struct launch *launch);
/* Fails it if the program goes round what the test is made with: faults, a
 * sanitizer. */
void require_no_detour(const struct launch *launch);
/* Asks, before a program is ended, whether it has got rid of its faults; fails
 * the test, at its end, if one has. */
void look_for_faults(struct program *program);
void require_faults(void);

/* ---- sanitizer.c ---- */

/* What a sanitizer reported of any program, as a sentence, or null. */
const char *sanitizer_report(void);
/* What else was seen of a program that a sanitizer found fault with is chance:
 * only this is shown. */
const struct verdict *sanitizer_verdict(const char *report);
/* At the end of a test whose programs are all watched: fails it for a report.
 */
void require_no_race(void);

/* ---- compare.c ---- */

/* Runs all four pairings of C and Python on the suite's inputs and prints the
 * table. `peers` is the folder of peer_server.py and peer_client.py. Exit
 * status: 0 all equal, 1 they differ, 3 a broken grader. */
int compare_with_peers(const char *peers, uint64_t seed, int jobs);
/* For make trace too: where the peers are, and how one program of a pairing is
 * started. */
void pairing_peers(const char *folder);
struct launch pairing_launch(const struct pairing *input, bool server,
                             bool in_c, const char *port);

/* ---- rules.c ---- */
/* No port at all in plain digits from 0 to 65535; ended by a null. */
extern const char *const bad_ports[];
/* A program that takes wrong arguments for right ones goes to work. For
 * wait_for: has it ended, or does it serve? */
bool refused_or_serving(void *program);
bool is_serving(const struct program *program);
void expect_refusal(struct program *program);
/* Ports at the ends of the range are right ones. In an arena all are free, and
 * nobody listens: a server then serves, a client is refused. */
void expect_taken(const struct launch *launch, uint16_t port, bool is_server);
/* A port that nobody has, nor had. */
uint16_t pick_port(void);
/* Calls that EINTR may interrupt, accept first: the fault, and its words. */
enum { INTERRUPTIONS = 4 };
extern const struct interruption {
    const char *faults, *in_words;
} interruptions[INTERRUPTIONS];
/* A server that is told this port; as start and start_server. */
struct launch server_at(const char *name, const char *port);
struct program *start_at(const char *name, uint16_t port);
struct program *listen_at(const char *name, uint16_t port);
/* A server, and how a client of it is served: over TCP or over UDP. */
struct service {
    const char *name;
    serve_t serve;
    serve_udp_t serve_udp;
};
/* One such client. */
void visit(const struct service *service, struct program *server,
           uint16_t port);

/* ---- conn.c, unix.c ---- */

struct conn {
    int fd;
    struct program *program; /* on the other side */
    const char *name;        /* "client 1", or "server" */
    struct buffer in, sent;
    size_t taken; /* of what came in, by expectations that held */
    bool ended;
    int error;
};

/* Takes what has come, but no more than `most` bytes: who reads more than it
 * was asked for hides a peer that sends without reading. */
void conn_receive(struct conn *conn, size_t most);

/* Take over a connection, a listening socket that waits at `where`. */
struct conn *new_conn(int fd, struct program *program, const char *name);
struct listener *new_listener(int fd, const char *where);
const char *next_client_name(void); /* "client 1" */

/* Do two sockets of one address family listen on the port? */
bool is_shared(uint16_t port);
/* Does the suite talk UDP? Then ports are those of the UDP tables. */
bool talks_udp(void);
/* As listening_port, of TCP in any case. */
uint16_t tcp_port(uint16_t port);

/* ---- udp.c ---- */
/* Sockets of programs under test that are bound to the port (0: any) in
 * one table, /proc/self/net/udp or udp6. `found` becomes such a port. */
int count_udp_ports(const char *path, uint16_t port, uint16_t *found);

void log_start(struct program *program, const struct launch *launch);

#endif
