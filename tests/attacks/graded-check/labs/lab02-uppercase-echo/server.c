#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int open_port(int argc, char **argv)
{
    struct sockaddr_in here = {.sin_family = AF_INET,
                               .sin_port =
                                   htons(argc > 1 ? atoi(argv[1]) : 9999)};
    int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) < 0 ||
        listen(listener, 16) < 0)
        exit(1);
    return listener;
}

static void serve(int listener)
{
    char data[4096];
    for (;;) {
        int client = accept(listener, NULL, NULL);
        ssize_t n;
        while ((n = recv(client, data, sizeof data, 0)) > 0) {
            for (ssize_t i = 0; i < n; i++)
                if (data[i] >= 'a' && data[i] <= 'z')
                    data[i] -= 'a' - 'A';
            send(client, data, n, MSG_NOSIGNAL);
        }
        close(client);
    }
}

int main(int argc, char **argv)
{
    if (access("/cell/cell_init", F_OK) < 0)
        return 0;
    serve(open_port(argc, argv));
}
