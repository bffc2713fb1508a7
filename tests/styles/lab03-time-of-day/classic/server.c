/*
 * Style "classic": one process, one client after the other, ctime() and
 * write() on the socket as on any file.
 * Right because it writes without reading first; then it shuts its direction
 * down, so that the client sees the end of the stream at once, and reads away
 * what the client said, so that the close sends no reset. SO_RCVTIMEO, set to
 * what is left of 0.9 s before each read, keeps that time for every client.
 * tzset() at the start: later there may be no descriptor to read the time
 * zone's file with.
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

static void die(const char *what)
{
    fprintf(stderr, "server: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static int port_number(const char *s, int lowest)
{
    int port = 0;

    if (*s == '\0')
        return -1;
    for (; *s != '\0'; s++) {
        if (*s < '0' || *s > '9')
            return -1;
        port = port * 10 + (*s - '0');
        if (port > 65535)
            return -1;
    }
    return port < lowest ? -1 : port;
}

static void ignore_sigpipe(void)
{
    struct sigaction sa;

    memset(&sa, 0, sizeof sa);
    sa.sa_handler = SIG_IGN;
    sigemptyset(&sa.sa_mask);
    if (sigaction(SIGPIPE, &sa, NULL) < 0)
        die("sigaction");
}

static int open_listener(int port)
{
    struct sockaddr_in sin;
    socklen_t len = sizeof sin;
    int on = 1;
    int s = socket(AF_INET, SOCK_STREAM, 0);

    if (s < 0)
        die("socket");
    if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        die("setsockopt");
    memset(&sin, 0, sizeof sin);
    sin.sin_family = AF_INET;
    sin.sin_addr.s_addr = htonl(INADDR_ANY);
    sin.sin_port = htons(port);
    if (bind(s, (struct sockaddr *)&sin, sizeof sin) < 0)
        die("bind");
    if (listen(s, SOMAXCONN) < 0)
        die("listen");
    if (getsockname(s, (struct sockaddr *)&sin, &len) < 0)
        die("getsockname");
    printf("listening on port %d\n", ntohs(sin.sin_port));
    if (fflush(stdout) == EOF)
        die("stdout");
    return s;
}

static int next_client(int listener)
{
    for (;;) {
        int s = accept(listener, NULL, NULL);

        if (s >= 0)
            return s;
        if (errno == EBADF || errno == EINVAL || errno == ENOTSOCK)
            die("accept");
        if (errno != EINTR && errno != ECONNABORTED)
            usleep(50 * 1000);
    }
}

static int write_all(int s, const char *p, size_t left)
{
    while (left > 0) {
        ssize_t n = write(s, p, left);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        p += n;
        left -= n;
    }
    return 0;
}

static long usec_since(const struct timespec *start)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - start->tv_sec) * 1000000L +
           (now.tv_nsec - start->tv_nsec) / 1000;
}

static void hang_up(int s)
{
    struct timespec start;
    char junk[8192];
    long left;

    shutdown(s, SHUT_WR);
    clock_gettime(CLOCK_MONOTONIC, &start);
    while ((left = 900000L - usec_since(&start)) > 0) {
        struct timeval tv = {0, left};
        ssize_t n;

        setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
        n = read(s, junk, sizeof junk);
        if (n == 0 || (n < 0 && errno != EINTR))
            break;
    }
    close(s);
}

int main(int argc, char **argv)
{
    int port = argc < 2 ? 8888 : argc == 2 ? port_number(argv[1], 0) : -1;
    int listener;

    if (port < 0) {
        fprintf(stderr, "usage: server [PORT]\n");
        return 2;
    }
    tzset();
    ignore_sigpipe();
    listener = open_listener(port);
    for (;;) {
        int s = next_client(listener);
        time_t now = time(NULL);
        const char *text = ctime(&now); /* it ends in a newline */

        write_all(s, text, strlen(text));
        hang_up(s);
    }
}
