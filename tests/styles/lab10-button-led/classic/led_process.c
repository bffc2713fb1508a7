/* led_process.c in another style: sockets and poll by hand, no helper library,
 * no lab 9, no GPIO. Its own words on stderr beside syslog's. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MAXMSG 32

static void fatal(const char *what)
{
    fprintf(stderr, "led_process: %s: %s\n", what, strerror(errno));
    exit(1);
}

static long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int readable(int fd, long end)
{
    struct pollfd p = {fd, POLLIN, 0};
    for (;;) {
        long left = end - now();
        if (left <= 0)
            return 0;
        int n = poll(&p, 1, left);
        if (n > 0)
            return 1;
        if (n < 0 && errno != EINTR)
            return 0;
    }
}

static void other(size_t len)
{
    fprintf(stderr, "led: what is that? (%zu bytes)\n", len);
    syslog(LOG_NOTICE, "what is that? (%zu bytes)", len);
}

static void status(const char *what)
{
    fprintf(stderr, "led: LED Status: %s\n", what);
    syslog(LOG_NOTICE, "LED Status: %s", what);
}

static void command(char *msg, size_t len)
{
    if (len == 6 && memcmp(msg, "LED ON", 6) == 0)
        status("On");
    else if (len == 7 && memcmp(msg, "LED OFF", 7) == 0)
        status("Off");
    else
        other(len);
}

static void client(int fd)
{
    char msg[MAXMSG], c;
    size_t len = 0;
    int whole = 0;
    long end = now() + 950;

    /* One byte at a time, up to the end of the message. */
    while (!whole && readable(fd, end)) {
        ssize_t n = read(fd, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        whole = n == 0 || c == '\0' || c == '\n';
        if (n == 1 && c == '\n' && len > 0 && len <= MAXMSG &&
            msg[len - 1] == '\r')
            len--;
        if (!whole) {
            if (len < MAXMSG)
                msg[len] = c;
            len += len < MAXMSG + 1;
        }
    }
    if (whole)
        command(msg, len);
    shutdown(fd, SHUT_WR);
    char rest[4096];
    while (readable(fd, end)) {
        ssize_t n = read(fd, rest, sizeof rest);
        if (n == 0 || (n < 0 && errno != EINTR))
            break;
    }
    close(fd);
}

int main(int argc, char **argv)
{
    int s, fd, on = 1;
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons(5555),
                            .sin_addr.s_addr = INADDR_ANY};
    (void)argv;
    if (argc != 1) {
        fprintf(stderr, "usage: led_process\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    openlog("LED TCP", LOG_PID | LOG_NDELAY, LOG_DAEMON);
    if ((s = socket(AF_INET, SOCK_STREAM, 0)) < 0)
        fatal("socket");
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(s, (struct sockaddr *)&a, sizeof a) < 0)
        fatal("bind");
    if (listen(s, 64) < 0)
        fatal("listen");
    puts("listening on port 5555");
    fflush(stdout);
    for (;;) {
        fd = accept(s, NULL, NULL);
        if (fd >= 0)
            client(fd);
        else if (errno != EINTR && errno != ECONNABORTED)
            poll(NULL, 0, 100);
    }
}
