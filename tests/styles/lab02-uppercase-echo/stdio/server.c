/*
 * Style "stdio": every connection as two FILEs, one for each direction, on a
 * nonblocking socket; fread() brings what is there, toupper() changes it,
 * fwrite() sends it back.
 * Right because a short count with EAGAIN means "no more at the moment", so
 * an answer never waits for a full buffer; the output is unbuffered, so that
 * fwrite() tells how much went out and can be continued after EAGAIN and
 * EINTR. The descriptor for the second FILE is set aside before accept(), so
 * that no client is taken who could not be served; each FILE closes its own.
 * Without setlocale() toupper() knows a to z only. Clients come one by one.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

static int later(FILE *f, short events)
{
    struct pollfd p = {.fd = fileno(f), .events = events};

    if (errno != EAGAIN && errno != EINTR)
        return 0;
    if (errno == EAGAIN && poll(&p, 1, -1) < 0 && errno != EINTR)
        poll(NULL, 0, 40);
    clearerr(f);
    return 1;
}

static int put(FILE *out, const char *data, size_t size)
{
    while (size > 0) {
        size_t n = fwrite(data, 1, size, out);

        data += n;
        size -= n;
        if (size > 0 && !later(out, POLLOUT))
            return 0;
    }
    return 1;
}

static void echo(FILE *in, FILE *out)
{
    char data[4096];

    for (;;) {
        size_t n = fread(data, 1, sizeof data, in);
        int why = errno;

        for (size_t i = 0; i < n; i++)
            data[i] = (char)toupper((unsigned char)data[i]);
        if (!put(out, data, n) || feof(in))
            return;
        errno = why;
        if (ferror(in) && !later(in, POLLIN))
            return;
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
    int port = argc == 2 ? to_port(argv[1], 0) : 9999;

    if (argc > 2 || port < 0) {
        fputs("usage: server [PORT]\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);

    for (int listener = start(port);;) {
        int copy = set_aside(listener), connection = welcome(listener);
        while (dup2(connection, copy) < 0)
            poll(NULL, 0, 40); /* a lowered limit forbids old numbers, too */
        fcntl(connection, F_SETFL, O_NONBLOCK); /* the copy is so too */

        FILE *in = fdopen(connection, "r"), *out = fdopen(copy, "w");
        if (in != NULL && out != NULL) {
            setvbuf(out, NULL, _IONBF, 0);
            echo(in, out);
        }
        finish(out, copy);
        finish(in, connection);
    }
}
