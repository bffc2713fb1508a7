/*
 * Style "events": two records with a function each, "goes out" and "comes in",
 * which epoll, edge-triggered, wakes up.
 * Right because each goes on until the kernel says EAGAIN, so no edge is
 * missed; an edge for one runs both, which costs a call and loses nothing; the
 * answer counts as whole by its bytes, not by the end of the stream; nothing
 * is printed before that.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct flow {
    const char *call;
    ssize_t (*step)(struct flow *self);
    int fd;
    char *data;
    size_t size, done;
};

static void fail(const char *subject, const char *reason)
{
    fprintf(stderr, "client: %s: %s\n", subject, reason);
    exit(EXIT_FAILURE);
}

static ssize_t step_out(struct flow *self)
{
    return send(self->fd, self->data + self->done, self->size - self->done, 0);
}

static ssize_t step_in(struct flow *self)
{
    ssize_t n =
        recv(self->fd, self->data + self->done, self->size - self->done, 0);

    if (n == 0)
        fail("recv", "the server has ended the stream too early");
    return n;
}

static void run(struct flow *self)
{
    while (self->done < self->size) {
        ssize_t n = self->step(self);

        if (n >= 0)
            self->done += n;
        else if (errno == EAGAIN)
            return;
        else if (errno != EINTR)
            fail(self->call, strerror(errno));
    }
}

static int dial(const char *host, const char *port)
{
    struct addrinfo *list, hints = {.ai_socktype = SOCK_STREAM};
    int why = getaddrinfo(host, port, &hints, &list), fd = -1;

    if (why != 0)
        fail(host, why == EAI_SYSTEM ? strerror(errno) : gai_strerror(why));
    for (struct addrinfo *a = list; a != NULL; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (fd == -1) {
            why = errno;
            continue;
        }
        if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            break;
        why = errno;
        close(fd);
        fd = -1;
    }
    freeaddrinfo(list);
    if (fd == -1)
        fail(host, strerror(why));
    return fd;
}

static bool is_port(const char *text)
{
    unsigned value = 0;
    const char *p = text;

    while (*p >= '0' && *p <= '9' && value <= 65535)
        value = 10 * value + (unsigned)(*p++ - '0');
    return *p == '\0' && value >= 1 && value <= 65535;
}

int main(int argc, char **argv)
{
    char standard[] = "original text";
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *port = argc > 2 ? argv[2] : "9999";
    char *text = argc > 3 ? argv[3] : standard;
    size_t size = strlen(text);

    if (argc > 4 || !is_port(port)) {
        fputs("usage: client [HOST [PORT [TEXT]]]\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);

    char *answer = malloc(size + 1);
    if (answer == NULL)
        fail("malloc", strerror(errno));
    int fd = dial(host, port), epoll = epoll_create1(0);
    struct flow out = {"send", step_out, fd, text, size, 0};
    struct flow in = {"recv", step_in, fd, answer, size, 0};
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET};
    if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == -1)
        fail("fcntl", strerror(errno));
    if (epoll == -1 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == -1)
        fail("epoll", strerror(errno));

    while (out.done < size || in.done < size) {
        if (epoll_wait(epoll, &event, 1, -1) == -1 && errno != EINTR)
            fail("epoll_wait", strerror(errno));
        run(&out);
        run(&in);
    }
    close(epoll);
    close(fd);
    fputs("Received ", stdout);
    fwrite(answer, size, 1, stdout);
    fputs("\n", stdout);
    free(answer);
    if (fflush(stdout) == EOF || ferror(stdout))
        fail("stdout", strerror(errno));
    return EXIT_SUCCESS;
}
