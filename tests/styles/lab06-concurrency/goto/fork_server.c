/*
 * Style "goto": the listener is signal-driven (O_ASYNC, SIGIO), and the parent
 * waits in sigtimedwait for whatever comes: a client, an ended child, SIGTERM.
 * A child has its client as stdin and stdout, as if inetd had started it. Right
 * because all three signals are blocked from the start, and each one leads to
 * a look at everything that it may stand for.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void tell(void)
{
    char text[26];
    time_t now = time(NULL);
    size_t left = 36;
    char line[64], *next = line;

    sprintf(line, "It is now: %s", ctime_r(&now, text));
    while (left > 0) {
        ssize_t done = write(STDOUT_FILENO, next, left);
        if (done == -1 && errno == EINTR)
            continue;
        if (done == -1)
            _exit(0);
        next += done;
        left -= done;
    }
}

static void serve(void)
{
    char byte, last = '\n';
    ssize_t got;

    tell();
    while ((got = read(STDIN_FILENO, &byte, 1)) == 1 ||
           (got == -1 && errno == EINTR))
        if (got == 1 && (last = byte) == '\n')
            tell();
    if (got == 0 && last != '\n')
        tell();
    _exit(0);
}

int main(int argc, char **argv)
{
    static pid_t children[4096];
    int count = 0, on = 1, listener, client, number;
    struct sockaddr_in here = {.sin_family = AF_INET};
    socklen_t size = sizeof here;
    const struct timespec tenth = {0, 100000000};
    sigset_t news, before;
    const char *call;
    bool full = false;
    char *end = NULL;
    pid_t child;
    long port = 5155;

    if (argc > 2)
        goto usage;
    if (argc == 2) {
        if (strspn(argv[1], "0123456789") == 0)
            goto usage;
        port = strtol(argv[1], &end, 10);
        if (*end != '\0' || port > 65535)
            goto usage;
    }
    tzset();
    sigemptyset(&news);
    sigaddset(&news, SIGIO);
    sigaddset(&news, SIGCHLD);
    sigaddset(&news, SIGTERM);
    sigprocmask(SIG_BLOCK, &news, &before);

    here.sin_port = htons(port);
    call = "socket";
    if ((listener = socket(AF_INET, SOCK_STREAM, 0)) == -1)
        goto failed;
    call = "setsockopt";
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
        goto failed;
    call = "bind";
    if (bind(listener, (struct sockaddr *)&here, sizeof here) == -1)
        goto failed;
    call = "fcntl";
    if (fcntl(listener, F_SETOWN, getpid()) == -1 ||
        fcntl(listener, F_SETFL, O_NONBLOCK | O_ASYNC) == -1)
        goto failed;
    call = "listen";
    if (listen(listener, 1024) == -1)
        goto failed;
    call = "getsockname";
    if (getsockname(listener, (struct sockaddr *)&here, &size) == -1)
        goto failed;
    printf("listening on port %d\n", ntohs(here.sin_port));
    fflush(stdout);

wait:
    number = sigtimedwait(&news, NULL, full ? &tenth : NULL);
    if (number == SIGTERM)
        goto over;
    while ((child = waitpid(-1, NULL, WNOHANG)) > 0)
        for (int i = 0; i < count; i++)
            if (children[i] == child)
                children[i] = children[--count];
accept:
    client = accept(listener, NULL, NULL);
    full = client == -1 && errno != EAGAIN && errno != EINTR &&
           errno != ECONNABORTED;
    if (client == -1 && (errno == EINTR || errno == ECONNABORTED))
        goto accept;
    if (client == -1)
        goto wait;
    child = count < 4096 ? fork() : -1;
    if (child == 0) {
        dup2(client, STDIN_FILENO);
        dup2(client, STDOUT_FILENO);
        close(client);
        close(listener);
        sigprocmask(SIG_SETMASK, &before, NULL);
        serve();
    }
    if (child > 0)
        children[count++] = child;
    close(client);
    goto accept;

over:
    while (count > 0)
        kill(children[--count], SIGKILL);
    while (wait(NULL) > 0)
        ;
    return 0;
failed:
    fprintf(stderr, "fork_server: %s: %s\n", call, strerror(errno));
    return 1;
usage:
    fprintf(stderr, "usage: fork_server [PORT]\n");
    return 2;
}
