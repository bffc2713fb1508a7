/*
 * client.c - sends a text to server.c and prints what comes back
 *
 * Shows why a client must read while it writes. The server sends at once what
 * it has; were we to write the whole text first, then with a long one both
 * sides' buffers would fill, and each would wait for the other for ever.
 *
 *     build/solutions/lab02-uppercase-echo/client [HOST [PORT [TEXT]]]
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The port, or -1. strtol alone would take " 80", "+80" and "80x" too; what
   is too large for it becomes LONG_MAX, which is no port either. */
static int parse_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    long port = strtol(text, NULL, 10);

    if (digits == 0 || text[digits] != '\0' || port > 65535)
        return -1;
    return port;
}

static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    int server = -1, reason = 0;

    int failure = getaddrinfo(host, port, &hints, &list);
    if (failure == EAI_SYSTEM)
        err(1, "%s", host);
    if (failure != 0)
        errx(1, "%s: %s", host, gai_strerror(failure));

    /* A name may have several addresses, and the server may be at any one. */
    for (struct addrinfo *a = list; a != NULL && server == -1; a = a->ai_next) {
        server = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (server == -1)
            err(1, "socket");
        if (connect(server, a->ai_addr, a->ai_addrlen) == -1) {
            reason = errno; /* close may change errno */
            close(server);
            server = -1;
        }
    }
    freeaddrinfo(list);
    if (server == -1) {
        errno = reason;
        err(1, "%s", host);
    }
    return server;
}

/* "Not now" is no failure: poll will say when. */
static bool try_later(void)
{
    return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
}

/* Send TEXT and fill REPLY, both of SIZE bytes, at the same time. */
static void exchange(int server, const char *text, char *reply, size_t size)
{
    size_t sent = 0, received = 0;
    struct pollfd link = {.fd = server};

    /* A blocking send would take the whole text before it returns. */
    if (fcntl(server, F_SETFL, O_NONBLOCK) == -1)
        err(1, "fcntl");

    while (received < size) {
        link.events = sent < size ? POLLIN | POLLOUT : POLLIN;
        if (poll(&link, 1, -1) == -1 && errno != EINTR)
            err(1, "poll");

        ssize_t n = recv(server, reply + received, size - received, 0);
        if (n == 0)
            errx(1, "server: ended after %zu of %zu bytes", received, size);
        if (n == -1 && !try_later())
            err(1, "recv");
        if (n > 0)
            received += n;

        if (sent == size)
            continue;
        n = send(server, text + sent, size - sent, 0);
        if (n == -1 && !try_later())
            err(1, "send");
        if (n > 0)
            sent += n;
    }
}

int main(int argc, char **argv)
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *port = argc > 2 ? argv[2] : "9999";
    const char *text = argc > 3 ? argv[3] : "original text";
    size_t size = strlen(text);

    if (argc > 4 || parse_port(port) < 1) {
        fprintf(stderr, "usage: client [HOST [PORT [TEXT]]]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* a server that has gone: an error of send */
    char *reply = malloc(size + 1); /* + 1: malloc(0) may return NULL */
    if (reply == NULL)
        err(1, "malloc");

    int server = connect_to(host, port);
    exchange(server, text, reply, size);
    close(server);

    printf("Received ");
    fwrite(reply, 1, size, stdout);
    printf("\n");
    if (fflush(stdout) == EOF || ferror(stdout))
        err(1, "stdout");
    free(reply);
    return 0;
}
