/*
 * stretch_server.c - server.c that knows the letters of UTF-8 too
 *
 * Shows what a stream does to characters of several bytes: one recv may end
 * in the middle of one. Its first bytes are held until the next has come. A
 * letter whose upper case has another length stays as it is, like all else.
 *
 *     make build/solutions/lab02-uppercase-echo/stretch_server
 *     build/solutions/lab02-uppercase-echo/stretch_server [PORT]
 *     printf 'coração\n' | nc -N localhost 9999
 */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

enum { DEFAULT_PORT = 9999, PAUSE_MS = 100, HOLD_MS = 1000 };

/* mbrtowc's two ways to say that it found no character. */
static const size_t INVALID = -1, INCOMPLETE = -2;

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

/* Returns how many bytes of DATA are done: all, except for the start of a
   character that is not whole yet. */
static size_t to_upper(char *data, size_t size)
{
    size_t done = 0;

    while (done < size) {
        char upper[MB_LEN_MAX];
        mbstate_t in = {0}, out = {0};
        wchar_t letter;
        size_t length = mbrtowc(&letter, data + done, size - done, &in);

        if (length == INCOMPLETE)
            break;
        if (length == INVALID || length == 0) {
            done++; /* no character, or the NUL, which counts as 0 bytes */
            continue;
        }
        if (wcrtomb(upper, towupper(letter), &out) == length)
            memcpy(data + done, upper, length);
        done += length;
    }
    return done;
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

/* A client that stops in mid-character may be waiting for what we hold. */
static bool is_silent(int client)
{
    struct pollfd input = {.fd = client, .events = POLLIN};

    return poll(&input, 1, HOLD_MS) == 0;
}

/* A client's failure is its own: say so, and let the next one come. */
static void serve(int client)
{
    char data[4096];
    size_t held = 0; /* bytes at the start of data: a character's first */

    for (;;) {
        if (held > 0 && is_silent(client)) {
            if (!send_all(client, data, held))
                return;
            held = 0;
        }
        ssize_t got = recv(client, data + held, sizeof data - held, 0);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1) {
            warn("recv");
            return;
        }
        held += got;
        size_t done = got == 0 ? held : to_upper(data, held);
        if (!send_all(client, data, done) || got == 0)
            return;
        held -= done;
        memmove(data, data + done, held);
    }
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? parse_port(argv[1]) : DEFAULT_PORT;
    if (argc > 2 || port == -1) {
        fprintf(stderr, "usage: stretch_server [PORT]\n");
        return 2;
    }
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        errx(1, "C.UTF-8: no such locale");
    signal(SIGPIPE, SIG_IGN); /* a client that has gone: an error of send */
    int listener = listen_on(port);

    for (;;) {
        int client = accept_client(listener);
        serve(client);
        close(client); /* its stream was read to the end: no reset */
    }
}
