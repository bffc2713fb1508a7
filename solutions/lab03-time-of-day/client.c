/*
 * client.c - asks server.c for the time, without a word
 *
 * Shows that a stream has no messages: the line may come in any pieces, and it
 * is whole only when the stream has ended.
 *
 *     build/solutions/lab03-time-of-day/client [HOST [PORT]]
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MAX = 4096 }; /* a time has 25 bytes: room for other servers' */

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

/* Returns the length of the answer: all that comes until the stream ends. */
static size_t receive_answer(int server, char *answer)
{
    size_t length = 0;

    while (length < ANSWER_MAX) {
        ssize_t got = recv(server, answer + length, ANSWER_MAX - length, 0);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            err(1, "recv");
        if (got == 0)
            return length;
        length += got;
    }
    errx(1, "answer: %s", strerror(EMSGSIZE));
}

int main(int argc, char **argv)
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *port = argc > 2 ? argv[2] : "8888";
    char answer[ANSWER_MAX];

    if (argc > 3 || parse_port(port) < 1) {
        fprintf(stderr, "usage: client [HOST [PORT]]\n");
        return 2;
    }
    int server = connect_to(host, port);
    size_t length = receive_answer(server, answer);
    close(server);
    if (length == 0)
        errx(1, "%s: no answer", host);

    /* One newline, whether the server sent it or not. */
    while (length > 0 && answer[length - 1] == '\n')
        length--;
    printf("Received from server: ");
    fwrite(answer, 1, length, stdout);
    printf("\n");
    if (fflush(stdout) == EOF || ferror(stdout))
        err(1, "stdout");
    return 0;
}
