/*
 * Style "events": epoll, and a list of the connections that linger, oldest
 * first; a timerfd rings when the first of them has waited long enough. A time
 * is made with strftime().
 * Right because a new client gets its line and its end at once, whoever
 * lingers; all wait equally long, so the list is in order of deadline; where
 * descriptors have run out the oldest one is let go, and where there is none
 * a pause is made; the time zone is read at the start, and the day is padded
 * with a blank.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { LINGER_MS = 850 };

struct guest {
    int fd;
    struct timespec until;
    TAILQ_ENTRY(guest) others;
};

static TAILQ_HEAD(, guest) guests = TAILQ_HEAD_INITIALIZER(guests);
static int epoll, timer, listener;

static void die(const char *call)
{
    fprintf(stderr, "server: %s: %s\n", call, strerror(errno));
    exit(1);
}

static int watch(int fd, void *whose)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = whose};

    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
}

/* For the oldest guest, or not at all. */
static void set_timer(void)
{
    struct itimerspec when = {0};

    if (!TAILQ_EMPTY(&guests))
        when.it_value = TAILQ_FIRST(&guests)->until;
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void let_go(struct guest *guest)
{
    TAILQ_REMOVE(&guests, guest, others);
    close(guest->fd);
    free(guest);
    set_timer();
}

static int tell_time(int fd)
{
    char line[64];
    time_t now = time(NULL);
    struct tm parts;

    localtime_r(&now, &parts);
    size_t size = strftime(line, sizeof line, "%a %b %e %H:%M:%S %Y\n", &parts);
    for (size_t done = 0; done < size;) {
        ssize_t n = send(fd, line + done, size - done, MSG_NOSIGNAL);
        if (n == -1 && errno != EINTR)
            return 0;
        done += n > 0 ? n : 0;
    }
    return shutdown(fd, SHUT_WR) == 0;
}

static void take_in(int fd)
{
    struct guest *guest = malloc(sizeof *guest);

    if (guest == NULL || watch(fd, guest) == -1) {
        free(guest);
        close(fd);
        return;
    }
    guest->fd = fd;
    clock_gettime(CLOCK_MONOTONIC, &guest->until);
    guest->until.tv_nsec += LINGER_MS * 1000000L;
    if (guest->until.tv_nsec >= 1000000000) {
        guest->until.tv_sec++;
        guest->until.tv_nsec -= 1000000000;
    }
    TAILQ_INSERT_TAIL(&guests, guest, others);
    set_timer();
}

static void on_knock(void)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    int why = errno;

    if (fd != -1 && tell_time(fd)) {
        take_in(fd);
    } else if (fd != -1) {
        close(fd);
    } else if (why != EINTR && why != ECONNABORTED && why != EAGAIN) {
        const struct timespec pause = {.tv_nsec = 50000000};

        if (TAILQ_EMPTY(&guests))
            nanosleep(&pause, NULL);
        else
            let_go(TAILQ_FIRST(&guests));
    }
}

static void on_talk(struct guest *guest)
{
    char ignored[512];
    ssize_t n = recv(guest->fd, ignored, sizeof ignored, 0);

    if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
        let_go(guest);
}

static void start(long port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t size = sizeof a;

    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (listener == -1)
        die("socket");
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)))
        die("setsockopt");
    if (bind(listener, (struct sockaddr *)&a, sizeof a))
        die("bind");
    if (listen(listener, SOMAXCONN))
        die("listen");
    if (getsockname(listener, (struct sockaddr *)&a, &size))
        die("getsockname");
    epoll = epoll_create1(EPOLL_CLOEXEC);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (epoll == -1 || timer == -1)
        die("epoll_create1 or timerfd_create");
    if (watch(listener, &listener) == -1 || watch(timer, &timer) == -1)
        die("epoll_ctl");
    printf("listening on port %d\n", ntohs(a.sin_port));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    const char *text = argc > 1 ? argv[1] : "8888";
    size_t digits = strspn(text, "0123456789");
    long port = digits < 10 ? strtol(text, NULL, 10) : -1;

    if (argc > 2 || digits == 0 || text[digits] || port < 0 || port > 65535) {
        fputs("usage: server [PORT]\n", stderr);
        return 2;
    }
    tzset();
    signal(SIGPIPE, SIG_IGN);
    start(port);
    for (;;) {
        struct epoll_event e;
        int n = epoll_wait(epoll, &e, 1, -1);

        if (n == -1 && errno != EINTR)
            die("epoll_wait");
        if (n < 1)
            continue;
        uint64_t times;
        if (e.data.ptr == &listener)
            on_knock();
        else if (e.data.ptr != &timer)
            on_talk(e.data.ptr);
        else if (read(timer, &times, sizeof times) > 0 && !TAILQ_EMPTY(&guests))
            let_go(TAILQ_FIRST(&guests));
    }
}
