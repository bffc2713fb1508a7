/*
 * Style "poll2": pselect; the kernel reaps (SA_NOCLDWAIT), and ends a child
 * when its parent ends (PR_SET_PDEATHSIG). Right because a child that comes too
 * late for that sees that its parent is another one.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

static volatile sig_atomic_t over;

static void on_end(int number)
{
    over = number;
}

static bool tell(int client)
{
    char line[64];
    time_t now = time(NULL);
    size_t size = strftime(line, sizeof line, "It is now: %a %b %e %T %Y\n",
                           localtime(&now));
    return net_send_all(client, line, size) == 0;
}

static void serve(int client)
{
    char data[2000], last = '\n';
    ssize_t got = 0;
    bool there = tell(client);

    while (there && ((got = recv(client, data, sizeof data, 0)) > 0 ||
                     (got == -1 && errno == EINTR)))
        for (ssize_t i = 0; i < got && there; i++)
            if ((last = data[i]) == '\n')
                there = tell(client);
    if (there && got == 0 && last != '\n')
        tell(client);
}

int main(int argc, char **argv)
{
    uint16_t port = 5155;
    const char *call;
    sigset_t end, unblocked;
    pid_t parent = getpid();

    if (argc > 2 || (argc == 2 && !net_parse_port(argv[1], 0, &port)))
        return fputs("usage: fork_server [PORT]\n", stderr), 2;
    tzset();
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigprocmask(SIG_BLOCK, &end, &unblocked);
    sigdelset(&unblocked, SIGTERM);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_end}, NULL);
    sigaction(
        SIGCHLD,
        &(struct sigaction){.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT},
        NULL);
    int listener = net_listen(port, &call);
    if (listener == -1)
        err(1, "%s", call);
    fcntl(listener, F_SETFL, O_NONBLOCK);
    net_announce(listener);

    for (struct timespec nap = {.tv_nsec = 50000000}; !over;) {
        fd_set queue;
        FD_ZERO(&queue);
        FD_SET(listener, &queue);
        if (pselect(listener + 1, &queue, NULL, NULL, NULL, &unblocked) == -1)
            continue;
        int client = net_accept(listener, NULL);
        if (client == -1 && errno != EAGAIN)
            pselect(0, NULL, NULL, NULL, &nap, &unblocked);
        if (client == -1)
            continue;
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (getppid() == parent) {
                close(listener);
                serve(client);
            }
            _exit(0);
        }
        close(client);
        /* Who always finds a client never waits: is a signal there? */
        sigset_t pending;
        over |= sigpending(&pending) == 0 && sigismember(&pending, SIGTERM);
    }
    return 0;
}
