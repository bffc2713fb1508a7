/*
 * client.c - prints the time that the server tells
 *
 *     build/labs/lab03-time-of-day/client [HOST [PORT]]
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab03` after each. The first test to
 * make pass is client.prints: it does after TODO 3.
 */
#include <err.h>
#include <stdio.h>

/* TODO 2: receive until the stream ends. recv(2): the line may come in any
           number of pieces, so where does the next one go in your buffer, and
           what if that is full?
   TODO 3: print it with one newline, whether one came or not. fwrite(3)
   TODO 4: what if the stream ended before anything came? errx(3) */
static void print_time(int server)
{
    (void)server; /* keeps the compiler quiet: goes as you write */
    errx(1, "not written yet");
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    /* TODO 1: localhost and 8888 where no more is given, and a connection.
       Bring your parse_port and connect_to from lab01 */
    int server = -1;
    print_time(server);

    return 0;
}
