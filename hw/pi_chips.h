/* pi_chips.h: what the kernel calls the chip that a Raspberry Pi's 40-pin
 * header is on. A Pi has others, too, and their numbers change; labels do not.
 */
#ifndef PI_CHIPS_H
#define PI_CHIPS_H

static const struct {
    const char *label, *boards;
} PI_CHIPS[] = {{"pinctrl-bcm2835", "Raspberry Pi 3, Zero, or older"},
                {"pinctrl-bcm2711", "Raspberry Pi 4"},
                {"pinctrl-rp1", "Raspberry Pi 5"}};

enum { PI_CHIP_COUNT = sizeof PI_CHIPS / sizeof *PI_CHIPS };

#endif
