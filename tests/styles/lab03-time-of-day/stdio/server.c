/*
 * Style "stdio": every connection as two FILEs, one to tell the time with,
 * one to hear the client out.
 * Right because the time goes out before anything is read, on an unbuffered
 * FILE whose fwrite() tells how much went out; then comes the shutdown, and
 * the other FILE is read to its end, nonblocking and for 0.9 s at most, so
 * that the close sends no reset and a client that stays keeps nobody longer.
 * The descriptor for the second FILE is set aside before accept(), so that no
 * client is taken who could not be served; the time zone is read at the start.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void failed(const char *call)
{
    fprintf(stderr, "server: %s: %s\n", call, strerror(errno));
    exit(1);
}

static int to_port(const char *text, long least)
{
    char digits[6];
    int used = 0;

    if (sscanf(text, "%5[0-9]%n", digits, &used) != 1 || text[used] != '\0')
        return -1;
    long port = strtol(digits, NULL, 10);
    return port >= least && port <= 65535 ? (int)port : -1;
}

static int start(int port)
{
    struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t size = sizeof me;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0)
        failed("socket");
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) != 0)
        failed("setsockopt");
    me.sin_addr.s_addr = INADDR_ANY;
    if (bind(fd, (struct sockaddr *)&me, sizeof me) != 0)
        failed("bind");
    if (listen(fd, SOMAXCONN) != 0)
        failed("listen");
    if (getsockname(fd, (struct sockaddr *)&me, &size) != 0)
        failed("getsockname");
    if (printf("listening on port %d\n", ntohs(me.sin_port)) < 0 ||
        fflush(stdout) != 0)
        failed("stdout");
    return fd;
}

static int set_aside(int listener)
{
    int fd;

    while ((fd = dup(listener)) < 0)
        poll(NULL, 0, 40);
    return fd;
}

static int welcome(int listener)
{
    int fd;

    while ((fd = accept(listener, NULL, NULL)) < 0) {
        if (errno == EINTR || errno == ECONNABORTED)
            continue;
        if (errno == EBADF || errno == EINVAL || errno == ENOTSOCK)
            failed("accept");
        poll(NULL, 0, 40);
    }
    return fd;
}

static int put(FILE *out, const char *data, size_t size)
{
    while (size > 0) {
        size_t n = fwrite(data, 1, size, out);

        data += n;
        size -= n;
        if (size > 0 && errno != EINTR)
            return -1;
        clearerr(out);
    }
    return 0;
}

static long long now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void swallow_rest(FILE *in)
{
    struct pollfd p = {.fd = fileno(in), .events = POLLIN};
    long long left, end = now_ms() + 900;
    char junk[4096];

    if (fcntl(p.fd, F_SETFL, O_NONBLOCK) != 0)
        return;
    while ((left = end - now_ms()) > 0) {
        if (fread(junk, 1, sizeof junk, in) == sizeof junk)
            continue;
        if (feof(in) || (errno != EAGAIN && errno != EINTR))
            return;
        clearerr(in);
        if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
            poll(NULL, 0, 10);
    }
}

static void finish(FILE *f, int fd)
{
    if (f != NULL)
        fclose(f);
    else
        close(fd);
}

int main(int argc, char *argv[])
{
    int port = argc == 2 ? to_port(argv[1], 0) : 8888;

    if (argc > 2 || port < 0) {
        fputs("usage: server [PORT]\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    tzset();

    for (int listener = start(port);;) {
        int copy = set_aside(listener), connection = welcome(listener);
        while (dup2(connection, copy) < 0)
            poll(NULL, 0, 40); /* a lowered limit forbids old numbers, too */

        FILE *in = fdopen(connection, "r"), *out = fdopen(copy, "w");
        if (in != NULL && out != NULL) {
            char line[26];
            time_t now = time(NULL);

            setvbuf(out, NULL, _IONBF, 0);
            ctime_r(&now, line);
            put(out, line, strlen(line));
            shutdown(copy, SHUT_WR);
            swallow_rest(in);
        }
        finish(out, copy);
        finish(in, connection);
    }
}
