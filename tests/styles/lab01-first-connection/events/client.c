/*
 * Style "events": one epoll waits for the connection, for room and for the
 * answer; both directions are open at the same time.
 * Right because the error of a nonblocking connect() is asked for and the next
 * address tried with a socket of its own; the line is read from stdin before,
 * with read(), so that it may hold any bytes; EPOLLOUT is asked for as long as
 * there is something to send and no longer; the answer ends where recv() says
 * 0, and what it is goes to stdout at once.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct line {
    char *data;
    size_t size, sent;
};

static const char *host;

static void die(const char *subject, const char *reason)
{
    fprintf(stderr, "client: %s: %s\n", subject, reason);
    exit(1);
}

static void die_errno(const char *subject)
{
    die(subject, strerror(errno));
}

static void watch(int epoll, int how, int fd, uint32_t events)
{
    struct epoll_event e = {.events = events};

    if (epoll_ctl(epoll, how, fd, &e) == -1)
        die_errno("epoll_ctl");
}

static uint32_t next_event(int epoll)
{
    struct epoll_event e;
    int n;

    while ((n = epoll_wait(epoll, &e, 1, -1)) != 1)
        if (n == -1 && errno != EINTR)
            die_errno("epoll_wait");
    return e.events;
}

/* The error of a connect() that went on by itself, or 0. */
static int connect_result(int epoll, int fd)
{
    int error = 0;
    socklen_t size = sizeof error;

    watch(epoll, EPOLL_CTL_ADD, fd, EPOLLOUT);
    next_event(epoll);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1)
        error = errno;
    watch(epoll, EPOLL_CTL_DEL, fd, 0);
    return error;
}

static int call(int epoll, const char *port)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    int error = getaddrinfo(host, port, &hints, &list);

    if (error != 0)
        die(host, error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
    for (struct addrinfo *a = list; a != NULL; a = a->ai_next) {
        int fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK, 0);

        if (fd == -1)
            die_errno("socket");
        error = connect(fd, a->ai_addr, a->ai_addrlen) == 0 ? 0 : errno;
        if (error == EINPROGRESS || error == EINTR)
            error = connect_result(epoll, fd);
        if (error == 0) {
            freeaddrinfo(list);
            return fd;
        }
        close(fd);
    }
    freeaddrinfo(list);
    die(host, strerror(error));
    return -1;
}

/* All up to the first newline; one is added where there is none. */
static struct line read_line(void)
{
    struct line line = {NULL, 0, 0};
    char *newline = NULL;

    while (newline == NULL) {
        line.data = realloc(line.data, line.size + 4096 + 1);
        if (line.data == NULL)
            die_errno("realloc");
        ssize_t n = read(0, line.data + line.size, 4096);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            die_errno("stdin");
        if (n == 0)
            line.data[line.size + n++] = '\n';
        newline = memchr(line.data + line.size, '\n', n);
        line.size += n;
    }
    line.size = newline - line.data + 1;
    return line;
}

static int later(void)
{
    return errno == EAGAIN || errno == EINTR;
}

static void send_some(int fd, struct line *line)
{
    ssize_t n = send(fd, line->data + line->sent, line->size - line->sent,
                     MSG_NOSIGNAL);

    if (n == -1 && !later())
        die_errno("send");
    if (n > 0)
        line->sent += n;
}

/* Prints what is there, and adds its size. False at the end of the stream. */
static int print_some(int fd, size_t *printed)
{
    char data[2000];
    ssize_t n = recv(fd, data, sizeof data, 0);

    if (n == -1) {
        if (!later())
            die_errno("recv");
        return 1;
    }
    fwrite(data, 1, n, stdout);
    if (fflush(stdout) != 0 || ferror(stdout))
        die_errno("stdout");
    *printed += n;
    return n > 0;
}

int main(int argc, char **argv)
{
    size_t printed = 0;
    char *end;

    if (argc != 3 || strspn(argv[2], "0123456789") != strlen(argv[2]) ||
        strtoul(argv[2], &end, 10) < 1 || strtoul(argv[2], &end, 10) > 65535) {
        fputs("usage: client HOST PORT\n", stderr);
        return 2;
    }
    host = argv[1];
    signal(SIGPIPE, SIG_IGN);

    int epoll = epoll_create1(0);
    if (epoll == -1)
        die_errno("epoll_create1");
    int fd = call(epoll, argv[2]);
    fputs("Enter the message: ", stdout);
    if (fflush(stdout) != 0)
        die_errno("stdout");
    struct line line = read_line();

    watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLOUT);
    for (;;) {
        uint32_t events = next_event(epoll);

        if ((events & EPOLLOUT) && line.sent < line.size) {
            send_some(fd, &line);
            if (line.sent == line.size)
                watch(epoll, EPOLL_CTL_MOD, fd, EPOLLIN);
        }
        if ((events & ~EPOLLOUT) && !print_some(fd, &printed))
            break;
    }
    free(line.data);
    close(fd);
    close(epoll);
    if (printed == 0)
        die(host, "no answer");
    return 0;
}
