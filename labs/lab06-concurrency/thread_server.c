/*
 * thread_server.c - tells the time, with a thread for each client
 *
 *     build/labs/lab06-concurrency/thread_server [PORT]
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab06` after each. The first test to
 * make pass is thread.listens: it does after TODO 1.
 */
#include <err.h>
#include <stddef.h>
#include <stdio.h>

#include "net.h"

/* TODO 3: one client, as in fork_server.c, but all that you call must be safe
           in many threads at once. ctime(3), its section ATTRIBUTES
   TODO 4: who closes the connection? */
static void *run(void *argument)
{
    (void)argument; /* keeps the compiler quiet: goes as you write */
    errx(1, "not written yet");
    return NULL;
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    /* TODO 1: the port, and listen, as in fork_server.c
       TODO 2: for ever: accept a client, and start a thread for it.
       pthread_create(3): the variable `client` is one, the threads are many,
       and one may start late. What do you pass?
       TODO 5: an ended thread keeps its stack until somebody joins it.
       pthread_detach(3)
       TODO 6: SIGTERM: exit status 0, whatever the threads wait for.
       pthread_sigmask(3): in which thread does the handler run?
       TODO 7: no descriptors left, no thread to be had. And the time zone */
    run(NULL);
    return 0;
}
