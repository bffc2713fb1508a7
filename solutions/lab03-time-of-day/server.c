/*
 * server.c - tells each client the time, and says goodbye
 *
 * Shows a protocol in which the server alone speaks, and how to end such a
 * connection well, whatever the client does: reads or not, talks or not.
 *
 *     build/solutions/lab03-time-of-day/server [PORT]
 *     nc localhost 8888
 */
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A client may delay the next by a second: LINGER_MS stays just below it. */
enum { DEFAULT_PORT = 8888, PAUSE_MS = 100, LINGER_MS = 900 };

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

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now); /* a clock that cannot fail */
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* A new connection's send buffer always has room for one line, whether the
   client reads or not. MSG_DONTWAIT: if it had none, we would not wait. */
static void send_all(int client, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(client, data, size, MSG_DONTWAIT);
        if (sent == -1 && errno == EINTR)
            continue;
        if (sent == -1) {
            warn("send");
            return;
        }
        data += sent;
        size -= sent;
    }
}

/* To close with input unread makes TCP send a reset, which can destroy the
   time on its way. So end our half, and read on until the client has ended
   its own, or its time is up. */
static void hang_up(int client)
{
    struct pollfd input = {.fd = client, .events = POLLIN};
    long long left, deadline = now_ms() + LINGER_MS;
    ssize_t got = shutdown(client, SHUT_WR) == 0 ? 1 : 0;
    char ignored[4096];

    while (got != 0 && (left = deadline - now_ms()) > 0) {
        if (poll(&input, 1, left) > 0)
            got = recv(client, ignored, sizeof ignored, 0);
    } /* an error of recv shows once, and is followed by the end: 0 */
    close(client);
}

static void serve(int client)
{
    char line[26]; /* the size that ctime_r asks for: 24, '\n' and '\0' */
    time_t now = time(NULL);

    if (ctime_r(&now, line) == NULL)
        warn("ctime_r");
    else
        send_all(client, line, strlen(line));
    hang_up(client);
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? parse_port(argv[1]) : DEFAULT_PORT;
    if (argc > 2 || port == -1) {
        fprintf(stderr, "usage: server [PORT]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* a client that has gone: an error of send */
    tzset(); /* reads the time zone's file now, while a descriptor is free */
    int listener = listen_on(port);

    for (;;)
        serve(accept_client(listener));
}
