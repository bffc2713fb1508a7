/*
 * lookup.c - what a name and a service are in numbers
 *
 *     build/labs/lab05-names/lookup HOST SERVICE
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab05` after each. The first test to
 * make pass is lookup.ipv4: it does after TODO 4.
 */
#include <err.h>
#include <netdb.h>
#include <stdio.h>

#include "net.h"

/* TODO 3: the address and the port, as numbers. getnameinfo(3) writes both; how
           do you know which family it is?
   TODO 4: the class of the port. In which byte order do you compare it?
   TODO 5: the name of the service, if it has one. getnameinfo(3) again: what
           does it write if it has none? */
static void print_address(const struct addrinfo *address)
{
    (void)address; /* keeps the compiler quiet: goes as you write */
    errx(1, "not written yet");
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    /* TODO 1: two arguments, and a SERVICE that may be one. net_parse_port()
       in common/net.h reads a port; when is it not a number that is meant?
       TODO 2: ask for the addresses. getaddrinfo(3): which hints make it give
       both families, and each address once?
       TODO 6: who frees the list? freeaddrinfo(3) */
    struct addrinfo *list = NULL;
    print_address(list);

    return 0;
}
