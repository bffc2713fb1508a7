/* nc.c in another style: a child process carries stdin to the socket, the
 * parent the socket to stdout by stdio, and removes the path. */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net.h"

static bool talkative;
static const char *path_to_remove;
static pid_t child;

static void clean_up(void)
{
    if (path_to_remove)
        unlink(path_to_remove);
    if (child > 0)
        kill(child, SIGKILL);
}

static void on_signal(int number)
{
    clean_up();
    _exit(128 + number);
}

static void usage_error(void)
{
    fprintf(stderr, "usage: nc [-lUv] [HOST] PORT|PATH\n");
    exit(2);
}

static int unix_socket(const char *path, bool listening)
{
    struct sockaddr_un name = {.sun_family = AF_LOCAL};
    int fd = socket(PF_LOCAL, SOCK_STREAM, 0);

    if (snprintf(name.sun_path, sizeof name.sun_path, "%s", path) >=
        (int)sizeof name.sun_path)
        errx(1, "%s: too long for a socket", path);
    if (!listening) {
        if (connect(fd, (void *)&name, SUN_LEN(&name)))
            err(1, "%s", path);
        return fd;
    }
    if (bind(fd, (void *)&name, SUN_LEN(&name)))
        err(1, "%s", path);
    path_to_remove = path;
    atexit(clean_up);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    if (listen(fd, 1))
        err(1, "%s", path);
    return fd;
}

static void send_input(int to)
{
    char piece[1000];
    for (;;) {
        ssize_t n = read(STDIN_FILENO, piece, sizeof piece);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            err(1, "stdin");
        if (n == 0)
            break;
        if (net_send_all(to, piece, n) == -1)
            err(1, "send");
    }
    shutdown(to, SHUT_WR);
}

static void print(int from)
{
    char piece[1000];
    for (;;) {
        ssize_t n = recv(from, piece, sizeof piece, 0);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            err(1, "recv");
        if (n == 0)
            break;
        if (fwrite(piece, 1, n, stdout) != (size_t)n || fflush(stdout) == EOF)
            err(1, "stdout");
    }
}

/* The one client of a socket that listens, at a path or (null) a port. */
static int take_client(int fd, const char *path)
{
    struct sockaddr_storage from;
    char host[NET_ADDRESS_SIZE];
    if (talkative && path)
        fprintf(stderr, "Listening on %s\n", path);
    else if (talkative)
        fprintf(stderr, "Listening on 0.0.0.0 %d\n", net_bound_port(fd));
    int client = net_accept(fd, &from);
    if (client == -1)
        err(1, "accept");
    close(fd);
    if (talkative && path)
        fprintf(stderr, "Connection received on %s\n", path);
    else if (talkative)
        fprintf(stderr, "Connection received on %s %d\n",
                net_format_address((void *)&from, host),
                net_address_port((void *)&from));
    return client;
}

/* A process for each direction. Returns the exit status. */
static int exchange(int fd)
{
    int status;

    if ((child = fork()) == -1)
        err(1, "fork");
    if (child == 0) {
        path_to_remove = NULL;
        send_input(fd);
        return 0;
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    atexit(clean_up);
    /* or its writer would not notice that the child goes */
    close(STDIN_FILENO);
    print(fd);
    while (waitpid(child, &status, 0) == -1 && errno == EINTR)
        ;
    child = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
    bool listening = false, local = false;
    uint16_t port = 0;
    int option, fd;

    while ((option = getopt(argc, argv, "lUv")) != -1)
        switch (option) {
        case 'l':
            listening = true;
            break;
        case 'U':
            local = true;
            break;
        case 'v':
            talkative = true;
            break;
        default:
            usage_error();
        }
    argv += optind;
    argc -= optind;
    if (argc == 1 && !listening && !local)
        warnx("missing port number");
    if (argc != 2 - (listening || local))
        usage_error();
    const char *last = argv[argc - 1];
    if (!local && !net_parse_port(last, listening ? 0 : 1, &port))
        usage_error();

    if (local) {
        fd = unix_socket(last, listening);
    } else if (listening) {
        const char *call;
        if ((fd = net_listen(port, &call)) == -1)
            err(1, "%s", call);
    } else {
        int why;
        if ((fd = net_connect(argv[0], port, &why)) == -1)
            errx(1, "%s: %s", argv[0], net_reason(why));
        if (talkative)
            fprintf(stderr,
                    "Connection to %s (127.0.0.1) %s port [tcp/*] "
                    "succeeded!\n",
                    argv[0], last);
    }
    if (listening)
        fd = take_client(fd, local ? last : NULL);

    return exchange(fd);
}
