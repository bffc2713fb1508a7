/*
 * client.c - connects, sends one line, prints the answer
 *
 *     build/labs/lab01-first-connection/client localhost 5000
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab01` after each. The first test to
 * make pass is client.exchange: it does after TODO 6. Its partner in the test
 * is not your server, so the two need not be ready together.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

/* Returns a socket that is connected to the server.
   TODO 2: ask for the addresses of HOST. getaddrinfo(3): its errors have a
           text of their own, gai_strerror(3)
   TODO 3: try one address after the other. socket(2), connect(2), close(2),
           freeaddrinfo(3) */
static int connect_to(const char *host, const char *port)
{
    (void)host; /* keeps the compiler quiet: goes as you write */
    (void)port;
    errx(1, "not written yet");
}

/* TODO 4: prompt, and read one line. printf(3), fflush(3): why is it needed
           here? getline(3): what does it do at the end of the input?
   TODO 5: send the line, all of it. send(2): what does it return?
   TODO 6: print what comes, until the stream ends. recv(2), fwrite(3): what
           tells the end of the stream from an error? */
static void exchange(int server)
{
    (void)server;
    errx(1, "not written yet");
}

int main(int argc, char **argv)
{
    (void)argc;
    /* TODO 1: two arguments, the second a port from 1 to 65535: anything else
       is a usage error. The server needs the same check: write it once, and
       copy it. strtol(3), exit(3) */
    int server = connect_to(argv[1], argv[2]);
    exchange(server);

    /* TODO 7: what if nothing was answered? And if the server has gone before
       you send? errx(3), signal(7): SIGPIPE
       TODO 8: close(2) */
    return 0;
}
