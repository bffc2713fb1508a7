/*
 * echo_client.c - sends messages, and takes what one recv brings for the answer
 *
 *     build/labs/lab04-framing/echo_client [HOST [PORT [MESSAGE…]]]
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab04` after each. The first test to
 * make pass is echo_client.prints: it does after TODO 3.
 */
#include <err.h>
#include <stdio.h>

#include "net.h"

/* TODO 2: send the message as it is: no newline, no NUL. net_send_all
   TODO 3: one recv(2), and print what it brought. fwrite(3), fflush(3)
   TODO 4: what if it returns 0, or -1? */
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
    /* TODO 1: localhost, 5050, "Hello world!" and "Again!" where no more is
       given, and a connection. net_parse_port, net_connect, net_reason. Which
       MESSAGE would a server never answer? */
    int server = -1;
    exchange(server, "");

    return 0;
}
