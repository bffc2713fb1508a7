/*
 * echo_client.c - sends messages, and takes what one recv brings for the answer
 *
 * Shows what goes wrong with that. The answer may come in two pieces: then this
 * client takes the first for all of it, and the second for the answer to its
 * next message. Mostly it does not happen. line_client.c is the cure.
 *
 *     build/solutions/lab04-framing/echo_client [HOST [PORT [MESSAGE…]]]
 */
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

enum { DEFAULT_PORT = 5050 };

static const char *const default_messages[] = {"Hello world!", "Again!", NULL};

static void usage(void)
{
    fprintf(stderr, "usage: echo_client [HOST [PORT [MESSAGE…]]]\n");
    exit(2);
}

static void exchange(int server, const char *message)
{
    char answer[4096];
    ssize_t got;

    /* No newline, no NUL: where it ends nobody can tell but us. */
    if (net_send_all(server, message, strlen(message)) == -1)
        err(1, "send");
    do {
        got = recv(server, answer, sizeof answer, 0);
    } while (got == -1 && errno == EINTR);
    if (got == -1)
        err(1, "recv");
    if (got == 0)
        errx(1, "recv: end of stream before the answer");

    printf("Received: ");
    fwrite(answer, 1, got, stdout);
    printf("\n");
    if (fflush(stdout) == EOF)
        err(1, "stdout");
}

int main(int argc, char **argv)
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *const *messages =
        argc > 3 ? (const char *const *)argv + 3 : default_messages;
    uint16_t port = DEFAULT_PORT;
    int error;

    if (argc > 2 && !net_parse_port(argv[2], 1, &port))
        usage();
    /* Nothing sent means nothing to answer: we would wait for ever. */
    for (int i = 0; messages[i] != NULL; i++)
        if (messages[i][0] == '\0')
            usage();

    int server = net_connect(host, port, &error);
    if (server == -1)
        errx(1, "%s: %s", host, net_reason(error));
    for (int i = 0; messages[i] != NULL; i++)
        exchange(server, messages[i]);
    close(server);
    return 0;
}
