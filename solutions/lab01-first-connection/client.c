/*
 * client.c - the other side of server.c: connect, ask, print the answer
 *
 * Shows how a name becomes a connection (getaddrinfo, socket, connect), and
 * that an answer is all that comes until the end of the stream.
 *
 *     build/solutions/lab01-first-connection/client localhost 5000
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
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

/* Returns a line that ends with its newline, whatever the input did; the
   caller frees it. Its length is not strlen's: there may be a NUL in it. */
static char *read_line(size_t *length)
{
    char *line = NULL;
    size_t room = 0;

    ssize_t got = getline(&line, &room, stdin);
    if (got == -1 && !feof(stdin))
        err(1, "stdin");
    if (got == -1) {
        free(line);
        line = strdup("");
        if (line == NULL)
            err(1, "strdup");
        got = 0;
    }
    if (got == 0 || line[got - 1] != '\n')
        line[got++] = '\n'; /* takes the place of the '\0' at the end */
    *length = got;
    return line;
}

static void send_all(int server, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(server, data, size, 0);
        if (sent == -1 && errno == EINTR)
            continue;
        if (sent == -1)
            err(1, "send");
        data += sent;
        size -= sent;
    }
}

/* Returns the number of bytes printed, each as soon as it has come. */
static size_t print_answer(int server)
{
    char data[4096];
    size_t total = 0;

    for (;;) {
        ssize_t got = recv(server, data, sizeof data, 0);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            err(1, "recv");
        if (got == 0)
            return total;
        fwrite(data, 1, got, stdout);
        if (fflush(stdout) == EOF || ferror(stdout))
            err(1, "stdout");
        total += got;
    }
}

int main(int argc, char **argv)
{
    if (argc != 3 || parse_port(argv[2]) < 1) {
        fprintf(stderr, "usage: client HOST PORT\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* a server that has gone: an error of send */
    int server = connect_to(argv[1], argv[2]);

    printf("Enter the message: ");
    if (fflush(stdout) == EOF) /* no newline yet, so stdout holds it back */
        err(1, "stdout");
    size_t length;
    char *line = read_line(&length);
    send_all(server, line, length);
    free(line);

    if (print_answer(server) == 0)
        errx(1, "%s: no answer", argv[1]);
    close(server);
    return 0;
}
