/* gpio_chip_v1.c: gpio_chip.h with libgpiod 1.6, as Debian 12 and the Raspberry
 * Pi OS made of it have it.
 */
#include "gpio_chip.h"

#ifdef HAVE_LIBGPIOD
#include <gpiod.h>
#endif

#ifdef GPIOD_LINE_BULK_MAX_LINES /* in version 1 alone */

#include <errno.h>
#include <stdio.h>
#include <string.h>

int chip_describe(const char *path, struct chip *chip)
{
    struct gpiod_chip *opened = gpiod_chip_open(path);

    if (opened == NULL)
        return -1;
    snprintf(chip->path, sizeof chip->path, "%s", path);
    snprintf(chip->label, sizeof chip->label, "%s", gpiod_chip_label(opened));
    chip->lines = gpiod_chip_num_lines(opened);
    gpiod_chip_close(opened);
    return 0;
}

void chip_read_user(const struct chip *chip, unsigned offset,
                    char user[CHIP_WORD])
{
    struct gpiod_chip *opened = gpiod_chip_open(chip->path);
    struct gpiod_line *line =
        opened != NULL ? gpiod_chip_get_line(opened, offset) : NULL;
    const char *name = line != NULL ? gpiod_line_consumer(line) : NULL;

    snprintf(user, CHIP_WORD, "%s", name != NULL ? name : "");
    if (opened != NULL)
        gpiod_chip_close(opened);
}

/* The line is the backend's state; its chip stays open with it. */
void *chip_request(const struct chip *chip, const struct gpio_config *config,
                   bool output, int level)
{
    const struct gpiod_line_request_config request = {
        .consumer = config->owner,
        .request_type = output ? GPIOD_LINE_REQUEST_DIRECTION_OUTPUT
                               : GPIOD_LINE_REQUEST_EVENT_BOTH_EDGES,
        .flags = config->pull_up ? GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP : 0};
    struct gpiod_chip *opened = gpiod_chip_open(chip->path);

    if (opened == NULL)
        return NULL;
    struct gpiod_line *line = gpiod_chip_get_line(opened, config->offset);
    if (line != NULL && gpiod_line_request(line, &request, level) == 0)
        return line;
    int why = errno;
    gpiod_chip_close(opened);
    errno = why;
    return NULL;
}

static int fail(struct gpiod_line *line)
{
    return gpio_fail("line %u: %s", gpiod_line_offset(line), strerror(errno));
}

int chip_set(void *state, int level)
{
    return gpiod_line_set_value(state, level) == -1 ? fail(state) : 0;
}

int chip_get(void *state)
{
    int level = gpiod_line_get_value(state);

    return level == -1 ? fail(state) : level;
}

int chip_fd(void *state)
{
    return gpiod_line_event_get_fd(state);
}

int chip_next_edge(void *state, struct gpio_edge *edge, bool *clean)
{
    const struct timespec at_once = {0};
    struct gpiod_line_event event;

    int got = gpiod_line_event_wait(state, &at_once);
    if (got == 0)
        return 0;
    if (got == -1 || gpiod_line_event_read(state, &event) == -1)
        return fail(state);
    edge->value = event.event_type == GPIOD_LINE_EVENT_RISING_EDGE;
    edge->time_ns = event.ts.tv_sec * INT64_C(1000000000) + event.ts.tv_nsec;
    *clean = false;
    return 1;
}

void chip_close(void *state)
{
    gpiod_chip_close(gpiod_line_get_chip(state));
}

#endif
