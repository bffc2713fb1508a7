/*
 * Style "goto": one main, poll(2), and arrays side by side. What is on its way
 * to a client is a ring of nothing but a count, for each line is as long as any
 * other: only the line that has been begun is kept. Right because a client
 * to whom something is due is asked for POLLOUT and for nothing else.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1020, LINE = 36, FIRST = 2 };

static struct pollfd fds[MOST];
static struct {
    unsigned long due;
    int sent;
    char line[LINE + 1], last;
    bool ended;
} of[MOST];
static int wake[2];

static void on_end(int number)
{
    (void)!write(wake[1], &number, 1);
}

int main(int argc, char **argv)
{
    struct sockaddr_in here = {.sin_family = AF_INET};
    int on = 1, count = FIRST, full = 0, i, fd;
    char data[1500], text[26], *rest;
    socklen_t size = sizeof here;
    const char *call;
    long port = 5155;
    time_t now;
    ssize_t n;

    if (argc > 2)
        goto usage;
    if (argc == 2) {
        if (argv[1][0] < '0' || argv[1][0] > '9')
            goto usage;
        port = strtol(argv[1], &rest, 10);
        if (*rest != '\0' || port > 65535)
            goto usage;
    }
    tzset();
    signal(SIGPIPE, SIG_IGN);
    call = "pipe";
    if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) == -1)
        goto failed;
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_end}, NULL);
    here.sin_port = htons(port);
    call = "socket";
    if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) == -1)
        goto failed;
    call = "setsockopt";
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
        goto failed;
    call = "bind";
    if (bind(fd, (struct sockaddr *)&here, sizeof here) == -1)
        goto failed;
    call = "listen";
    if (listen(fd, SOMAXCONN) == -1)
        goto failed;
    getsockname(fd, (struct sockaddr *)&here, &size);
    printf("listening on port %d\n", ntohs(here.sin_port));
    fflush(stdout);
    fds[0] = (struct pollfd){.fd = wake[0], .events = POLLIN};
    fds[1] = (struct pollfd){.fd = fd, .events = POLLIN};

round:
    fds[1].fd = full ? -1 : fd; /* poll looks at no negative one */
    n = poll(fds, count, full ? 100 : -1);
    full = 0;
    if (n == -1)
        goto round;
    if (fds[0].revents)
        return 0;
    for (i = count - 1; i >= FIRST; i--) {
        if (fds[i].revents == 0)
            continue;
        if (of[i].due > 0)
            goto write;
        n = read(fds[i].fd, data, sizeof data);
        if (n == -1 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n == -1)
            goto drop;
        for (ssize_t k = 0; k < n; k++)
            of[i].due += (of[i].last = data[k]) == '\n';
        if (n == 0 && of[i].last != '\n')
            of[i].due++;
        of[i].ended = n == 0;
    write:
        while (of[i].due > 0) {
            if (of[i].sent == 0) {
                now = time(NULL);
                sprintf(of[i].line, "It is now: %s", ctime_r(&now, text));
            }
            struct iovec rest_of_line = {of[i].line + of[i].sent,
                                         LINE - of[i].sent};
            n = writev(fds[i].fd, &rest_of_line, 1);
            if (n == -1 && errno == EINTR)
                continue;
            if (n == -1 && errno == EAGAIN)
                break;
            if (n == -1)
                goto drop;
            of[i].sent = (of[i].sent + n) % LINE;
            of[i].due -= of[i].sent == 0;
        }
        fds[i].events = of[i].due > 0 ? POLLOUT : POLLIN;
        if (of[i].due > 0 || !of[i].ended)
            continue;
    drop:
        close(fds[i].fd);
        fds[i] = fds[--count];
        of[i] = of[count];
    }
    if (!full && fds[1].revents & POLLIN) {
        n = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
        full = n == -1 && errno != EAGAIN && errno != EINTR &&
               errno != ECONNABORTED;
        if (n == -1)
            goto round;
        if (count == MOST) {
            close(n);
            goto round;
        }
        memset(&of[count], 0, sizeof of[count]);
        of[count].due = 1;
        of[count].last = '\n';
        fds[count++] = (struct pollfd){.fd = n, .events = POLLOUT};
    }
    goto round;

failed:
    fprintf(stderr, "poll_server: %s: %s\n", call, strerror(errno));
    return 1;
usage:
    fprintf(stderr, "usage: poll_server [PORT]\n");
    return 2;
}
