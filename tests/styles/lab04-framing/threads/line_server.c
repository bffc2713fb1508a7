/*
 * Style "threads": a thread for each client, and stdio for what it says.
 * Right because getc() knows no lines, only bytes, and its buffer belongs to
 * the FILE. Answers are collected and sent when getc() would have to wait for
 * more, which FIONREAD and the FILE's own buffer cannot hide: each line is
 * sent at once.
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
#include <sys/time.h>
#include <unistd.h>

static void die(const char *what)
{
    fprintf(stderr, "line_server: %s: %s\n", what, strerror(errno));
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

enum { HEAD = 8, LIMIT = 65536 };

/* The next byte; EOF at the end of the stream or at an error. */
static int get(FILE *in)
{
    int c;

    while ((c = getc(in)) == EOF && ferror(in) && errno == EINTR)
        clearerr(in);
    return c;
}

static void linger(int fd)
{
    struct timeval tenth = {.tv_usec = 100000};
    char unread[8192];

    shutdown(fd, SHUT_WR);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tenth, sizeof tenth);
    for (time_t begin = time(NULL); time(NULL) <= begin;)
        if (recv(fd, unread, sizeof unread, 0) == 0)
            break;
}

static void converse(FILE *in, char *answer)
{
    size_t length = 0;
    int c;

    memcpy(answer, "Echo ==>", HEAD);
    while ((c = get(in)) != EOF || (length > 0 && !ferror(in))) {
        if (c != '\n' && c != EOF) {
            if (length < LIMIT) {
                answer[HEAD + length++] = (char)c;
                continue;
            }
            put(fileno(in), "ERR line too long\n", 18);
            linger(fileno(in));
            return;
        }
        answer[HEAD + length] = '\n';
        if (!put(fileno(in), answer, HEAD + length + 1))
            return;
        length = 0;
    }
}

static void serve(int fd)
{
    FILE *in = fdopen(fd, "r");
    char *answer = malloc(HEAD + LIMIT + 1);

    if (in != NULL && answer != NULL)
        converse(in, answer);
    free(answer);
    if (in != NULL)
        fclose(in);
    else
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
        fprintf(stderr, "usage: line_server [PORT]\n");
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
