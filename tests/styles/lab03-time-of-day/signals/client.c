/*
 * Style "signals": pselect() waits, with the signals let in there and nowhere
 * else; the answer is peeked at, and taken when its end is there.
 * Right because what was peeked at is taken before the buffer is full; the end
 * of the stream is a recv() that returns 0, never the number of bytes; SIGTERM
 * and SIGINT end it as they should, with nothing printed but whole answers.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

static int complain(const char *subject, const char *reason)
{
    fprintf(stderr, "client: %s: %s\n", subject, reason);
    return 1;
}

static int open_connection(struct addrinfo *a)
{
    int saved, fd;

    if (a == NULL)
        return -1;
    fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
    if (fd != -1 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
        return fd;
    saved = errno;
    if (fd != -1)
        close(fd);
    if (a->ai_next != NULL)
        return open_connection(a->ai_next);
    errno = saved;
    return -1;
}

static int await_input(int fd, const sigset_t *during)
{
    fd_set input;

    FD_ZERO(&input);
    FD_SET(fd, &input);
    return pselect(fd + 1, &input, NULL, NULL, NULL, during);
}

static int is_port(const char *s)
{
    size_t n = strspn(s, "0123456789");
    long value;

    if (n == 0 || s[n] != '\0')
        return 0;
    errno = 0;
    value = strtol(s, NULL, 10);
    return errno == 0 && value >= 1 && value <= 65535;
}

int main(int argc, char *argv[])
{
    char *host = "localhost", *port = "8888", *answer = NULL;
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    sigset_t all, before;
    size_t have = 0;
    ssize_t n = -1;
    int fd, result;

    switch (argc) {
    case 3:
        port = argv[2]; /* fall through */
    case 2:
        host = argv[1]; /* fall through */
    case 1:
        break;
    default:
        port = "";
    }
    if (!is_port(port)) {
        fputs("usage: client [HOST [PORT]]\n", stderr);
        return 2;
    }
    result = getaddrinfo(host, port, &hints, &found);
    if (result != 0)
        return complain(host, result == EAI_SYSTEM ? strerror(errno)
                                                   : gai_strerror(result));
    fd = open_connection(found);
    result = errno;
    freeaddrinfo(found);
    if (fd == -1)
        return complain(host, strerror(result));

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    while (n != 0) {
        if (await_input(fd, &before) == -1) {
            if (errno == EINTR)
                continue;
            return complain("pselect", strerror(errno));
        }
        answer = realloc(answer, have + 64);
        if (answer == NULL)
            return complain("realloc", strerror(errno));
        n = recv(fd, answer + have, 64, MSG_PEEK);
        if (n > 0)
            n = recv(fd, answer + have, n, 0);
        if (n == -1 && errno != EINTR && errno != EAGAIN) {
            free(answer);
            return complain("recv", strerror(errno));
        }
        have += n > 0 ? n : 0;
    }
    close(fd);
    if (have > 0) {
        have -= answer[have - 1] == '\n';
        printf("Received from server: ");
        fwrite(answer, have, 1, stdout);
        puts("");
    }
    free(answer);
    if (have == 0)
        return complain(host, "end of the stream, and no time");
    return fflush(stdout) == 0 ? 0 : complain("stdout", strerror(errno));
}
