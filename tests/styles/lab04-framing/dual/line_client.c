/*
 * Style "dual": IPv6 and IPv4, sendmsg() of a line and its newline in two
 * pieces at once, recv() with MSG_PEEK to find where the answer ends.
 * Right because it takes out of the socket's buffer what it has looked at and
 * no more; the buffer for answers grows as they do.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static void quit(const char *subject, const char *reason)
{
    fprintf(stderr, "line_client: %s: %s\n", subject, reason);
    exit(1);
}

static void usage(void)
{
    fputs("usage: line_client [HOST [PORT [MESSAGE...]]]\n", stderr);
    exit(2);
}

static void check_port(const char *s)
{
    int n = 0;

    for (const char *p = s; *p != '\0'; p++)
        if (!isdigit((unsigned char)*p) || (n = 10 * n + *p - '0') > 65535)
            usage();
    if (n == 0)
        usage();
}

static int connection(const char *host, const char *port)
{
    struct addrinfo want = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list, *a;
    int why = 0, fd = -1, failed = getaddrinfo(host, port, &want, &list);

    if (failed)
        quit(host,
             failed == EAI_SYSTEM ? strerror(errno) : gai_strerror(failed));
    for (a = list; a != NULL && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (fd < 0 || connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            continue;
        why = errno;
        close(fd);
        fd = -1;
    }
    freeaddrinfo(list);
    if (fd < 0)
        quit(host, strerror(why));
    return fd;
}

static void say(int fd, const char *line, size_t length)
{
    struct iovec both[2] = {{(void *)line, length}, {"\n", 1}};
    struct msghdr message = {.msg_iov = both, .msg_iovlen = 2};

    while (both[0].iov_len + both[1].iov_len > 0) {
        ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            quit("sendmsg", strerror(errno));
        for (int i = 0; i < 2; i++) {
            size_t part =
                (size_t)n < both[i].iov_len ? (size_t)n : both[i].iov_len;
            both[i].iov_base = (char *)both[i].iov_base + part;
            both[i].iov_len -= part;
            n -= part;
        }
    }
}

static void hear(int fd)
{
    size_t size = 0, room = 0;
    char *answer = NULL, *newline = NULL;

    while (newline == NULL) {
        if (room - size < 1000)
            answer = realloc(answer, room = 2 * room + 1000);
        if (answer == NULL)
            quit("realloc", strerror(errno));
        ssize_t n = recv(fd, answer + size, room - size, MSG_PEEK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            quit("recv", strerror(errno));
        if (n == 0)
            quit("recv", "the stream ended first");
        newline = memchr(answer + size, '\n', n);
        if (newline != NULL)
            n = newline + 1 - (answer + size);
        n = recv(fd, answer + size, n, 0);
        if (n < 0 && errno != EINTR)
            quit("recv", strerror(errno));
        if (n > 0)
            size += n;
        if (n < 0 || answer[size - 1] != '\n')
            newline = NULL; /* it took fewer bytes than it had shown */
    }
    printf("Received: ");
    fwrite(answer, 1, size, stdout);
    fflush(stdout);
    free(answer);
}

int main(int argc, char *argv[])
{
    const char *const standard[] = {"Hello world!", "Again!"};
    const char *port = argc > 2 ? argv[2] : "5050";
    int count = argc > 3 ? argc - 3 : 2;

    check_port(port);
    for (int i = 3; i < argc; i++)
        if (strchr(argv[i], '\n'))
            usage();
    int fd = connection(argc > 1 ? argv[1] : "localhost", port);
    if (count == 1 && strcmp(argv[3], "-") == 0) {
        char *line = NULL;
        size_t room = 0;
        ssize_t n;

        while ((n = getdelim(&line, &room, '\n', stdin)) >= 0) {
            say(fd, line, line[n - 1] == '\n' ? n - 1 : n);
            hear(fd);
        }
        free(line);
        return 0;
    }
    for (int i = 0; i < count; i++) {
        const char *line = argc > 3 ? argv[3 + i] : standard[i];
        say(fd, line, strlen(line));
        hear(fd);
    }
    return 0;
}
