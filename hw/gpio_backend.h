/* gpio_backend.h: what a backend of gpio.h is made of. For hw/ alone.
 *
 * A backend speaks of levels: 1 is high, 0 is low, whatever is active. gpio.c
 * turns them into values, and takes the bouncing out.
 */
#ifndef GPIO_BACKEND_H
#define GPIO_BACKEND_H

#include "gpio.h"

struct gpio_backend {
    /* Opens a line, as an output of that level if it is one. Returns the
     * backend's own state, which the other functions get and close frees; null
     * on failure. */
    void *(*open)(const struct gpio_config *config, bool output, int level);
    int (*set)(void *state, int level); /* 0, or -1 on failure */
    int (*get)(void *state);            /* the level; -1 on failure */
    int (*fd)(void *state);             /* of an input, for poll(2) */

    /* The next edge of an input, in which value is the level; returns as
     * gpio_next_edge. It is clean if no contact made it, so none bounces. */
    int (*next_edge)(void *state, struct gpio_edge *edge, bool *clean);
    void (*close)(void *state);

    /* Is the level that an edge tells looked at after the edge? A contact may
     * have bounced back by then. */
    bool looks_late;
};

extern const struct gpio_backend gpio_sim;  /* gpio_sim.c: chip is null */
extern const struct gpio_backend gpio_chip; /* gpio_chip.c: chip is a name */

/* Keeps the words for gpio_error. Returns -1. */
int gpio_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
