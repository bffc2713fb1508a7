/*
 * server.c - takes one message from one client, answers it, and ends
 *
 *     build/labs/lab01-first-connection/server 5000
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab01` after each. The first test to
 * make pass is server.listens: it does after TODO 5. Check every call on the
 * line after it, from the first one on: err(3) says what went wrong.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

/* TODO 1: turn TEXT into a port from 0 to 65535; all else is a usage error.
   strtol(3): look closely at what it takes for a number. exit(3) */
static int parse_port(const char *text)
{
    (void)text; /* keeps the compiler quiet: goes as you write */
    errx(1, "not written yet");
}

/* Returns the socket that clients can connect to.
   TODO 2: make a socket for TCP over IPv4. socket(2), ip(7), tcp(7)
   TODO 3: give it the port, on every address of the machine. bind(2), and
           byteorder(3) for the numbers in the address
   TODO 4: let clients come, and print the ready line. listen(2),
           getsockname(2) for the port really bound, fflush(3) */
static int listen_on(int port)
{
    (void)port;
    errx(1, "not written yet");
}

/* One conversation, from the client's first byte to the goodbye.
   TODO 6: receive, until the message is whole. recv(2): what may it return,
           and does it know of lines?
   TODO 7: print the message. fwrite(3), since a message is bytes
   TODO 8: answer. send(2): what does it return?
   TODO 9: say goodbye, so that the client gets all of the answer even if it
           sent more than you read. shutdown(2), close(2) */
static void converse(int client)
{
    (void)client;
    errx(1, "not written yet");
}

int main(int argc, char **argv)
{
    (void)argc; /* TODO 1, too: is there one argument, and no more? */
    int listener = listen_on(parse_port(argv[1]));

    (void)listener;
    int client = -1; /* TODO 5: wait for the client. accept(2) */
    converse(client);

    /* TODO 10: start it twice, one after the other, on the same port. What
       does the second say, and why? SO_REUSEADDR: setsockopt(2), socket(7)
       TODO 11: what ends it that should not? errno(3), the errors of accept(2)
       one by one; SIGPIPE: signal(7), signal(2) */
    return 0;
}
