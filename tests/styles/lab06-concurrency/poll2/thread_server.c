/*
 * Style "poll2": whoever has accepted a client starts the thread that accepts
 * the next one, and serves its own. Right because no two threads know of one
 * client; the first thread only waits for SIGTERM, and ends all by returning.
 */
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

static int listener;

static bool tell(int client)
{
    char line[64];
    struct tm local;
    time_t now = time(NULL);
    size_t size = strftime(line, sizeof line, "It is now: %a %b %e %T %Y\n",
                           localtime_r(&now, &local));
    return net_send_all(client, line, size) == 0;
}

static void serve(int client)
{
    char data[100];
    bool rest = false, there = tell(client);

    while (there) {
        ssize_t got = read(client, data, sizeof data);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == 0 && rest)
            tell(client);
        if (got <= 0)
            return;
        for (ssize_t i = 0; i < got && there; i++)
            if (!(rest = data[i] != '\n'))
                there = tell(client);
    }
}

static void *work(void *nothing)
{
    pthread_t next;
    int client;

    pthread_detach(pthread_self());
    while ((client = net_accept(listener, NULL)) == -1 ||
           pthread_create(&next, NULL, work, NULL) != 0)
        close(client);
    serve(client);
    close(client);
    return nothing;
}

int main(int argc, char **argv)
{
    uint16_t port = 5155;
    const char *call;
    sigset_t end;
    pthread_t first;
    int number;

    if (argc > 2 || (argc == 2 && !net_parse_port(argv[1], 0, &port)))
        return fputs("usage: thread_server [PORT]\n", stderr), 2;
    tzset();
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &end, NULL);
    if ((listener = net_listen(port, &call)) == -1)
        err(1, "%s", call);
    net_announce(listener);
    if (pthread_create(&first, NULL, work, NULL) != 0)
        errx(1, "pthread_create");
    while (sigwait(&end, &number) != 0)
        ;
    return 0;
}
