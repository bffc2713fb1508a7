/*
 * Style "classic": the calls of the old textbooks, with read() and write() on
 * the socket as on any file, and SO_RCVTIMEO for the only time limit there is.
 * Right because a short write is continued, a message is put together from
 * any number of reads, a call that was interrupted is repeated, and the end
 * is a shutdown, then reading what is left (for less than a second), then a
 * close: so nothing unread is there to turn the close into a reset.
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

#define ANSWER "I am the server. I received your message.\n"
#define LONGEST 255

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
    if (listen(s, 5) < 0)
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
            usleep(50 * 1000); /* no descriptor or no memory left: try later */
    }
}

static ssize_t read_message(int s, char *message)
{
    size_t len = 0;

    while (len < LONGEST) {
        ssize_t n = read(s, message + len, LONGEST - len);
        char *newline;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        newline = memchr(message + len, '\n', n);
        if (newline != NULL)
            return newline - message;
        len += n;
    }
    return len;
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
    char message[LONGEST];
    int port = argc == 2 ? port_number(argv[1], 0) : -1;
    int listener, s;
    ssize_t len;

    if (port < 0) {
        fprintf(stderr, "usage: server PORT\n");
        return 2;
    }
    ignore_sigpipe();
    listener = open_listener(port);
    s = next_client(listener);
    close(listener);
    len = read_message(s, message);
    if (len < 0)
        die("read");
    printf("Message received from client: ");
    fwrite(message, 1, len, stdout);
    printf("\n");
    if (fflush(stdout) == EOF || ferror(stdout))
        die("stdout");
    write_all(s, ANSWER, strlen(ANSWER)); /* it may have left: no matter */
    hang_up(s);
    return 0;
}
