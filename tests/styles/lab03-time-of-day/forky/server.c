/*
 * Style "forky", with threads: a detached thread for every client, 50 at a
 * time, so that a client that lingers delays nobody.
 * Right because each thread gets its descriptor by value and closes it within
 * a second; a semaphore bounds their number, and where no thread can be had
 * main() serves the client itself. The stacks are small. ctime_r() writes into
 * the thread's own buffer, and tzset() was called before there were threads
 * and while there were descriptors. After the line it shuts its direction
 * down and reads the client's away, so that the close sends no reset.
 */
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define THREADS 50
#define STACK (256 * 1024)
#define LINGER_MS 900

static sem_t room;

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

static int make_listener(long port)
{
    struct sockaddr_in addr = {0};
    socklen_t len = sizeof addr;
    int fd, yes = 1;

    if ((fd = socket(PF_INET, SOCK_STREAM, IPPROTO_TCP)) == -1)
        error_exit("server: socket");
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == -1)
        error_exit("server: setsockopt");
    addr.sin_family = AF_INET;
    addr.sin_port = htons(port);
    if (bind(fd, (struct sockaddr *)&addr, sizeof addr) == -1)
        error_exit("server: bind");
    if (listen(fd, SOMAXCONN) == -1)
        error_exit("server: listen");
    if (getsockname(fd, (struct sockaddr *)&addr, &len) == -1)
        error_exit("server: getsockname");
    printf("listening on port %u\n", (unsigned)ntohs(addr.sin_port));
    fflush(stdout);
    return fd;
}

static int get_client(int listener)
{
    const struct timespec tick = {0, 50 * 1000 * 1000};
    int fd;

    while ((fd = accept(listener, NULL, NULL)) == -1) {
        switch (errno) {
        case EBADF:
        case EINVAL:
        case ENOTSOCK:
            error_exit("server: accept");
            break;
        case EINTR:
        case ECONNABORTED:
            break;
        default:
            nanosleep(&tick, NULL);
        }
    }
    return fd;
}

static int milliseconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int)(t.tv_sec % 1000000 * 1000 + t.tv_nsec / 1000000);
}

static void serve(int fd)
{
    char line[26], junk[4096];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    time_t now = time(NULL);
    size_t len, done = 0;
    int start, spent;

    len = strlen(ctime_r(&now, line));
    while (done < len) {
        ssize_t n = send(fd, line + done, len - done, MSG_NOSIGNAL);

        if (n == -1 && errno != EINTR)
            break;
        done += n > 0 ? n : 0;
    }
    shutdown(fd, SHUT_WR);
    start = milliseconds();
    while ((spent = milliseconds() - start) >= 0 && spent < LINGER_MS) {
        int n = poll(&p, 1, LINGER_MS - spent);

        if (n == -1 && errno != EINTR)
            poll(NULL, 0, 20);
        if (n == 1) {
            ssize_t got = recv(fd, junk, sizeof junk, 0);

            if (got == 0 || (got == -1 && errno != EINTR))
                break;
        }
    }
    close(fd);
}

static void *thread_main(void *arg)
{
    serve((int)(intptr_t)arg);
    sem_post(&room);
    return NULL;
}

int main(int argc, char **argv)
{
    long port = argc > 1 ? get_port(argv[1], 0) : 8888;
    pthread_attr_t attr;
    pthread_t thread;
    int listener, fd;

    if (port == -1 || argc > 2) {
        fprintf(stderr, "usage: %s [PORT]\n", "server");
        exit(2);
    }
    tzset();
    if (sem_init(&room, 0, THREADS) == -1)
        error_exit("server: sem_init");
    if ((errno = pthread_attr_init(&attr)) != 0)
        error_exit("server: pthread_attr_init");
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, STACK);
    listener = make_listener(port);
    for (;;) {
        fd = get_client(listener);
        while (sem_wait(&room) == -1)
            ;
        if (pthread_create(&thread, &attr, thread_main, (void *)(intptr_t)fd) !=
            0) {
            sem_post(&room);
            serve(fd);
        }
    }
}
