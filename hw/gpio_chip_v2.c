/* gpio_chip_v2.c: gpio_chip.h with libgpiod 2, as Debian 13 and the Raspberry
 * Pi OS made of it have it.
 */
#include "gpio_chip.h"

#ifdef HAVE_LIBGPIOD
#include <gpiod.h>
#endif

#if defined HAVE_LIBGPIOD && !defined GPIOD_LINE_BULK_MAX_LINES

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Edges that the kernel keeps for us. When there are more it forgets the
   oldest, and the first of a press is the one that counts. */
enum { KEPT_EDGES = 256 };

struct chip_line {
    struct gpiod_line_request *request;
    struct gpiod_edge_event_buffer *edges; /* place for one */
    unsigned offset;
};

int chip_describe(const char *path, struct chip *chip)
{
    struct gpiod_chip *opened = gpiod_chip_open(path);
    struct gpiod_chip_info *info =
        opened != NULL ? gpiod_chip_get_info(opened) : NULL;
    int why = errno;

    if (info != NULL) {
        snprintf(chip->path, sizeof chip->path, "%s", path);
        snprintf(chip->label, sizeof chip->label, "%s",
                 gpiod_chip_info_get_label(info));
        chip->lines = (unsigned)gpiod_chip_info_get_num_lines(info);
        gpiod_chip_info_free(info);
    }
    if (opened != NULL)
        gpiod_chip_close(opened);
    errno = why;
    return info != NULL ? 0 : -1;
}

void chip_read_user(const struct chip *chip, unsigned offset,
                    char user[CHIP_WORD])
{
    struct gpiod_chip *opened = gpiod_chip_open(chip->path);
    struct gpiod_line_info *info =
        opened != NULL ? gpiod_chip_get_line_info(opened, offset) : NULL;
    const char *name = info != NULL ? gpiod_line_info_get_consumer(info) : NULL;

    snprintf(user, CHIP_WORD, "%s", name != NULL ? name : "");
    if (info != NULL)
        gpiod_line_info_free(info);
    if (opened != NULL)
        gpiod_chip_close(opened);
}

/* ---- To take a line ---- */

static enum gpiod_line_value value_of(int level)
{
    return level ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
}

static int set_up(struct gpiod_line_config *lines,
                  struct gpiod_line_settings *settings,
                  const struct gpio_config *config, bool output, int level)
{
    if (output) {
        gpiod_line_settings_set_direction(settings,
                                          GPIOD_LINE_DIRECTION_OUTPUT);
        gpiod_line_settings_set_output_value(settings, value_of(level));
    } else {
        gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_INPUT);
        gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_BOTH);
    }
    if (config->pull_up)
        gpiod_line_settings_set_bias(settings, GPIOD_LINE_BIAS_PULL_UP);
    return gpiod_line_config_add_line_settings(lines, &config->offset, 1,
                                               settings);
}

static struct gpiod_line_request *ask(struct gpiod_chip *chip,
                                      const struct gpio_config *config,
                                      bool output, int level)
{
    struct gpiod_line_settings *settings = gpiod_line_settings_new();
    struct gpiod_line_config *lines = gpiod_line_config_new();
    struct gpiod_request_config *request = gpiod_request_config_new();
    struct gpiod_line_request *taken = NULL;

    if (settings != NULL && lines != NULL && request != NULL &&
        set_up(lines, settings, config, output, level) == 0) {
        gpiod_request_config_set_consumer(request, config->owner);
        gpiod_request_config_set_event_buffer_size(request, KEPT_EDGES);
        taken = gpiod_chip_request_lines(chip, request, lines);
    }
    int why = errno;
    gpiod_request_config_free(request);
    gpiod_line_config_free(lines);
    gpiod_line_settings_free(settings);
    errno = why;
    return taken;
}

static void release(struct chip_line *line)
{
    if (line->edges != NULL)
        gpiod_edge_event_buffer_free(line->edges);
    if (line->request != NULL)
        gpiod_line_request_release(line->request);
    free(line);
}

void *chip_request(const struct chip *chip, const struct gpio_config *config,
                   bool output, int level)
{
    struct chip_line *line = calloc(1, sizeof *line);
    struct gpiod_chip *opened = gpiod_chip_open(chip->path);

    if (line != NULL && opened != NULL) {
        line->offset = config->offset;
        line->edges = gpiod_edge_event_buffer_new(1);
        line->request = ask(opened, config, output, level);
    }
    int why = errno;
    if (opened != NULL)
        gpiod_chip_close(opened); /* the line does not need it */
    if (line != NULL && (line->edges == NULL || line->request == NULL)) {
        release(line);
        line = NULL;
    }
    errno = why;
    return line;
}

/* ---- A line that is taken ---- */

static int fail(const struct chip_line *line)
{
    return gpio_fail("line %u: %s", line->offset, strerror(errno));
}

int chip_set(void *state, int level)
{
    struct chip_line *line = state;

    if (gpiod_line_request_set_value(line->request, line->offset,
                                     value_of(level)) == -1)
        return fail(line);
    return 0;
}

int chip_get(void *state)
{
    struct chip_line *line = state;
    enum gpiod_line_value value =
        gpiod_line_request_get_value(line->request, line->offset);

    if (value == GPIOD_LINE_VALUE_ERROR)
        return fail(line);
    return value == GPIOD_LINE_VALUE_ACTIVE;
}

int chip_fd(void *state)
{
    struct chip_line *line = state;

    return gpiod_line_request_get_fd(line->request);
}

int chip_next_edge(void *state, struct gpio_edge *edge, bool *clean)
{
    struct chip_line *line = state;

    int got = gpiod_line_request_wait_edge_events(line->request, 0);
    if (got == 0)
        return 0;
    if (got == -1 ||
        gpiod_line_request_read_edge_events(line->request, line->edges, 1) != 1)
        return fail(line);
    struct gpiod_edge_event *event =
        gpiod_edge_event_buffer_get_event(line->edges, 0);
    edge->value =
        gpiod_edge_event_get_event_type(event) == GPIOD_EDGE_EVENT_RISING_EDGE;
    edge->time_ns = (int64_t)gpiod_edge_event_get_timestamp_ns(event);
    *clean = false;
    return 1;
}

void chip_close(void *state)
{
    release(state);
}

#endif
