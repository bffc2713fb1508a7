/*
 * Style "events": a nonblocking socket on epoll, edge-triggered, which pours
 * what comes into a memory stream.
 * Right because after each edge it reads until EAGAIN or the end; connect()
 * reports its result on the same epoll, and another address gets another
 * socket; the memory stream grows with the answer, whose last newline is cut
 * off before one is printed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static int epoll;

static void die(const char *subject, const char *reason)
{
    fprintf(stderr, "client: %s: %s\n", subject, reason);
    exit(1);
}

static void wait_for_edge(void)
{
    struct epoll_event e;

    while (epoll_wait(epoll, &e, 1, -1) == -1)
        if (errno != EINTR)
            die("epoll_wait", strerror(errno));
}

/* A connected socket on the epoll, or -1 with errno. */
static int try_address(const struct addrinfo *a)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLET};
    socklen_t size = sizeof(int);
    int error = 0;
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK, 0);

    if (fd == -1)
        return -1;
    if (connect(fd, a->ai_addr, a->ai_addrlen) == -1)
        error = errno;
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) == -1)
        die("epoll_ctl", strerror(errno));
    if (error == EINPROGRESS || error == EINTR) {
        wait_for_edge();
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error == 0)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

static int call(const char *host, const char *port)
{
    struct addrinfo *list, hints = {.ai_family = AF_INET,
                                    .ai_socktype = SOCK_STREAM};
    int fd = -1, why = getaddrinfo(host, port, &hints, &list);

    if (why != 0)
        die(host, why == EAI_SYSTEM ? strerror(errno) : gai_strerror(why));
    for (struct addrinfo *a = list; a != NULL && fd == -1; a = a->ai_next)
        fd = try_address(a);
    if (fd == -1)
        die(host, strerror(errno));
    freeaddrinfo(list);
    return fd;
}

static void pour(int fd, FILE *into)
{
    char piece[100];

    for (;;) {
        ssize_t n = recv(fd, piece, sizeof piece, 0);

        if (n == 0)
            return;
        if (n > 0)
            fwrite(piece, 1, n, into);
        else if (errno == EAGAIN)
            wait_for_edge();
        else if (errno != EINTR)
            die("recv", strerror(errno));
    }
}

int main(int argc, char **argv)
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *port = argc > 2 ? argv[2] : "8888";
    char rest;
    unsigned number;

    if (argc > 3 || strspn(port, "0123456789") != strlen(port) ||
        strlen(port) > 9 || sscanf(port, "%u%c", &number, &rest) != 1 ||
        number < 1 || number > 65535) {
        fputs("usage: client [HOST [PORT]]\n", stderr);
        return 2;
    }
    epoll = epoll_create1(0);
    if (epoll == -1)
        die("epoll_create1", strerror(errno));
    int fd = call(host, port);

    char *answer = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&answer, &size);
    if (memory == NULL)
        die("open_memstream", strerror(errno));
    pour(fd, memory);
    if (fclose(memory) == EOF)
        die("fclose", strerror(errno));
    close(fd);
    close(epoll);
    if (size == 0)
        die(host, "the server has said nothing");
    if (answer[size - 1] == '\n')
        size--;
    fputs("Received from server: ", stdout);
    fwrite(answer, 1, size, stdout);
    fputs("\n", stdout);
    free(answer);
    if (fflush(stdout) == EOF)
        die("stdout", strerror(errno));
    return 0;
}
