/* echo.h: a server of lab 02 that is right but for usage errors, in few lines,
 * for programs that have one bad habit beside it. */
#ifndef ECHO_H
#define ECHO_H

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static inline int echo_listen(int argc, char **argv)
{
    struct sockaddr_in here = {.sin_family = AF_INET,
                               .sin_port =
                                   htons(argc > 1 ? atoi(argv[1]) : 9999)};
    int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    signal(SIGPIPE, SIG_IGN);
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(listener, (struct sockaddr *)&here, sizeof here) < 0 ||
        listen(listener, 16) < 0) {
        perror("server: listen");
        exit(1);
    }
    printf("listening on port %s\n", argc > 1 ? argv[1] : "9999");
    fflush(stdout);
    return listener;
}

static inline void echo_serve(int listener)
{
    char data[4096];
    for (;;) {
        int client = accept(listener, NULL, NULL);
        ssize_t n;
        if (client < 0)
            usleep(10000);
        while ((n = recv(client, data, sizeof data, 0)) > 0) {
            for (ssize_t i = 0; i < n; i++)
                if (data[i] >= 'a' && data[i] <= 'z')
                    data[i] -= 'a' - 'A';
            if (send(client, data, n, 0) != n)
                break;
        }
        close(client);
    }
}

#endif
