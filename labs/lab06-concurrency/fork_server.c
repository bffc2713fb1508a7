/*
 * fork_server.c - tells the time, with a process for each client
 *
 *     build/labs/lab06-concurrency/fork_server [PORT]
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab06` after each. The first test to
 * make pass is fork.listens: it does after TODO 1.
 */
#include <err.h>
#include <stdio.h>

#include "net.h"

/* One client, in the child: blocking calls, as in the labs before.
   TODO 3: "It is now: ", the time, a newline. ctime_r(3), net_send_all
   TODO 4: the same for each line that comes, until the end of the stream.
           recv(2): where do lines end, and what if the last one does not? */
static void serve(int client)
{
    (void)client; /* keeps the compiler quiet: goes as you write */
    errx(1, "not written yet");
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    /* TODO 1: the port, 5155 if none is given. net_parse_port, net_listen,
       net_announce
       TODO 2: for ever: accept a client, fork(2) a child that serves it and
       ends. Which of the two closes which descriptor?
       TODO 5: reap the children, all of them, and at once. sigaction(2),
       waitpid(2): how many children may one SIGCHLD stand for?
       TODO 6: SIGTERM ends the children too, then this process with status 0.
       kill(2), ppoll(2): what if the signal comes just before you wait?
       TODO 7: no descriptors left. And the time zone: tzset(3) */
    int client = -1;
    serve(client);
    return 0;
}
