/* led_process.c in another style: a thread for each client, so that nobody
 * waits for anybody; records for syslog written by hand. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void to_syslog(const char *text)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    char record[256];
    int size = snprintf(record, sizeof record, "<14>LED TCP[%d]: %s",
                        (int)getpid(), text);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return;
    /* Where nobody takes it, stderr is all there is. */
    (void)!sendto(fd, record, size, MSG_NOSIGNAL | MSG_DONTWAIT,
                  (struct sockaddr *)&to, sizeof to);
    close(fd);
}

static void tell(const char *text)
{
    pthread_mutex_lock(&lock);
    fprintf(stderr, "%s\n", text);
    to_syslog(text);
    pthread_mutex_unlock(&lock);
}

static void *serve(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char data[512], rest[512];
    size_t have = 0;
    bool over = false;
    struct timespec start, now;
    long left;
    clock_gettime(CLOCK_MONOTONIC, &start);
#define LEFT                                                                   \
    (clock_gettime(CLOCK_MONOTONIC, &now),                                     \
     left = 980 - ((now.tv_sec - start.tv_sec) * 1000 +                        \
                   (now.tv_nsec - start.tv_nsec) / 1000000))
    while (!over && have < sizeof data && LEFT > 0) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, (int)left) != 1)
            continue;
        ssize_t n = recv(fd, data + have, sizeof data - have, 0);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            break;
        over =
            n == 0 || memchr(data + have, 0, n) || memchr(data + have, '\n', n);
        have += n;
    }
    if (over) {
        size_t length = 0;
        while (length < have && data[length] && data[length] != '\n')
            length++;
        if (length < have && data[length] == '\n' && length &&
            data[length - 1] == '\r')
            length--;
        tell(length == 6 && !memcmp(data, "LED ON", 6)    ? "LED Status: On"
             : length == 7 && !memcmp(data, "LED OFF", 7) ? "LED Status: Off"
                                                          : "unknown message");
    } else {
        tell("message dropped");
    }
    shutdown(fd, SHUT_WR);
    while (LEFT > 0) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, (int)left) != 1)
            continue;
        ssize_t n = recv(fd, rest, sizeof rest, 0);
        if (n == 0 || (n == -1 && errno != EINTR))
            break;
    }
    close(fd);
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        fprintf(stderr, "usage: %s\n", argv[0]);
        return 2;
    }

    struct sockaddr_in6 here = {.sin6_family = AF_INET6,
                                .sin6_port = htons(5555)};
    int on = 1, off = 0, listener = socket(AF_INET6, SOCK_STREAM, 0);
    pthread_attr_t detached;
    pthread_t thread;

    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&detached, 256 * 1024);
    if (listener == -1 ||
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) ||
        bind(listener, (struct sockaddr *)&here, sizeof here) ||
        listen(listener, SOMAXCONN)) {
        perror("led_process: start");
        return 1;
    }
    printf("listening on port 5555\n");
    fflush(stdout);
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd == -1 && errno != EINTR && errno != ECONNABORTED)
            usleep(50000);
        if (fd != -1 &&
            pthread_create(&thread, &detached, serve, (void *)(intptr_t)fd))
            close(fd);
    }
}
