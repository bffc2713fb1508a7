/* gpio.h: single lines of a GPIO chip: a button to wait for, an LED to set.
 *
 * A line is opened as an input or an output, used, and closed. Values are what
 * they mean, not voltages: 1 is active, which with .active_low is the low
 * level, as of a button that connects a pulled-up pin to ground.
 *
 * The backend is chosen when a line is opened, by its chip:
 *   null      the simulated board (gpio_sim.c). The button is a FIFO, in
 *             which each line "0" is one press; where the environment has
 *             GPIO_BOARD, the path of the board's socket, the button and the
 *             LED of that board also (board/README.md).
 *   a name    a GPIO character device: its path or name, or the chip's label;
 *             "raspberry-pi" is whichever of a Pi's chips is there.
 *
 * Where a function fails, gpio_error says why, in one sentence.
 */
#ifndef GPIO_H
#define GPIO_H

#include <stdbool.h>
#include <stdint.h>

struct gpio_config {
    const char *chip;  /* null: simulated; see above */
    unsigned offset;   /* of the line in its chip */
    const char *owner; /* who has it, in one word: "button_process" */
    bool active_low;   /* 1 is the low level */
    bool pull_up;      /* inputs: the pin's resistor to 3.3 V is switched on */
    int debounce_ms;   /* inputs: after an edge, others of these ms are not
                          edges but the contact's bouncing; 0: none is */
    const char *fifo;  /* simulated inputs: path of the FIFO; null: no FIFO */
    void (*log)(const char *line); /* what is worth a line in a log; or null */
};

/* What happened on an input. */
struct gpio_edge {
    int value;       /* 1: it became active, 0: inactive */
    int64_t time_ns; /* CLOCK_MONOTONIC */
};

struct gpio_line;

/* Opens a line. The caller closes it with gpio_close; the strings of the config
 * need to live until then. Null on failure, and nothing is left open: a chip or
 * line that is not there, a line in use, no permission; a FIFO's path where
 * something else stands. */
struct gpio_line *gpio_open_input(const struct gpio_config *config);
/* As an output, which is set to value at once. */
struct gpio_line *gpio_open_output(const struct gpio_config *config, int value);

/* Sets an output. Returns 0, or -1 on failure. */
int gpio_set(struct gpio_line *line, int value);

/* The value now, of an input or an output; -1 on failure. */
int gpio_get(struct gpio_line *line);

/* A descriptor that poll(2) calls readable when gpio_next_edge has something to
 * do. It stays the line's, and is for poll alone. */
int gpio_fd(struct gpio_line *line);

/* Takes the next edge of an input, without waiting: 1 an edge, 0 none is there,
 * -1 failure. */
int gpio_next_edge(struct gpio_line *line, struct gpio_edge *edge);

/* Gives the line back, and removes what opening it made. Null is nothing. */
void gpio_close(struct gpio_line *line);

/* Why the last function of this thread failed. The text is overwritten by the
 * next failure. */
const char *gpio_error(void);

#endif
