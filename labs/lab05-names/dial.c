/*
 * dial.c - connects to a service by its name, and listens to what it says
 *
 *     build/labs/lab05-names/dial HOST SERVICE
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab05` after each. The first test to
 * make pass is dial.connects: it does after TODO 3.
 */
#include <err.h>
#include <netdb.h>
#include <stdio.h>

#include "net.h"

/* TODO 3: connect to the first address that answers, and say which that was.
           socket(2), connect(2): can a socket be used again after a failure?
   TODO 4: each failure is told on stderr. strerror(3): who may change errno
           before you print it?
   TODO 5: none has answered: what is the last line then? errx(3) */
static int connect_to(const char *host, const struct addrinfo *list)
{
    (void)host; /* keeps the compiler quiet: goes as you write */
    (void)list;
    errx(1, "not written yet");
}

/* TODO 6: print all that comes, until the end of the stream. recv(2), and
           fwrite(3): is what comes a string? */
static void print_stream(int server)
{
    (void)server; /* keeps the compiler quiet: goes as you write */
    errx(1, "not written yet");
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    /* TODO 1: the arguments, as in lookup.c. Which port is none to connect to?
       TODO 2: the addresses, as in lookup.c */
    struct addrinfo *list = NULL;
    int server = connect_to("localhost", list);
    print_stream(server);

    return 0;
}
