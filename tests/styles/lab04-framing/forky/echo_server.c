/*
 * Style "forky": a child for each client, read() and write().
 * Right because each read() is answered with two writes in order, which is as
 * good as one on a stream; children are buried by the kernel, and whatever
 * goes wrong with a client ends its child alone.
 */
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(const char *what)
{
    fprintf(stderr, "echo_server: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int number(const char *s)
{
    int n = 0;

    if (*s == '\0')
        return -1;
    for (; *s != '\0'; s++) {
        if (!isdigit((unsigned char)*s) || (n = 10 * n + *s - '0') > 65535)
            return -1;
    }
    return n;
}

static int listener_on(int port)
{
    struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t size = sizeof me;
    int yes = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0)
        die("socket");
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0)
        die("setsockopt");
    if (bind(fd, (struct sockaddr *)&me, sizeof me) < 0)
        die("bind");
    if (listen(fd, 64) < 0)
        die("listen");
    if (getsockname(fd, (struct sockaddr *)&me, &size) < 0)
        die("getsockname");
    printf("listening on port %u\n", ntohs(me.sin_port));
    fflush(stdout);
    return fd;
}

static int put(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return 0;
        data += n;
        size -= n;
    }
    return 1;
}

static void serve(int fd)
{
    char data[1500];
    ssize_t n;

    while ((n = read(fd, data, sizeof data)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || !put(fd, "Echo ==>", 8) || !put(fd, data, n))
            return;
    }
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? number(argv[1]) : 5050;

    if (argc > 2 || port < 0) {
        fprintf(stderr, "usage: echo_server [PORT]\n");
        exit(2);
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_IGN); /* the kernel buries our children */
    int listener = listener_on(port);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) {
            if (errno != EINTR && errno != ECONNABORTED)
                usleep(50000);
            continue;
        }
        if (fork() == 0) {
            close(listener);
            serve(fd);
            exit(0);
        }
        close(fd); /* the child has it; or there is none, and nobody */
    }
}
