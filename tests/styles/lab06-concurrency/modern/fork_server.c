/*
 * Style "modern": signals come as input (signalfd), and a child ends by itself
 * when a pipe does that only the parent holds open. Right because every wait of
 * a child looks at that pipe, too.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

/* Waits until the client has said something, or takes something: false if the
 * parent has ended meanwhile. The parent's end is the end of the pipe. */
static bool wait_for(int client, short events, int parent)
{
    struct pollfd both[] = {{.fd = client, .events = events}, {.fd = parent}};

    while (poll(both, 2, -1) == -1)
        if (errno != EINTR)
            return false;
    return both[1].revents == 0;
}

static bool tell(int client, int parent)
{
    char text[26], line[64];
    time_t now = time(NULL);
    size_t size = sprintf(line, "It is now: %s", ctime_r(&now, text));

    for (size_t done = 0; done < size;) {
        ssize_t n =
            send(client, line + done, size - done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0)
            done += n;
        else if (errno == EAGAIN && !wait_for(client, POLLOUT, parent))
            return false;
        else if (errno != EAGAIN && errno != EINTR)
            return false;
    }
    return true;
}

static void serve(int client, int parent)
{
    char data[1000];
    bool rest = false, there = tell(client, parent);

    while (there && wait_for(client, POLLIN, parent)) {
        ssize_t n = recv(client, data, sizeof data, 0);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == 0 && rest)
            tell(client, parent);
        if (n <= 0)
            return;
        for (char *at = data; there && at < data + n; at++)
            if ((rest = *at != '\n') == false)
                there = tell(client, parent);
    }
}

int main(int argc, char **argv)
{
    uint16_t port = 5155;
    const char *call;
    struct signalfd_siginfo info;
    sigset_t signals;
    int alive[2];

    if (argc > 2 || (argc == 2 && !net_parse_port(argv[1], 0, &port))) {
        fputs("usage: fork_server [PORT]\n", stderr);
        return 2;
    }
    tzset();
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    int news = signalfd(-1, &signals, SFD_CLOEXEC);
    if (news == -1 || pipe(alive) == -1)
        err(1, "signalfd");
    int listener = net_listen(port, &call);
    if (listener == -1)
        err(1, "%s", call);
    fcntl(listener, F_SETFL, O_NONBLOCK);
    net_announce(listener);

    for (struct pollfd both[] = {{.fd = news, .events = POLLIN},
                                 {.fd = listener, .events = POLLIN}};
         ;) {
        if (poll(both, 2, both[1].events ? -1 : 50) == -1)
            continue;
        both[1].events = POLLIN;
        if (both[0].revents && read(news, &info, sizeof info) > 0) {
            if (info.ssi_signo == SIGTERM)
                break;
            while (waitpid(-1, NULL, WNOHANG) > 0)
                ;
        }
        if (!both[1].revents)
            continue;
        int client = net_accept(listener, NULL);
        if (client == -1 && errno != EAGAIN)
            both[1].events = 0;
        if (client == -1)
            continue;
        if (fork() == 0) {
            close(alive[1]);
            close(listener);
            close(news);
            serve(client, alive[0]);
            exit(0);
        }
        close(client);
    }
    close(alive[1]);
    while (wait(NULL) > 0)
        ;
    return 0;
}
