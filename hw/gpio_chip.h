/* gpio_chip.h: what gpio_chip.c needs of libgpiod, whose versions 1 and 2 have
 * not one function in common. For hw/ alone.
 *
 * gpio_chip_v1.c and gpio_chip_v2.c are this for one version each, and nothing
 * for the other.
 */
#ifndef GPIO_CHIP_H
#define GPIO_CHIP_H

#include "gpio_backend.h"

enum { CHIP_WORD = 32 }; /* the kernel's labels and names, with their NUL */

struct chip {
    char path[256];
    char label[CHIP_WORD];
    unsigned lines;
};

/* Reads what the chip at that path says of itself. Returns 0, or -1 and errno:
 * ENOTTY or ENODEV where no chip is. */
int chip_describe(const char *path, struct chip *chip);

/* Who has a line; "" if that is not known. */
void chip_read_user(const struct chip *chip, unsigned offset,
                    char user[CHIP_WORD]);

/* Takes a line: an input with its edges, or an output of that level. Null and
 * errno on failure: EBUSY where somebody has it. */
void *chip_request(const struct chip *chip, const struct gpio_config *config,
                   bool output, int level);

/* As those of struct gpio_backend. */
int chip_set(void *state, int level);
int chip_get(void *state);
int chip_fd(void *state);
int chip_next_edge(void *state, struct gpio_edge *edge, bool *clean);
void chip_close(void *state);

#endif
