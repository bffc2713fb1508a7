/*
 * Style "streams": children read with getc and write with dprintf; the signal
 * handlers do the work, and the parent just blocks in accept. Right because
 * waitpid, kill and _exit may be called in a handler, errno is kept, and all
 * children are in the parent's process group.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

static void reap(int number)
{
    int kept = errno;

    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    errno = kept;
}

static void end_all(int number)
{
    signal(number, SIG_IGN);
    kill(0, number);
    while (wait(NULL) > 0 || errno == EINTR)
        ;
    _exit(0);
}

static void tell(int client)
{
    time_t now = time(NULL);
    char text[26];

    if (dprintf(client, "It is now: %s", ctime_r(&now, text)) < 0)
        _exit(0);
}

static void serve(int client)
{
    FILE *lines = fdopen(client, "r");
    int byte, before = '\n';

    tell(client);
    if (lines == NULL)
        _exit(1);
    for (; (byte = getc(lines)) != EOF; before = byte)
        if (byte == '\n')
            tell(client);
    if (before != '\n' && feof(lines))
        tell(client);
    _exit(0);
}

int main(int argc, char **argv)
{
    struct sigaction on_child = {.sa_handler = reap, .sa_flags = SA_RESTART};
    struct sigaction on_end = {.sa_handler = end_all};
    uint16_t port = 5155;
    const char *call;

    if (argc > 2 || (argc > 1 && !net_parse_port(argv[1], 0, &port))) {
        fputs("usage: fork_server [PORT]\n", stderr);
        exit(2);
    }
    tzset();
    setpgid(0, 0);
    sigfillset(&on_end.sa_mask);
    sigaction(SIGCHLD, &on_child, NULL);
    sigaction(SIGTERM, &on_end, NULL);
    int listener = net_listen(port, &call);
    if (listener == -1) {
        fprintf(stderr, "fork_server: %s: %s\n", call, strerror(errno));
        exit(1);
    }
    net_announce(listener);

    for (;;) {
        int client = net_accept(listener, NULL); /* pauses if it must */
        switch (client == -1 ? -1 : fork()) {
        case 0:
            signal(SIGTERM, SIG_DFL);
            signal(SIGCHLD, SIG_DFL);
            close(listener);
            serve(client);
        }
        close(client);
    }
}
