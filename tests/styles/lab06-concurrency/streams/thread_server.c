/*
 * Style "streams": the threads of C11, and a pipe to which the handler of
 * SIGTERM writes. Right because the first thread waits for clients and for the
 * pipe at once, and the others never get the signal.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

static int wake[2];

static void on_end(int number)
{
    int kept = errno;

    (void)number;
    if (write(wake[1], "", 1) == -1)
        _exit(1);
    errno = kept;
}

static int tell(int client)
{
    char text[26];
    time_t now = time(NULL);
    struct iovec parts[] = {{"It is now: ", 11}, {ctime_r(&now, text), 25}};
    struct msghdr line = {.msg_iov = parts, .msg_iovlen = 2};

    while (line.msg_iovlen > 0) {
        ssize_t sent = sendmsg(client, &line, MSG_NOSIGNAL);
        if (sent == -1 && errno != EINTR)
            return 0;
        while (sent > 0 && line.msg_iovlen > 0) {
            size_t n = line.msg_iov->iov_len;
            n = (size_t)sent < n ? (size_t)sent : n;
            line.msg_iov->iov_base = (char *)line.msg_iov->iov_base + n;
            line.msg_iov->iov_len -= n;
            sent -= n;
            if (line.msg_iov->iov_len == 0) {
                line.msg_iov++;
                line.msg_iovlen--;
            }
        }
    }
    return 1;
}

static int serve(void *argument)
{
    int client = *(int *)argument, there = tell(client);
    char half[512], other[512], last = '\n';
    struct iovec room[] = {{half, sizeof half}, {other, sizeof other}};
    ssize_t got;

    free(argument);
    while (there && ((got = readv(client, room, 2)) > 0 ||
                     (got == -1 && errno == EINTR)))
        for (ssize_t i = 0; i < got && there; i++) {
            last = i < 512 ? half[i] : other[i - 512];
            if (last == '\n')
                there = tell(client);
        }
    if (there && got == 0 && last != '\n')
        tell(client);
    close(client);
    return 0;
}

static void start(int client)
{
    int *argument = malloc(sizeof *argument);
    thrd_t thread;

    if (argument != NULL && (*argument = client, true) &&
        thrd_create(&thread, serve, argument) == thrd_success) {
        thrd_detach(thread);
        return;
    }
    free(argument);
    close(client);
}

int main(int argc, char **argv)
{
    uint16_t port = 5155;
    const char *call;
    sigset_t end;

    if (argc > 2 || (argc > 1 && !net_parse_port(argv[1], 0, &port))) {
        fputs("usage: thread_server [PORT]\n", stderr);
        return 2;
    }
    tzset();
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    int listener = net_listen(port, &call);
    if (listener == -1)
        err(1, "%s", call);
    if (pipe(wake) == -1)
        err(1, "pipe");
    fcntl(listener, F_SETFL, O_NONBLOCK);
    signal(SIGTERM, on_end);
    net_announce(listener);

    int pause = -1; /* ms without a look at the listener */
    for (;;) {
        struct pollfd both[] = {{.fd = wake[0], .events = POLLIN},
                                {.fd = listener, .events = POLLIN}};
        poll(both, pause == -1 ? 2 : 1, pause);
        pause = -1;
        if (both[0].revents != 0)
            return 0;
        if (both[1].revents == 0)
            continue;
        int client = net_accept(listener, NULL);
        pthread_sigmask(SIG_BLOCK, &end, NULL); /* threads inherit that */
        if (client != -1)
            start(client);
        pthread_sigmask(SIG_UNBLOCK, &end, NULL);
        if (client == -1 && errno != EAGAIN)
            pause = 100;
    }
}
