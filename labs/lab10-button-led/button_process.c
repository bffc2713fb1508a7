/*
 * button_process.c - tells led_process over TCP when a button was pressed
 *
 *     build/labs/lab10-button-led/button_process [--chip CHIP]
 *         [--line OFFSET] [--debounce MS] [HOST [PORT]]
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab10` after each. The first test to
 * make pass is button.makes-fifo: it does after TODO 1.
 */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>

#include "gpio.h"       /* the button: gpio_open_input, gpio_next_edge */
#include "net.h"        /* what earlier labs taught */
#include "pins.h"       /* BUTTON_OFFSET */
#include "tcp_client.h" /* your lab 9 library */

/* TODO 3: the callback that is asked what is to be sent: a command, and its
           NUL.
   TODO 4: deliver it. If TCP_Client_Connect returns false: again, after a
           pause, for 2 seconds in all. net_now_ms */

/* Sends the opposite of what the LED is, and returns what it is then.
   TODO 5: and if it could not be delivered? */
static bool toggle(bool on)
{
    return on;
}

int main(int argc, char **argv)
{
    bool on = false;

    (void)argc; /* keeps the compiler quiet: goes as you write */
    (void)argv;
    /* TODO 1: the button. gpio_open_input with .chip = NULL and .fifo: the path
               in BUTTON_FIFO, or /tmp/tcp_file. getenv(3)
       TODO 2: for ever: wait for a press, and toggle. gpio_fd and poll(2);
               gpio_next_edge until it returns 0. What is a press, what is only
               the release?
       TODO 6: SIGINT and SIGTERM remove the FIFO. sigaction(2), unlink(2): from
               when on is it yours?
       TODO 7: the log: .log of struct gpio_config, and a press that was lost.
               syslog(3)
       TODO 8: the options, HOST and PORT. getopt_long(3) */
    on = toggle(on);
    errx(1, "not written yet");
}
