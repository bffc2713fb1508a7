/*
 * server.c - tells each client the time
 *
 *     build/labs/lab03-time-of-day/server [PORT]
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab03` after each. The first test to
 * make pass is server.listens: it does after TODO 2.
 */
#include <err.h>
#include <stdio.h>

/* One client: it gets the time, and need not say a word.
   TODO 3: the time as a line. time(2), ctime(3): whose memory does it return?
   TODO 4: send it. send(2)
   TODO 5: end the connection. The client may have sent something that you did
           not read: what does close(2) do then, and to which bytes? tcp(7),
           shutdown(2), recv(2)
   TODO 6: the client may also keep its end open, for ever or byte by byte. The
           next one waits for a second at most. poll(2), clock_gettime(2) */
static void serve(int client)
{
    (void)client; /* keeps the compiler quiet: goes as you write */
    errx(1, "not written yet");
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    /* TODO 1: the port, 8888 if none is given. Bring your parse_port and
       listen_on from lab01
       TODO 2: for ever: accept(2) a client, and serve it. Bring what you learnt
       in lab02 about the errors of accept and about SIGPIPE */
    int client = -1;
    serve(client);

    /* TODO 7: the time zone comes from a file. What if no descriptor is left
       when the server first reads it? tzset(3) */
    return 0;
}
