/*
 * server.c - sends back in upper case what each client says
 *
 * Shows the loop of an iterative server: one client after the other, each
 * until its end of stream, and none of them can end the server.
 *
 *     build/solutions/lab02-uppercase-echo/server [PORT]
 *     printf 'hello\n' | nc -N localhost 9999
 */
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DEFAULT_PORT = 9999, PAUSE_MS = 100 };

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

static int listen_on(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr.s_addr = htonl(INADDR_ANY)};
    socklen_t size = sizeof address;
    int on = 1;

    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener == -1)
        err(1, "socket");
    /* The last run's connections hold the port for a minute after their end;
       this option lets the next run have it at once. */
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
        err(1, "setsockopt");
    if (bind(listener, (struct sockaddr *)&address, size) == -1)
        err(1, "bind");
    if (listen(listener, SOMAXCONN) == -1)
        err(1, "listen");

    /* For port 0 the kernel has picked one: ask which. */
    if (getsockname(listener, (struct sockaddr *)&address, &size) == -1)
        err(1, "getsockname");
    printf("listening on port %d\n", ntohs(address.sin_port));
    if (fflush(stdout) == EOF)
        err(1, "stdout");
    return listener;
}

static int accept_client(int listener)
{
    int client;

    while ((client = accept(listener, NULL, NULL)) == -1) {
        /* Out of descriptors or memory: the client waits in the queue, and
           without a pause this loop would spin until there are some. */
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
            errno == ENOMEM)
            poll(NULL, 0, PAUSE_MS);
        else if (errno != EINTR && errno != ECONNABORTED)
            err(1, "accept");
    }
    return client;
}

/* Not toupper: what that takes for a letter depends on the locale. */
static void to_upper(char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] >= 'a' && data[i] <= 'z')
            data[i] += 'A' - 'a';
    }
}

static bool send_all(int client, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(client, data, size, 0);
        if (sent == -1 && errno == EINTR)
            continue;
        if (sent == -1) {
            warn("send");
            return false;
        }
        data += sent;
        size -= sent;
    }
    return true;
}

/* A client's failure is its own: say so, and let the next one come. */
static void serve(int client)
{
    char data[4096];

    for (;;) {
        ssize_t got = recv(client, data, sizeof data, 0);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            warn("recv");
        if (got <= 0)
            return;
        to_upper(data, got);
        if (!send_all(client, data, got))
            return;
    }
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? parse_port(argv[1]) : DEFAULT_PORT;
    if (argc > 2 || port == -1) {
        fprintf(stderr, "usage: server [PORT]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* a client that has gone: an error of send */
    int listener = listen_on(port);

    for (;;) {
        int client = accept_client(listener);
        serve(client);
        close(client); /* its stream was read to the end: no reset */
    }
}
