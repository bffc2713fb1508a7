/*
 * Style "epoll": readv() and writev(), for what is in two places: the line and
 * its newline go out in one call, and what comes fills a ring.
 * Right because a line is printed piece by piece as it comes, so it may have
 * any length; what stands behind its newline stays in the ring.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { RING = 1000 };

static char ring[RING];
static size_t first, count;

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "line_client: %s: %s\n", what, why);
    exit(1);
}

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: line_client [HOST [PORT [MESSAGE...]]]\n");
    exit(2);
}

static void send_line(int fd, const char *line, size_t length)
{
    size_t done = 0;

    while (done <= length) {
        struct iovec both[2] = {{(char *)line + done, length - done},
                                {"\n", 1}};
        ssize_t n = writev(fd, both, 2);
        if (n < 0 && errno != EINTR)
            fail("writev", strerror(errno));
        done += n > 0 ? n : 0;
    }
}

static void fill(int fd)
{
    size_t end = (first + count) % RING;
    struct iovec two[2] = {{ring + end, RING - end}, {ring, first}};
    ssize_t n;

    if (end < first)
        two[0].iov_len = first - end;
    do
        n = readv(fd, two, end < first || first == 0 ? 1 : 2);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        fail("readv", strerror(errno));
    if (n == 0)
        fail("readv", "end of stream within an answer");
    count += n;
}

static void print_line(int fd)
{
    char c;

    printf("Received: ");
    do {
        if (count == 0)
            fill(fd);
        c = ring[first];
        first = (first + 1) % RING;
        count--;
        putchar(c);
    } while (c != '\n');
    if (fflush(stdout) == EOF)
        fail("stdout", strerror(errno));
}

static void exchange(int fd, const char *line, size_t length)
{
    send_line(fd, line, length);
    print_line(fd);
}

static int reach(const char *host, const char *port)
{
    struct addrinfo want = {.ai_socktype = SOCK_STREAM}, *found;
    int error = getaddrinfo(host, port, &want, &found), fd = -1, why = 0;

    if (error != 0)
        fail(host, gai_strerror(error));
    for (struct addrinfo *a = found; a != NULL; a = a->ai_next) {
        fd = socket(a->ai_family, SOCK_STREAM, 0);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            break;
        why = errno;
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    if (fd < 0)
        fail(host, strerror(why));
    return fd;
}

static void read_input(int fd)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    while ((n = getline(&line, &room, stdin)) != -1)
        exchange(fd, line, line[n - 1] == '\n' ? n - 1 : n);
    free(line);
}

int main(int argc, char **argv)
{
    const char *port = argc > 2 ? argv[2] : "5050";
    size_t digits = strspn(port, "0123456789");
    unsigned long number = strtoul(port, NULL, 10);

    if (digits == 0 || port[digits] != '\0' || number < 1 || number > 65535)
        usage();
    for (int i = 3; i < argc; i++)
        if (strchr(argv[i], '\n') != NULL)
            usage();
    signal(SIGPIPE, SIG_IGN);
    int fd = reach(argc > 1 ? argv[1] : "localhost", port);
    if (argc == 4 && strcmp(argv[3], "-") == 0) {
        read_input(fd);
    } else if (argc > 3) {
        for (int i = 3; i < argc; i++)
            exchange(fd, argv[i], strlen(argv[i]));
    } else {
        exchange(fd, "Hello world!", 12);
        exchange(fd, "Again!", 6);
    }
    return close(fd);
}
