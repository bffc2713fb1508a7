/* hw_test.h: what the tests of hw/ have in common. Its code is in
 * hw_support_test.c. */
#ifndef HW_TEST_H
#define HW_TEST_H

#include "common_test.h"
#include "inside.h"
#include "kit.h"

#include "gpio.h"
#include "pins.h"

/* ---- Processes ----------------------------------------------------------- */

/* Starts a program, which ends with this test at the latest. `out`, where it is
 * not null, becomes a descriptor that reads what it prints on stdout and
 * stderr. */
pid_t start_process(char *const argv[], int *out);

/* Waits for its end. Returns its exit status, or 128 + the signal. */
int await_end(pid_t pid);

/* Sends the signal, and waits for the end. */
int end_process(pid_t pid, int number);

/* Ends those who are our children; theirs are ours then. Returns how many. */
int kill_children(void);

/* All that is printed up to the end. */
char *read_all(int fd);

/* ---- Boards, and those who talk to them ---------------------------------- */

/* The board's program, and the tap. */
char *board_program(void);
char *tap_library(void);

/* A board that listens at that path; options up to a null, or null. */
pid_t start_board(const char *path, const char *const options[]);

/* One that accepts a claim, and then says these lines. Returns its path. */
const char *pretend_board(const char *lines);

struct talker {
    int fd;
    struct net_reader reader;
    char buffer[2048];
};

struct talker *talk_to(const char *path);
void leave_board(struct talker *talker);

/* Says a line; the newline is added. */
void tell_board(struct talker *talker, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The next line; null at the end of the connection. It fails the test where
 * nothing comes. */
char *hear(struct talker *talker);

void expect_heard(struct talker *talker, const char *line);

/* Says a line and expects that answer. */
void expect_answer(struct talker *talker, const char *line, const char *answer);

/* Hears an edge: its line and level must be these. Returns its time. */
int64_t expect_edge(struct talker *talker, int offset, int level);

/* ---- Boards of most tests ------------------------------------------------ */

extern char *board_path; /* of the board that begin_board has started */

pid_t begin_board(const char *const options[]);

/* One who has said hello; one who watches, and has heard of the state that
 * there is. */
struct talker *named(const char *name);
struct talker *watcher(void);

#endif
