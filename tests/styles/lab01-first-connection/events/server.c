/*
 * Style "events": a state machine on epoll, its clock a timerfd, the
 * connection nonblocking from accept4() on.
 * Right because only epoll_wait() waits; each state asks for the events that
 * it can use and for no others, so nothing is reported in vain; where no
 * descriptor can be had the listener is not asked again before the clock has
 * rung; the same clock ends the lingering after 0.9 s, whatever is sent.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum state { ACCEPTING, RESTING, READING, ANSWERING, LINGERING, OVER };

static const char answer[] = "I am the server. I received your message.\n";

static struct server {
    enum state state;
    int epoll, timer, listener, client;
    char message[255];
    size_t length, answered;
} my = {.client = -1};

static void die(const char *call)
{
    fprintf(stderr, "server: %s: %s\n", call, strerror(errno));
    exit(1);
}

static int must(int result, const char *call)
{
    if (result == -1)
        die(call);
    return result;
}

static void watch(int how, int fd, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.fd = fd};

    must(epoll_ctl(my.epoll, how, fd, &e), "epoll_ctl");
}

static void ring_in(int ms)
{
    struct itimerspec t = {.it_value.tv_nsec = ms * 1000000L};

    must(timerfd_settime(my.timer, 0, &t, NULL), "timerfd_settime");
}

static void on_accept(void)
{
    my.client = accept4(my.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (my.client >= 0) {
        watch(EPOLL_CTL_DEL, my.listener, 0);
        watch(EPOLL_CTL_ADD, my.client, EPOLLIN);
        my.state = READING;
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
               errno == ENOMEM) {
        watch(EPOLL_CTL_MOD, my.listener, 0);
        ring_in(50);
        my.state = RESTING;
    } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
        die("accept4");
    }
}

static void on_message_whole(void)
{
    fputs("Message received from client: ", stdout);
    fwrite(my.message, 1, my.length, stdout);
    fputs("\n", stdout);
    if (fflush(stdout) != 0)
        die("stdout");
    watch(EPOLL_CTL_MOD, my.client, EPOLLOUT);
    my.state = ANSWERING;
}

static void on_read(void)
{
    char *start = my.message + my.length;
    ssize_t n =
        recv(my.client, start, sizeof my.message - my.length, MSG_DONTWAIT);

    if (n == -1) {
        if (errno != EAGAIN && errno != EINTR)
            die("recv");
        return;
    }
    char *newline = n > 0 ? memchr(start, '\n', n) : NULL;
    my.length = newline != NULL ? (size_t)(newline - my.message)
                                : my.length + n;
    if (n == 0 || newline != NULL || my.length == sizeof my.message)
        on_message_whole();
}

static void on_answer(void)
{
    ssize_t n = send(my.client, answer + my.answered,
                     strlen(answer) - my.answered, MSG_NOSIGNAL);

    if (n == -1) {
        if (errno != EAGAIN && errno != EINTR)
            die("send");
        return;
    }
    my.answered += n;
    if (my.answered == strlen(answer)) {
        if (shutdown(my.client, SHUT_WR) == -1)
            die("shutdown");
        watch(EPOLL_CTL_MOD, my.client, EPOLLIN);
        ring_in(900);
        my.state = LINGERING;
    }
}

static void on_rest(void)
{
    char rest[1024];
    ssize_t n = recv(my.client, rest, sizeof rest, 0);

    if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
        my.state = OVER;
}

static void on_timer(void)
{
    uint64_t times;

    if (read(my.timer, &times, sizeof times) != sizeof times)
        return;
    if (my.state == LINGERING) {
        my.state = OVER;
    } else {
        watch(EPOLL_CTL_MOD, my.listener, EPOLLIN);
        my.state = ACCEPTING;
    }
}

static void handle(int fd)
{
    static void (*const handlers[])(void) = {
        [ACCEPTING] = on_accept, [READING] = on_read, [ANSWERING] = on_answer,
        [LINGERING] = on_rest};

    if (fd == my.timer)
        on_timer();
    else if (my.state != RESTING)
        handlers[my.state]();
}

static void start(long port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t size = sizeof a;

    my.listener =
        must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
    must(setsockopt(my.listener, SOL_SOCKET, SO_REUSEADDR, &(int){1},
                    sizeof(int)),
         "setsockopt");
    must(bind(my.listener, (struct sockaddr *)&a, sizeof a), "bind");
    must(listen(my.listener, 5), "listen");
    must(getsockname(my.listener, (struct sockaddr *)&a, &size), "getsockname");
    my.epoll = must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    my.timer = must(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK),
                    "timerfd_create");
    watch(EPOLL_CTL_ADD, my.timer, EPOLLIN);
    watch(EPOLL_CTL_ADD, my.listener, EPOLLIN);
    printf("listening on port %d\n", ntohs(a.sin_port));
    if (fflush(stdout) != 0)
        die("stdout");
}

static long to_port(const char *text)
{
    long value = 0;

    if (*text == '\0')
        return -1;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        value = value * 10 + (*text - '0');
        if (value > 65535)
            return -1;
    }
    return value;
}

int main(int argc, char **argv)
{
    struct epoll_event e;

    if (argc != 2 || to_port(argv[1]) < 0) {
        fputs("usage: server PORT\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    start(to_port(argv[1]));
    while (my.state != OVER) {
        int n = epoll_wait(my.epoll, &e, 1, -1);

        if (n == 1)
            handle(e.data.fd);
        else if (n == -1 && errno != EINTR)
            die("epoll_wait");
    }
    close(my.client);
    close(my.listener);
    close(my.timer);
    close(my.epoll);
    return 0;
}
