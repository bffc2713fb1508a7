/* lab10.h: what the files of this suite share. */
#ifndef LAB10_H
#define LAB10_H

#include "harness.h"

enum { PORT = 5555 };

/* ---- led_process; the test is its client ---- */

/* Starts it as it is run without arguments, and waits until it listens. What is
 * set in `more`, which may be null, counts too. */
struct program *start_led(const struct launch *more);
struct conn *dial_led(struct program *led);

/* A connection of its own for a message, up to the end of the connection. */
void tell(struct program *led, const void *message, size_t size);
/* A command and its NUL. */
void tell_on(struct program *led);
void tell_off(struct program *led);

/* Waits for the next "LED Status: …" on stderr, which shall be this one. */
void expect_status(struct program *led, const char *status);

/* ---- The syslog daemon of this test; programs start with .syslog ---- */

void open_syslog(void);
/* Waits for a record with these words, or for any if they are null, and returns
 * it, beginning with its ident. */
char *wait_syslog(const char *words);

/* ---- button_process; the test is the LED's server ---- */

/* As it is run without arguments, with BUTTON_FIFO leading to FIFO in the
 * shared folder. Waits until it can be pressed. */
#define FIFO "button"
struct program *start_button(const struct launch *more);
/* The same, whatever the environment says, for a FIFO of this name. */
void wait_fifo(struct program *button, const char *name);
void expect_fifo_gone(struct program *button, const char *name,
                      const char *when);

/* A writer to the FIFO, and what it writes: lines, as they are. */
int open_writer(struct program *button);
void write_lines(int writer, const void *lines, size_t size);
/* A writer that comes, writes and goes. press is one that writes "0". */
void write_once(struct program *button, const char *lines);
void press(struct program *button);
/* As many lines, "0" each, as a text. */
char *presses(int count);

struct listener *listen_as_led(void);
/* Waits for the next connection, which shall bring this command and its NUL and
 * nothing else. */
void expect_command(struct listener *led, struct program *button,
                    const char *command);
/* Of a connection that is there already. */
void expect_command_over(struct conn *conn, const char *command);
/* Fails if it has sent something more when it has come to rest. */
void expect_no_command(struct listener *led, struct program *button,
                       const char *when);
/* Presses, and expects that. */
void press_for(struct listener *led, struct program *button,
               const char *command);

/* Waits until there is more on stderr than `size` bytes. `what` is it that
 * should be logged? */
void wait_logged(struct program *program, size_t size, const char *what);
size_t logged_size(struct program *program);

/* Some times the contract gives a program at least. On a busy machine they may
 * be over before the test has had the processor for a part of them: then it is
 * no fair try, and says nothing. It is tried again, this often, until that many
 * tries were fair. Milliseconds since any moment, by the clock. */
enum { TRIES = 10, FAIR_TRIES = 2 };
double clock_ms(void);

/* ---- Stand-ins (standin.c) beside launch_processes and kill_process.sh ----
 */

struct actor {
    struct conn *conn;
    const char *name; /* "led_process" */
    int pid;          /* in its cell */
    const char *deaf; /* signals that it was born without: " SIGTERM" or "" */
};

struct listener *listen_to_actors(void);
/* Waits for the next one to say who it is; false if nobody comes. */
bool meet_actor(struct listener *listener, struct program *program,
                struct actor *actor);
/* From now on it does not end at a signal. */
void make_stay(const struct actor *actor);
/* Gives it an order: "exit 3", "die", "start NAME", "go". */
void order(const struct actor *actor, const char *words);
/* Waits until it says that it got this signal. `after` what? */
void expect_signal(const struct actor *actor, const char *signal,
                   const char *after);
/* Is it still there, and has it got no signal? */
bool is_untouched(const struct actor *actor);

#endif
