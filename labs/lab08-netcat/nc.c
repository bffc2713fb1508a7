/*
 * nc.c - netcat: standard input to a socket, the socket to standard output
 *
 *     build/labs/lab08-netcat/nc [-v] HOST PORT
 *     build/labs/lab08-netcat/nc -l [-v] PORT
 *     build/labs/lab08-netcat/nc -U [-v] PATH
 *     build/labs/lab08-netcat/nc -lU [-v] PATH
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab08` after each. The first test to
 * make pass is client.connects: it does after TODO 2.
 */
#include <err.h>
#include <stdio.h>

#include "net.h" /* what labs 1 to 3 taught: net_connect, net_listen, ... */

/* One direction: from where to where, the bytes that were read and are not yet
   written, and whether its end has come.
   TODO 4: what else belongs in here, so that a write may take a part of the
           bytes and the rest goes out later? */
struct flow {
    int from, to;
};

/* TODO 5: read into the buffer. read(2): more than 0, 0 or -1, and which of the
           errors are none?
   TODO 6: write what the buffer holds. Not all may go. write(2), send(2)
   TODO 7: pass the end on to the other side, but of this direction alone.
           shutdown(2) */

/* TODO 8: for as long as one of the two directions goes on: what does each wait
           for, on which descriptor? poll(2) both; then let each that may go on
           do one step. What must poll not be asked? */
static void exchange(int peer)
{
    struct flow out = {.to = peer}, in = {.from = peer};

    (void)out; /* keeps the compiler quiet: goes as you write */
    (void)in;
    errx(1, "not written yet");
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    /* TODO 1: the options -l, -U and -v in any order, then HOST and PORT, PORT
               or PATH; and what is wrong with them. getopt(3)
       TODO 2: HOST and PORT: a connection. net_connect
       TODO 3: -l: one connection, and no second one. net_listen, net_accept
       TODO 9: -U: the same with a path. unix(7): what if it is too long? With
               -l: what if something is there already, and who removes it at the
               end, at SIGINT, at SIGTERM?
       TODO 10: -v: what happens, on stderr. getpeername(2), getservbyport(3) */
    int peer = -1;
    exchange(peer);

    return 0;
}
