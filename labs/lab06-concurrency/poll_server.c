/*
 * poll_server.c - tells the time, to all clients in one loop
 *
 *     build/labs/lab06-concurrency/poll_server [PORT]
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab06` after each. The first test to
 * make pass is poll.listens: it does after TODO 1.
 */
#include <err.h>
#include <stdio.h>

#include "net.h"

/* What you know of one client. No call may wait for it, so whatever you were
   about to do must be written down here.
   TODO 2: its descriptor; what is still to be sent; is it within a line? */
struct client {
    int fd;
};

/* Does what can be done now, and never waits.
   TODO 4: read what has come, if nothing is waiting to be sent; count lines.
           recv(2) with MSG_DONTWAIT
   TODO 5: send what the connection takes. Short counts and EAGAIN: what is left
           goes when poll says POLLOUT
   TODO 6: when is this client done? */
static void serve(struct client *client)
{
    (void)client; /* keeps the compiler quiet: goes as you write */
    errx(1, "not written yet");
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    /* TODO 1: the port, and listen, as in fork_server.c
       TODO 3: for ever: poll(2) the listener and all clients together, then
       serve those that it names. The listener must not block either: a client
       may have gone before you accept it
       TODO 7: SIGTERM: exit status 0. ppoll(2)
       TODO 8: no descriptors left: the listener stays "ready", and poll does
       not wait. And the time zone */
    struct client client = {.fd = -1};
    serve(&client);
    return 0;
}
