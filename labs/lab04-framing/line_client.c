/*
 * line_client.c - sends lines and prints the answers: a line out, a line back
 *
 *     build/labs/lab04-framing/line_client [HOST [PORT [MESSAGE…]]]
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab04` after each. The first test to
 * make pass is line_client.prints: it does after TODO 11. Start with a copy of
 * echo_client.c, and leave net_read_line of net.h alone in this lab.
 */
#include <err.h>
#include <stdio.h>

#include "net.h"

/* TODO 10: send the message and a newline, in one piece. net_send_all
   TODO 11: receive until there is a newline, and print the line. What came
            behind it is the start of the next answer: keep it. memchr(3)
   TODO 12: what if the stream ends before the newline? */
static void exchange(int server, const char *message)
{
    (void)server; /* keeps the compiler quiet: goes as you write */
    (void)message;
    errx(1, "not written yet");
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    /* As in echo_client.c, but now an empty MESSAGE is a message like any
       other. Which MESSAGE is none?
       TODO 13: "-" as the only MESSAGE: the lines of stdin. getline(3) */
    int server = -1;
    exchange(server, "");

    return 0;
}
