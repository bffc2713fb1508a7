/*
 * Style "modern": one thread waits for signals and nothing else, one accepts;
 * stacks are small; clients are in a list that a mutex guards. Right because a
 * shutdown ends every call that waits, accept included, and the end waits for
 * the threads after that.
 */
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

struct client {
    int fd;
    struct client *next, **link;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct client *clients;

static void hook(struct client *client)
{
    pthread_mutex_lock(&lock);
    client->next = clients;
    client->link = &clients;
    if (clients)
        clients->link = &client->next;
    clients = client;
    pthread_mutex_unlock(&lock);
}

static void unhook(struct client *client)
{
    pthread_mutex_lock(&lock);
    *client->link = client->next;
    if (client->next)
        client->next->link = client->link;
    close(client->fd);
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    free(client);
}

static int tell(int fd)
{
    struct tm local;
    char line[64];
    time_t now = time(NULL);

    localtime_r(&now, &local);
    return net_send_all(
        fd, line,
        strftime(line, sizeof line, "It is now: %a %b %e %T %Y\n", &local));
}

static void *work(void *argument)
{
    struct client *client = argument;
    char buffer[2048], last = '\n';
    ssize_t n = 0;
    int failed = tell(client->fd);

    while (!failed && ((n = recv(client->fd, buffer, sizeof buffer, 0)) > 0 ||
                       (n == -1 && errno == EINTR))) {
        for (ssize_t i = 0; i < n && !failed; i++)
            if ((last = buffer[i]) == '\n')
                failed = tell(client->fd);
    }
    if (!failed && n == 0 && last != '\n')
        tell(client->fd);
    unhook(client);
    return NULL;
}

static void *accept_all(void *argument)
{
    int listener = *(int *)argument;
    pthread_attr_t attributes;
    pthread_t thread;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    for (;;) {
        struct client *client = malloc(sizeof *client);
        if (!client)
            err(1, "malloc");
        client->fd = net_accept(listener, NULL);
        if (client->fd == -1) {
            free(client);
            return NULL;
        }
        hook(client);
        if (pthread_create(&thread, &attributes, work, client) != 0)
            unhook(client);
    }
}

int main(int argc, char **argv)
{
    uint16_t port = 5155;
    const char *call;
    sigset_t signals;
    pthread_t acceptor;
    int number;

    if (argc > 2 || (argc == 2 && !net_parse_port(argv[1], 0, &port))) {
        fputs("usage: thread_server [PORT]\n", stderr);
        return 2;
    }
    tzset();
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    int listener = net_listen(port, &call);
    if (listener == -1)
        err(1, "%s", call);
    net_announce(listener);
    if (pthread_create(&acceptor, NULL, accept_all, &listener) != 0)
        errx(1, "pthread_create");

    while (sigwait(&signals, &number) != 0)
        ;
    shutdown(listener, SHUT_RDWR);
    pthread_join(acceptor, NULL);
    pthread_mutex_lock(&lock);
    for (struct client *c = clients; c; c = c->next)
        shutdown(c->fd, SHUT_RDWR);
    while (clients)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    return 0;
}
