/*
 * client.c - asks server.c for a text in upper case, up to three times
 *
 *     build/labs/lab07-datagrams/client [HOST [PORT [TEXT]]]
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab07` after each. The first test to
 * make pass is client.exchange: it does after TODO 4.
 */
#include <err.h>
#include <stdio.h>
#include <sys/socket.h>

#include "net.h" /* net_parse_port, net_reason, net_wait */

/* TODO 3: send TEXT as one datagram, and receive the answer. send(2), recv(2)
   TODO 5: no answer within 500 ms: send again, three tries in all, then
           `client: no answer`. net_wait waits until a deadline
   TODO 6: what if the port is refused? Which call tells you, and when? */
static void ask(int server, const char *text)
{
    (void)server; /* keeps the compiler quiet: goes as you write */
    (void)text;
    errx(1, "not written yet");
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    /* TODO 1: localhost, 9999 and `original text` where no more is given; a
       TEXT that is too long for a datagram is a usage error
       TODO 2: a UDP socket, connected to the server: getaddrinfo(3),
       connect(2). What does connect send?
       TODO 4: print the answer. fwrite(3)
       TODO 7: a name may have several addresses, and the first may refuse */
    int server = -1;
    ask(server, "original text");
    return 0;
}
