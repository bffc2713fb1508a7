/*
 * Style "threads": a thread for each client, writev() for prefix and data.
 * Right because a writev() that took a part is continued in that part.
 */
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
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

static int put_both(int fd, struct iovec *v)
{
    while (v[0].iov_len + v[1].iov_len > 0) {
        ssize_t n = writev(fd, v, 2);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return 0;
        for (int i = 0; i < 2; i++) {
            size_t part = (size_t)n < v[i].iov_len ? (size_t)n : v[i].iov_len;
            v[i].iov_base = (char *)v[i].iov_base + part;
            v[i].iov_len -= part;
            n -= part;
        }
    }
    return 1;
}

static void serve(int fd)
{
    char prefix[] = "Echo ==>", data[16384];
    ssize_t n;

    while ((n = recv(fd, data, sizeof data, 0)) != 0) {
        struct iovec v[2] = {{prefix, 8}, {data, n > 0 ? (size_t)n : 0}};

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || !put_both(fd, v))
            break;
    }
    close(fd);
}

static void *serve_thread(void *arg)
{
    int fd = (int)(intptr_t)arg;

    serve(fd);
    return NULL;
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? number(argv[1]) : 5050;
    pthread_attr_t detached;

    if (argc > 2 || port < 0) {
        fprintf(stderr, "usage: echo_server [PORT]\n");
        exit(2);
    }
    signal(SIGPIPE, SIG_IGN);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    int listener = listener_on(port);
    for (;;) {
        pthread_t thread;
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) {
            if (errno != EINTR && errno != ECONNABORTED)
                usleep(50000);
            continue;
        }
        if (pthread_create(&thread, &detached, serve_thread,
                           (void *)(intptr_t)fd) != 0)
            close(fd);
    }
}
