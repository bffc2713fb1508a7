/* trace.h: a recording of one run, for make trace: what programs called, by
 * strace, and what passed on the wire. tests/trace/draw.py draws it; what lies
 * in its folder is told in tests/README.md. */
#ifndef TRACE_H
#define TRACE_H

#include "cable.h"
#include "inside.h"

/* What is to be recorded. Without a folder nothing is. */
struct trace {
    const char *folder;
    bool is_test; /* the other side is the test itself */
    int pair;     /* of the suite's pairings, from 1 */
    bool server_in_python, client_in_python;
    const char *server_command, *client_command, *input; /* not of a lab */
    uint16_t port;                                       /* of that server */
    struct link_settings link;
};
extern struct trace trace;

/* The number that an argument is to be: else a sentence, and exit status 2. */
long number_in(const char *name, const char *text, long least, long most);

/* Options of the command line, as text; null: not given. Ends the process with
 * status 2 and a sentence where one is wrong. */
struct trace_words {
    const char *folder, *pair, *server, *client, *port, *input, *delay, *loss,
        *rcvbuf, *test, *peers;
};
void trace_read_options(const struct trace_words *words);

/* Before the first test: is strace here, and a folder to write to? */
bool trace_prepare(void);

/* In the test's process, once it is in its network; and when all is over. */
void trace_begin(void);
void trace_end(void);
/* With a link between server and client, or without? Not known before. */
bool trace_has_link(void);
/* Nothing more comes that no program does: packets on their way, or sent again.
 */
bool trace_is_busy(void);

/* For people: a sentence beside the picture. */
void trace_note(const char *sentence, ...)
    __attribute__((format(printf, 1, 2)));

/* Of the conversation. */
void trace_event(const char *who, const char *what, const void *data,
                 size_t size);

/* The socket of one that the conversation names. */
void trace_port(const char *who, int fd);

/* Once all is over: puts the outcome into the recording. False if there is
 * none, which it has said. */
bool trace_finish(json_t *document);

/* Of a recorded program in state "t": has a signal stopped it? */
bool trace_shows_stop(const struct program *program);

/* ---- For cell.c ---- */

/* What a program's command begins with; null: nothing. */
const char *const *trace_command(struct program *program,
                                 const struct launch *launch);
/* In the program's process. */
void trace_go_to_side(const struct launch *launch);
/* Its /etc/hosts, if that is not the cells' one. */
const char *trace_hosts_file(void);

/* ---- trace_json.c ---- */

struct recorded {
    struct program *program;
    struct launch launch;
    char *calls; /* file of its calls; null: not recorded */
    struct buffer input;
    struct recorded *next;
};
/* Of a shell's command. */
char *first_word(const char *command);
bool is_python(const struct recorded *recorded);
json_t *recorded_json(const struct recorded *recorded, bool has_link);

/* ---- trace_pair.c ---- */

/* Runs a pairing of the lab, or two commands; prints nothing. Returns the
 * document of the one test that did. */
json_t *trace_run_pair(uint64_t seed);

#endif
