/*
 * line_server.c - answers each line with "Echo ==>", the line and a newline
 *
 *     build/labs/lab04-framing/line_server [PORT]
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab04` after each. The first tests are
 * those of echo_server again: start with a copy of it. Leave net_read_line of
 * net.h alone in this lab: it is what you write here.
 */
#include <err.h>
#include <stdio.h>

#include "net.h"

/* TODO 5: a buffer that stays from one recv(2) to the next. Where in it does
           the next recv(2) write, and how many bytes at most?
   TODO 6: answer each line that is whole: there may be none, or a thousand.
           memchr(3), and not strchr(3): why?
   TODO 7: what is left moves to the front. memmove(3), and not memcpy(3): why?
   TODO 8: the stream ends: is anything left?
   TODO 9: more than 65,536 bytes, and no newline among them: "ERR line too
           long\n", and the end. How large is your buffer, then?
           net_close_gracefully */
static void serve(int client)
{
    (void)client; /* keeps the compiler quiet: goes as you write */
    errx(1, "not written yet");
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    /* As in echo_server.c. */
    int client = -1;
    serve(client);

    return 0;
}
