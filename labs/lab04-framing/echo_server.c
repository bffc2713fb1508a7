/*
 * echo_server.c - sends back what each recv brings, behind "Echo ==>"
 *
 *     build/labs/lab04-framing/echo_server [PORT]
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab04` after each. The first test to
 * make pass is echo_server.listens: it does after TODO 1. net.h has the helpers
 * that you may call from now on: read it first.
 */
#include <err.h>
#include <stdio.h>

#include "net.h"

/* TODO 3: for each recv(2) that returns data: send "Echo ==>" and the data, at
           once. How many bytes are that? net_send_all
   TODO 4: when recv(2) returns 0, or fails, this client is done */
static void serve(int client)
{
    (void)client; /* keeps the compiler quiet: goes as you write */
    errx(1, "not written yet");
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    /* TODO 1: the port, 5050 if none is given, and a socket that listens.
       net_parse_port, net_listen, net_announce
       TODO 2: for ever: net_accept a client, serve it, close(2) it */
    int client = -1;
    serve(client);

    return 0;
}
