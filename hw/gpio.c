/* gpio.c: gpio.h for any backend: which one a line has, what is active, and
 * when a contact bounces.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "gpio_backend.h"

struct gpio_line {
    const struct gpio_backend *backend;
    void *state; /* the backend's */
    bool output, active_low;
    int64_t debounce_ns;
    int rests_at;     /* the level after the last edge; -1: not known */
    bool taken;       /* has there been an edge? */
    int64_t taken_ns; /* when the last one was that was no bouncing */
};

/* ---- Errors ---- */

static _Thread_local char why[512];

int gpio_fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    return -1;
}

const char *gpio_error(void)
{
    return why;
}

/* ---- Lines ---- */

/* Of a value, and back. */
static int level_of(const struct gpio_line *line, int value)
{
    return (value != 0) != line->active_low;
}

static struct gpio_line *open_line(const struct gpio_config *config,
                                   bool output, int value)
{
    struct gpio_line *line = malloc(sizeof *line);

    if (line == NULL) {
        gpio_fail("no memory for a line");
        return NULL;
    }
    *line = (struct gpio_line){
        .backend = config->chip == NULL ? &gpio_sim : &gpio_chip,
        .output = output,
        .active_low = config->active_low,
        .debounce_ns = config->debounce_ms * INT64_C(1000000)};
    line->state = line->backend->open(config, output, level_of(line, value));
    if (line->state == NULL) {
        free(line);
        return NULL;
    }
    line->rests_at = -1;
    if (!output && line->backend->looks_late)
        line->rests_at = line->backend->get(line->state);
    return line;
}

struct gpio_line *gpio_open_input(const struct gpio_config *config)
{
    return open_line(config, false, 0);
}

struct gpio_line *gpio_open_output(const struct gpio_config *config, int value)
{
    return open_line(config, true, value);
}

int gpio_set(struct gpio_line *line, int value)
{
    if (!line->output)
        return gpio_fail("an input cannot be set");
    return line->backend->set(line->state, level_of(line, value));
}

int gpio_get(struct gpio_line *line)
{
    int level = line->backend->get(line->state);

    return level == -1 ? -1 : level_of(line, level);
}

int gpio_fd(struct gpio_line *line)
{
    if (line->output)
        return gpio_fail("an output has no edges to wait for");
    return line->backend->fd(line->state);
}

void gpio_close(struct gpio_line *line)
{
    if (line == NULL)
        return;
    line->backend->close(line->state);
    free(line);
}

/* ---- Edges ---- */

/* A contact that closes or opens does so several times within a few ms. The
 * first edge counts at once, so nobody waits for a debounce; those of the next
 * ms do not. What counts is when an edge was, not when we come to look at it.
 *
 * The kernel notes when an edge was, but looks at the level a little later. If
 * the contact has bounced back by then, the edge seems to lead to where the
 * line has been all the time: that is none, and the next one tells. What is
 * compared is the last edge, and not the last that counted: the release of a
 * very short press falls among the bouncing, and the next press counts all the
 * same. */
static bool bounces(struct gpio_line *line, const struct gpio_edge *edge)
{
    bool moved = !line->backend->looks_late || edge->value != line->rests_at;

    line->rests_at = edge->value;
    if (!moved ||
        (line->taken && edge->time_ns - line->taken_ns < line->debounce_ns))
        return true;
    line->taken = true;
    line->taken_ns = edge->time_ns;
    return false;
}

int gpio_next_edge(struct gpio_line *line, struct gpio_edge *edge)
{
    bool clean;
    int got;

    if (line->output)
        return gpio_fail("an output has no edges");
    do {
        got = line->backend->next_edge(line->state, edge, &clean);
    } while (got == 1 && !clean && bounces(line, edge));
    if (got == 1)
        edge->value = level_of(line, edge->value);
    return got;
}
