/*
 * server.c - sends each datagram back to its sender in upper case
 *
 *     build/labs/lab07-datagrams/server [PORT]
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab07` after each. The first test to
 * make pass is server.bound: it does after TODO 2.
 */
#include <err.h>
#include <stdio.h>
#include <sys/socket.h>

#include "net.h" /* net_parse_port, net_announce */

/* TODO 3: wait for a datagram. recvfrom(2): how large must your array be, so
           that nothing of the longest one is cut off? Who sent it? What does
           a return value of 0 mean here?
   TODO 4: upper case, as in lab02
   TODO 5: send it back as one datagram. sendto(2): to whom, and how long?
   TODO 6: what if one of the two calls fails? The next client is waiting */
static void serve_next(int server)
{
    (void)server; /* keeps the compiler quiet: goes as you write */
    errx(1, "not written yet");
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    /* TODO 1: the port, 9999 if none is given
       TODO 2: a UDP socket, bound to that port: socket(2), bind(2), udp(7).
       What of lab01's listen_on is not needed here? Which option must not be
       set? Then the ready line */
    int server = -1;
    serve_next(server); /* for ever */
    return 0;
}
