/*
 * server.c - one TCP conversation, from the first call to the last
 *
 * Shows a server's two sockets: the one that listens, and the one from accept
 * on which the talking is done. Takes one message, answers it, and ends.
 *
 *     build/solutions/lab01-first-connection/server 5000
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

enum { MESSAGE_MAX = 255, PAUSE_MS = 100, LINGER_MS = 900 };

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
        if (errno == EMFILE || errno == ENFILE)
            poll(NULL, 0, PAUSE_MS); /* or this loop would spin meanwhile */
        else if (errno != EINTR && errno != ECONNABORTED)
            err(1, "accept");
    }
    return client;
}

/* The message ends at its newline, at the end of the stream or when full. A
   recv may bring any part of it: one byte, or all, or more than the line. */
static size_t receive_message(int client, char *message)
{
    size_t length = 0;

    while (length < MESSAGE_MAX) {
        ssize_t got = recv(client, message + length, MESSAGE_MAX - length, 0);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            err(1, "recv");
        if (got == 0)
            break;
        char *newline = memchr(message + length, '\n', got);
        if (newline != NULL)
            return newline - message;
        length += got;
    }
    return length;
}

static void send_all(int client, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(client, data, size, 0);
        if (sent == -1 && errno == EINTR)
            continue;
        if (sent == -1)
            err(1, "send");
        data += sent;
        size -= sent;
    }
}

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now); /* a clock that cannot fail */
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* To close with input unread makes TCP send a reset, which can destroy an
   answer on its way. So end our half, and read on until the client has ended
   its own, for just under a second in all. */
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

int main(int argc, char **argv)
{
    static const char answer[] = "I am the server. I received your message.\n";
    char message[MESSAGE_MAX];

    int port = argc == 2 ? parse_port(argv[1]) : -1;
    if (port == -1) {
        fprintf(stderr, "usage: server PORT\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* a client that has gone: an error of send */
    int listener = listen_on(port);
    int client = accept_client(listener);
    close(listener); /* one conversation: whoever else knocks is refused */

    size_t length = receive_message(client, message);
    printf("Message received from client: ");
    fwrite(message, 1, length, stdout); /* bytes, and NUL is one: not %s */
    printf("\n");
    if (fflush(stdout) == EOF || ferror(stdout))
        err(1, "stdout");

    send_all(client, answer, sizeof answer - 1);
    hang_up(client);
    return 0;
}
