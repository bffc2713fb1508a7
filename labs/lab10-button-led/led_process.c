/*
 * led_process.c - switches an LED as it is told over TCP
 *
 *     build/labs/lab10-button-led/led_process [--chip CHIP] [--line OFFSET]
 *         [PORT]
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab10` after each. The first test to
 * make pass is led.listens: it does after TODO 1.
 */
#include <err.h>
#include <stdio.h>

#include "gpio.h"       /* the LED: gpio_open_output, gpio_set */
#include "net.h"        /* what earlier labs taught */
#include "pins.h"       /* LED_OFFSET */
#include "tcp_server.h" /* your lab 9 library */

/* TODO 2: the callback that is handed a message. Its first `size` bytes are
           what has come: where does the message in them end? Which two are
           commands, and what is everything else?
   TODO 3: the status, for syslog and stderr. openlog(3), syslog(3)
   TODO 4: the callback that is asked whether the message is whole. What ends
           one? And what if the buffer is full?
   TODO 5: the LED itself. gpio_open_output with .chip = NULL is the simulated
           one; .offset, .owner. gpio_set */

int main(int argc, char **argv)
{
    (void)argc; /* keeps the compiler quiet: goes as you write */
    (void)argv;
    /* TODO 1: a server on port 5555: TCP_Server_Init, the ready line. Then for
               ever: TCP_Server_Exec. What do you do where it returns false?
       TODO 6: the second that each client has. timeout_ms
       TODO 7: --chip, --line and PORT. getopt_long(3) */
    errx(1, "not written yet");
}
