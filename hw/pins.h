/* pins.h: where the button and the LED are. The one table of the wiring: the
 * programs, the simulated board and all drawings take it from here.
 *
 * Offsets are those of the GPIO chip, which the Raspberry Pi's papers call BCM
 * numbers; pins are those of its 40-pin header, the same on Pi 3, 4 and 5.
 */
#ifndef PINS_H
#define PINS_H

enum {
    /* The LED stands with its long leg towards the pin; from its short leg a
       resistor leads to ground, or more would flow than a pin can bear. */
    LED_OFFSET = 17,
    LED_PIN = 11,
    LED_GROUND_PIN = 9,
    LED_OHM = 330,

    /* The button connects the pin with ground. It needs no resistor: the chip
       has one to 3.3 V of its own, which the program switches on. */
    BUTTON_OFFSET = 27,
    BUTTON_PIN = 13,
    BUTTON_GROUND_PIN = 14
};

#endif
