/* pins.h: where the button and the LED are. The one table of the wiring: the
 * programs, the simulated board and its drawings take it from here.
 *
 * Offsets are those of the GPIO chip, which the Raspberry Pi's papers call BCM
 * numbers; pins are those of its 40-pin header.
 */
#ifndef PINS_H
#define PINS_H

enum {
    LED_OFFSET = 17, /* pin 11; its other end, through 330 ohm, to GND: pin 9 */
    BUTTON_OFFSET = 27 /* pin 13; its other end to GND: pin 14 */
};

#endif
