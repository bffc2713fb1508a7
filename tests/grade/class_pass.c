/* class_pass.c: one run of GNU parallel, and what becomes of the units.
 *
 * What a unit says comes back as lines, the last of them marked: which unit it
 * was, and its exit status. A unit without such a line was lost with the
 * machine that ran it. What counts is the document that is there, not that
 * status.
 */
#include "class.h"

#include "inside.h"

#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum { TICK_MS = 1000, PATIENCE_MS = 5000 };

/* GNU parallel, while it runs, and what has come of it. */
static struct {
    pid_t pid;
    int said;
    struct buffer lines, words;
} running;

static struct unit *unit_of(struct class *class, const char *key,
                            const char *lab)
{
    for (int i = 0; i < class->count; i++)
        if (strcmp(class->units[i].key, key) == 0 &&
            strcmp(class->units[i].lab, lab) == 0)
            return &class->units[i];
    return NULL;
}

/* The first line, without the words that will stand before it. */
static char *why_failed(int status, const char *words)
{
    static const char before[] = "grader error: ";
    const char *signal = status > 128 ? strsignal(status - 128) : NULL;
    if (strncmp(words, before, strlen(before)) == 0)
        words += strlen(before);
    if (signal) /* the shell has said so in its own words */
        return format("the grader was killed (%s)", signal);
    if (*words)
        return format("%.*s", (int)strcspn(words, "\n"), words);
    return format("the grader left no result (exit status %d)", status);
}

static void unit_done(struct class *class, const char *mark, const char *words)
{
    char key[256], lab[256];
    int status;
    if (sscanf(mark, "%255s %255s %d", key, lab, &status) != 3)
        return;
    struct unit *unit = unit_of(class, key, lab);
    if (!unit || unit->state != TO_DO)
        return;
    unit->state = unit_state(class, unit, NULL);
    free(unit->said);
    unit->said = NULL;
    if (unit->state == FAILED) {
        unit->said = why_failed(status, words);
        /* If it was killed, what it had started is ours to end. */
        end_children(running.pid);
        require_disk(class);
    }
    progress_done(unit);
}

static void take_line(struct class *class, char *line)
{
    if (*line == PARALLEL_MARK) {
        unit_done(class, line + 1,
                  running.words.data ? running.words.data : "");
        running.words.size = 0;
        buffer_text(&running.words, "");
    } else {
        buffer_text(&running.words, line);
        buffer_text(&running.words, "\n");
    }
}

static void take_lines(struct class *class)
{
    char piece[4096], *end;
    ssize_t n;
    while ((n = read(running.said, piece, sizeof piece)) > 0)
        buffer_add(&running.lines, piece, n);
    char *line = running.lines.data;
    while (line && (end = strchr(line, '\n'))) {
        *end = '\0';
        take_line(class, line);
        line = end + 1;
    }
    if (line) {
        running.lines.size -= line - running.lines.data;
        memmove(running.lines.data, line, running.lines.size + 1);
    }
}

/* ---- A pass ---- */

/* GNU parallel ends its jobs when it is told to; what it leaves, we end. */
static void end_parallel(void)
{
    double deadline = now_ms() + PATIENCE_MS;
    struct pollfd news = {.fd = signals_fd(), .events = POLLIN};
    kill(running.pid, SIGTERM);
    while (waitpid(running.pid, NULL, WNOHANG) == 0 && now_ms() < deadline) {
        poll(&news, 1, 100);
        stop_asked();
    }
    end_children(0);
}

/* Its exit status is how many units failed, which we know. */
static void require_normal_end(const struct class *class, int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) < 255)
        return;
    require_disk(class);
    progress_end();
    errx(3,
         "GNU parallel ended before its work was done (%s; more may be in "
         "%s/.parallel/said). What is graded is kept: the same command goes on "
         "from here",
         WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exit status 255",
         class->options.class);
}

void run_pass(struct class *class, bool alone)
{
    int status = 0;
    bool ended = false;
    running.pid = start_parallel(class, alone, &running.said);
    running.lines.size = running.words.size = 0;
    progress_begin(count_units(class, TO_DO));
    while (!ended && !stop_asked()) {
        struct pollfd news[] = {{.fd = running.said, .events = POLLIN},
                                {.fd = signals_fd(), .events = POLLIN}};
        poll(news, 2, TICK_MS);
        ended = waitpid(running.pid, &status, WNOHANG) == running.pid;
        take_lines(class);
        progress_tick();
    }
    if (ended)
        require_normal_end(class, status);
    else
        end_parallel();
    take_lines(class);
    close(running.said);
    progress_end();
}
