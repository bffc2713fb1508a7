/* gpio_chip.c: the backend for the character device of a GPIO chip. */
#include <stddef.h>

#include "gpio_backend.h"

static void *chip_open(const struct gpio_config *config, bool output, int level)
{
    (void)output;
    (void)level;
    gpio_fail("%s: this program was built without libgpiod, so it knows the "
              "simulated board only",
              config->chip);
    return NULL;
}

/* A line that is never open needs no more. */
const struct gpio_backend gpio_chip = {.open = chip_open};
