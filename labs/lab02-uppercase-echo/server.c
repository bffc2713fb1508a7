/*
 * server.c - sends back in upper case what each client says
 *
 *     build/labs/lab02-uppercase-echo/server [PORT]
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab02` after each. The first test to
 * make pass is server.listens: it does after TODO 2.
 */
#include <err.h>
#include <stdio.h>

/* One client, until its end of stream.
   TODO 3: receive. recv(2): it has three kinds of return value
   TODO 4: upper case for a to z, and for no other byte. ascii(7), toupper(3):
           what decides which bytes are letters to it?
   TODO 5: send it back, all of it, before you receive again. send(2)
   TODO 6: an error here is one client's affair. warn(3), and on to the next */
static void serve(int client)
{
    (void)client; /* keeps the compiler quiet: goes as you write */
    errx(1, "not written yet");
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    /* TODO 1: the port, 9999 if none is given. Bring your parse_port and
       listen_on from lab01: you wrote them once already
       TODO 2: for ever: accept(2) a client, serve it, close(2) it */
    int client = -1;
    serve(client);

    /* TODO 7: now that the server has a long life, what could end it? A client
       that leaves while you send: signal(7), SIGPIPE. No descriptor left, or
       a client that left the queue: the errors of accept(2). Wait a little
       where trying at once would spin: poll(2) */
    return 0;
}
