/*
 * client.c - sends a text and prints what comes back
 *
 *     build/labs/lab02-uppercase-echo/client [HOST [PORT [TEXT]]]
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab02` after each. The first test to
 * make pass is client.exchange: it does after TODO 4.
 */
#include <err.h>
#include <stdio.h>

/* TODO 2: send the text. send(2)
   TODO 3: receive until as many bytes have come as were sent. recv(2): how
           many does one call bring? What if the stream ends before?
   TODO 4: print them. fwrite(3), fflush(3)
   TODO 5: a text longer than all the buffers between you and the server: draw
           who waits for whom. Then send and receive in turn, as either can go
           on. poll(2), fcntl(2): O_NONBLOCK, tcp(7) on buffers */
static void exchange(int server, const char *text)
{
    (void)server; /* keeps the compiler quiet: goes as you write */
    (void)text;
    errx(1, "not written yet");
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    /* TODO 1: localhost, 9999 and "original text" where no more is given, and
       a connection. Bring your parse_port and connect_to from lab01 */
    int server = -1;
    exchange(server, "");

    return 0;
}
