/*
 * Style "goto": accept has a limit of time (SO_RCVTIMEO), after which the first
 * thread looks at the flag and joins the threads that have ended. Right because
 * that is five times a second, so nothing waits for the next client; and because
 * the limit is taken from each client again, who inherits it from the listener.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct guest {
    int fd;
    pthread_t thread;
    atomic_bool done;
    struct guest *next;
};

static volatile sig_atomic_t over;

static void on_end(int number)
{
    over = number;
}

static int tell(int client)
{
    char line[40];
    struct tm local;
    time_t now = time(NULL);
    size_t sent = 0, size;

    size = strftime(line, sizeof line, "It is now: %a %b %e %H:%M:%S %Y\n",
                    localtime_r(&now, &local));
again:
    if (sent == size)
        return 1;
    ssize_t n = send(client, line + sent, size - sent, MSG_NOSIGNAL);
    if (n == -1 && errno != EINTR)
        return 0;
    sent += n == -1 ? 0 : n;
    goto again;
}

static void *serve(void *argument)
{
    struct guest *guest = argument;
    char data[333], last = '\n';
    ssize_t got;

    if (!tell(guest->fd))
        goto gone;
more:
    got = recv(guest->fd, data, sizeof data, 0);
    if (got == -1 && errno == EINTR)
        goto more;
    if (got == -1)
        goto gone;
    if (got == 0 && last != '\n')
        tell(guest->fd);
    if (got == 0)
        goto gone;
    for (ssize_t i = 0; i < got; i++)
        if ((last = data[i]) == '\n' && !tell(guest->fd))
            goto gone;
    goto more;
gone:
    shutdown(guest->fd, SHUT_RDWR);
    close(guest->fd);
    guest->done = true;
    return NULL;
}

int main(int argc, char **argv)
{
    struct sockaddr_in here = {.sin_family = AF_INET};
    struct guest *guests = NULL, **link, *guest;
    struct timeval fifth = {.tv_usec = 200000}, no_limit = {0};
    socklen_t size = sizeof here;
    int on = 1, listener, client;
    const char *call;
    long port = 5155;
    sigset_t end;
    char *rest;

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
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_end}, NULL);
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);

    here.sin_port = htons(port);
    call = "socket";
    if ((listener = socket(AF_INET, SOCK_STREAM, 0)) == -1)
        goto failed;
    call = "setsockopt";
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &fifth, sizeof fifth))
        goto failed;
    call = "bind";
    if (bind(listener, (struct sockaddr *)&here, sizeof here) == -1)
        goto failed;
    call = "listen";
    if (listen(listener, 1000) == -1)
        goto failed;
    getsockname(listener, (struct sockaddr *)&here, &size);
    printf("listening on port %d\n", ntohs(here.sin_port));
    fflush(stdout);

round:
    client = accept(listener, NULL, NULL);
    if (client == -1 && (errno == EMFILE || errno == ENFILE))
        usleep(100000);
    for (link = &guests; (guest = *link) != NULL;) {
        if (!guest->done) {
            link = &guest->next;
            continue;
        }
        pthread_join(guest->thread, NULL);
        *link = guest->next;
        free(guest);
    }
    if (over)
        return 0;
    if (client == -1)
        goto round;
    guest = calloc(1, sizeof *guest);
    if (guest == NULL)
        goto sent_away;
    guest->fd = client;
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &no_limit, sizeof no_limit);
    pthread_sigmask(SIG_BLOCK, &end, NULL);
    on = pthread_create(&guest->thread, NULL, serve, guest);
    pthread_sigmask(SIG_UNBLOCK, &end, NULL);
    if (on != 0)
        goto sent_away;
    guest->next = guests;
    guests = guest;
    goto round;
sent_away:
    free(guest);
    close(client);
    goto round;

failed:
    fprintf(stderr, "thread_server: %s: %s\n", call, strerror(errno));
    return 1;
usage:
    fprintf(stderr, "usage: thread_server [PORT]\n");
    return 2;
}
