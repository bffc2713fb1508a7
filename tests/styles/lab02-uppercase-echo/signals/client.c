/*
 * Style "signals": signal-driven input and output. The kernel sends SIGIO when
 * something has changed at the socket, and sigwaitinfo() waits for that.
 * Right because SIGIO is blocked from the start, so that one that comes
 * between two looks stays pending; after each one both directions go on until
 * the kernel says EAGAIN, so that nothing is left over without a signal to
 * come; the very first look needs none.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int connection = -1;
static size_t length, sent, received;

static void connect_somewhere(const char *host, const char *port)
{
    struct addrinfo hints = {0}, *list, *at;
    int result, last = 0;

    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    if ((result = getaddrinfo(host, port, &hints, &list)) != 0) {
        if (result == EAI_SYSTEM)
            err(1, "%s", host);
        errx(1, "%s: %s", host, gai_strerror(result));
    }
    for (at = list; at != NULL; at = at->ai_next) {
        connection = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
        if (connection == -1)
            err(1, "socket");
        if (connect(connection, at->ai_addr, at->ai_addrlen) == 0)
            break;
        last = errno;
        close(connection);
    }
    freeaddrinfo(list);
    if (at == NULL) {
        errno = last;
        err(1, "connect to %s", host);
    }
}

static void send_what_goes(const char *text)
{
    while (sent < length) {
        ssize_t n = write(connection, text + sent, length - sent);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1 && errno == EAGAIN)
            return;
        if (n == -1)
            err(1, "write");
        sent += n;
    }
}

static void receive_what_is_there(char *answer)
{
    while (received < length) {
        ssize_t n = read(connection, answer + received, length - received);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1 && errno == EAGAIN)
            return;
        if (n == -1)
            err(1, "read");
        if (n == 0)
            errx(1, "read: end of stream after %zu of %zu bytes", received,
                 length);
        received += n;
    }
}

int main(int argc, char *argv[])
{
    const char *arguments[] = {"localhost", "9999", "original text"};
    char *end = "";
    long port;

    for (int i = 1; i < argc && i <= 3; i++)
        arguments[i - 1] = argv[i];
    errno = 0;
    port = strtol(arguments[1], &end, 10);
    if (argc > 4 || errno != 0 || *end != '\0' || port < 1 || port > 65535 ||
        strpbrk(arguments[1], "+- \t\n\v\f\r") != NULL) {
        fprintf(stderr, "usage: client [HOST [PORT [TEXT]]]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    sigset_t io;
    sigemptyset(&io);
    sigaddset(&io, SIGIO);
    sigprocmask(SIG_BLOCK, &io, NULL);

    connect_somewhere(arguments[0], arguments[1]);
    if (fcntl(connection, F_SETOWN, getpid()) == -1 ||
        fcntl(connection, F_SETFL, O_NONBLOCK | O_ASYNC) == -1)
        err(1, "fcntl");
    length = strlen(arguments[2]);
    char *answer = malloc(length + 1);
    if (answer == NULL)
        err(1, "malloc");
    for (;;) {
        send_what_goes(arguments[2]);
        receive_what_is_there(answer);
        if (sent == length && received == length)
            break;
        while (sigwaitinfo(&io, NULL) == -1)
            if (errno != EINTR)
                err(1, "sigwaitinfo");
    }
    close(connection);
    printf("Received ");
    fwrite(answer, 1, length, stdout);
    putchar('\n');
    free(answer);
    if (fclose(stdout) != 0)
        err(1, "stdout");
    return 0;
}
