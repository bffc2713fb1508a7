/*
 * Style "forky", for one client: the less known flags and calls - MSG_PEEK to
 * look where the message ends, MSG_WAITALL to take that much and no more,
 * sendmsg() for an answer in two pieces, select() for all waiting.
 * Right because what was looked at is taken before the next look, so it never
 * spins on the same bytes; MSG_WAITALL may come back early and is then called
 * again; the list of pieces is moved on by what sendmsg() took. What lies
 * behind the message is read away after the shutdown, for 0.9 s at most, so
 * that the close sends no reset.
 */
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MAX_MESSAGE 255

static void error_exit(const char *name)
{
    perror(name);
    exit(1);
}

static long get_port(const char *s, long min)
{
    char *end;
    long port;

    if (!isdigit((unsigned char)s[0]))
        return -1;
    errno = 0;
    port = strtol(s, &end, 10);
    return *end != '\0' || errno != 0 || port < min || port > 65535 ? -1 : port;
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void doze(int ms)
{
    struct timeval tv = {0, ms * 1000};

    select(0, NULL, NULL, NULL, &tv);
}

/* 1: FD is readable; 0: not so within the time (none: it may take for ever) */
static int readable(int fd, const double *until)
{
    for (;;) {
        fd_set set;
        struct timeval tv = {0, 0};
        int n;

        if (until != NULL) {
            double left = *until - seconds();
            if (left <= 0)
                return 0;
            tv.tv_usec = left < 0.999 ? (long)(left * 1e6) : 999000;
        }
        FD_ZERO(&set);
        FD_SET(fd, &set);
        n = select(fd + 1, &set, NULL, NULL, until != NULL ? &tv : NULL);
        if (n > 0)
            return 1;
        if (n < 0 && errno != EINTR)
            doze(20);
    }
}

static int make_listener(long port)
{
    struct sockaddr_in addr = {0};
    socklen_t len = sizeof addr;
    int fd, yes = 1;

    if ((fd = socket(PF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP)) == -1)
        error_exit("server: socket");
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == -1)
        error_exit("server: setsockopt");
    addr.sin_family = AF_INET;
    addr.sin_port = htons(port);
    if (bind(fd, (struct sockaddr *)&addr, sizeof addr) == -1)
        error_exit("server: bind");
    if (listen(fd, 8) == -1)
        error_exit("server: listen");
    if (getsockname(fd, (struct sockaddr *)&addr, &len) == -1)
        error_exit("server: getsockname");
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("listening on port %u\n", (unsigned)ntohs(addr.sin_port));
    return fd;
}

static int get_client(int listener)
{
    for (;;) {
        int fd;

        readable(listener, NULL);
        if ((fd = accept(listener, NULL, NULL)) != -1)
            return fd;
        switch (errno) {
        case EBADF:
        case EINVAL:
        case ENOTSOCK:
            error_exit("server: accept");
            break;
        case EINTR:
        case EAGAIN:
        case ECONNABORTED:
            break;
        default:
            doze(50);
        }
    }
}

static int get_message(int fd, char *message)
{
    int used = 0;

    while (used < MAX_MESSAGE) {
        char *start = message + used, *newline;
        int taken = 0;
        ssize_t n = recv(fd, start, MAX_MESSAGE - used, MSG_PEEK);

        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return -1;
        if (n == 0)
            break;
        if ((newline = memchr(start, '\n', n)) != NULL)
            n = newline - start + 1;
        while (taken < n) {
            ssize_t m = recv(fd, start + taken, n - taken, MSG_WAITALL);

            if (m == 0 || (m == -1 && errno != EINTR))
                return -1;
            taken += m > 0 ? m : 0;
        }
        if (newline != NULL)
            return newline - message;
        used += taken;
    }
    return used;
}

static int send_pieces(int fd, struct iovec *piece, int pieces)
{
    while (pieces > 0) {
        struct msghdr msg = {.msg_iov = piece, .msg_iovlen = pieces};
        ssize_t n = sendmsg(fd, &msg, MSG_NOSIGNAL);

        if (n == -1 && errno != EINTR)
            return -1;
        for (size_t done = n > 0 ? n : 0; pieces > 0;) {
            if (done < piece->iov_len) {
                piece->iov_base = (char *)piece->iov_base + done;
                piece->iov_len -= done;
                break;
            }
            done -= piece->iov_len;
            piece++;
            pieces--;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    char message[MAX_MESSAGE], rest[2048];
    char who[] = "I am the server. ", what[] = "I received your message.\n";
    struct iovec answer[] = {{who, strlen(who)}, {what, strlen(what)}};
    long port = argc == 2 ? get_port(argv[1], 0) : -1;
    int listener, fd, len;
    double until;

    if (port == -1) {
        fprintf(stderr, "usage: %s PORT\n", "server");
        exit(2);
    }
    listener = make_listener(port);
    fd = get_client(listener);
    if ((len = get_message(fd, message)) == -1)
        error_exit("server: recv");
    printf("Message received from client: ");
    fwrite(message, 1, len, stdout);
    putchar('\n');
    if (fflush(stdout) == EOF || ferror(stdout))
        error_exit("server: stdout");

    send_pieces(fd, answer, 2);
    shutdown(fd, SHUT_WR);
    for (until = seconds() + 0.9; readable(fd, &until);) {
        ssize_t n = recv(fd, rest, sizeof rest, 0);

        if (n == 0 || (n == -1 && errno != EINTR))
            break;
    }
    close(fd);
    close(listener);
    return 0;
}
