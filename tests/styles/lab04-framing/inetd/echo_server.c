/*
 * Style "inetd": the child of each client has it for stdin and stdout, and
 * knows nothing of sockets.
 * Right because read() and write() do on a socket what they do on a pipe;
 * SIGPIPE ends a child whose client has gone, and SA_NOCLDWAIT buries it.
 */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void echo(void)
{
    static char buffer[8 + 2048] = "Echo ==>";
    ssize_t n;

    while ((n = read(0, buffer + 8, sizeof buffer - 8)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            exit(1);
        for (ssize_t done = 0, size = 8 + n; done < size;) {
            ssize_t out = write(1, buffer + done, size - done);
            if (out < 0 && errno != EINTR)
                exit(1);
            done += out > 0 ? out : 0;
        }
    }
}

static void serve(int listener, int client)
{
    close(listener);
    dup2(client, 0);
    dup2(client, 1);
    close(client);
    echo();
    exit(0);
}

int main(int argc, char **argv)
{
    struct sigaction no_zombies = {.sa_handler = SIG_IGN,
                                   .sa_flags = SA_NOCLDWAIT};
    struct sockaddr_in me = {.sin_family = AF_INET};
    socklen_t size = sizeof me;
    int one = 1, port = 5050, listener;
    const char *call = "socket";

    if (argc == 2) {
        port = 0;
        for (char *p = argv[1]; *p != '\0'; p++)
            if (*p < '0' || *p > '9' || (port = port * 10 + *p - '0') > 65535)
                goto usage;
        if (argv[1][0] == '\0')
            goto usage;
    }
    if (argc > 2)
        goto usage;
    if ((listener = socket(PF_INET, SOCK_STREAM, 0)) < 0)
        goto failed;
    call = "setsockopt";
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0)
        goto failed;
    call = "bind";
    me.sin_port = htons(port);
    if (bind(listener, (struct sockaddr *)&me, sizeof me) < 0)
        goto failed;
    call = "listen";
    if (listen(listener, 50) < 0)
        goto failed;
    getsockname(listener, (struct sockaddr *)&me, &size);
    sigaction(SIGCHLD, &no_zombies, NULL);
    printf("listening on port %d\n", ntohs(me.sin_port));
    fflush(stdout);

    for (;;) {
        int client = accept(listener, NULL, NULL);
        pid_t child = client < 0 ? -1 : fork();
        if (child == 0)
            serve(listener, client);
        if (child < 0 && errno != EINTR && errno != ECONNABORTED)
            nanosleep(&(struct timespec){.tv_nsec = 40000000}, NULL);
        if (client >= 0)
            close(client);
    }

failed:
    fprintf(stderr, "echo_server: %s: %s\n", call, strerror(errno));
    return 1;
usage:
    fprintf(stderr, "usage: echo_server [PORT]\n");
    return 2;
}
