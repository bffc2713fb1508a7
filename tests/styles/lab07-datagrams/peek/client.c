/*
 * Style "peek", the client: pselect, then FIONREAD tells how long the answer
 * is. All that is printed goes out by one writev.
 * Right because the time that is left is reckoned anew for each pselect from
 * one deadline, and an answer of 0 bytes is told from none by recv alone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static const long HALF = 500000000;

static struct timespec left_until(struct timespec end)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    long long left =
        (end.tv_sec - now.tv_sec) * 1000000000LL + end.tv_nsec - now.tv_nsec;
    left = left > 0 ? left : 0;
    return (struct timespec){left / 1000000000, left % 1000000000};
}

static void print(char *answer, size_t size)
{
    struct iovec all[] = {{"Received ", 9}, {answer, size}, {"\n", 1}};
    size_t left = size + 10;
    int i = 0;

    while (left > 0) {
        ssize_t n = writev(STDOUT_FILENO, all + i, 3 - i);
        if (n == -1 && errno != EINTR)
            exit(1);
        for (left -= n > 0 ? n : 0; n > 0 && (size_t)n >= all[i].iov_len; i++)
            n -= all[i].iov_len;
        if (n > 0) {
            all[i].iov_base = (char *)all[i].iov_base + n;
            all[i].iov_len -= n;
        }
    }
}

/* 0: printed. 1: silence. -1: an error, errno tells. */
static int try_once(int fd, const char *text)
{
    struct timespec end, left;
    fd_set in;
    int size;

    while (send(fd, text, strlen(text), 0) == -1)
        if (errno != EINTR)
            return -1;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += HALF;
    for (;;) {
        FD_ZERO(&in);
        FD_SET(fd, &in);
        left = left_until(end);
        int ready = pselect(fd + 1, &in, NULL, NULL, &left, NULL);
        if (ready == 0)
            return 1;
        if (ready == -1 || ioctl(fd, FIONREAD, &size) == -1)
            continue;
        char *answer = malloc(size + 1);
        if (answer == NULL)
            return -1;
        ssize_t got = recv(fd, answer, size, MSG_DONTWAIT);
        if (got >= 0)
            print(answer, got);
        free(answer);
        if (got >= 0)
            return 0;
        if (errno != EAGAIN && errno != EINTR)
            return -1;
    }
}

int main(int argc, char **argv)
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *port = argc > 2 ? argv[2] : "9999";
    const char *text = argc > 3 ? argv[3] : "original text";
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *list, *a;
    int error, fd, how = -1, reason = 0;

    if (argc > 4 || strlen(text) > 65507 || *port == '\0' || strlen(port) > 5 ||
        port[strspn(port, "0123456789")] != '\0' || atoi(port) == 0 ||
        atoi(port) > 65535) {
        fprintf(stderr, "usage: client [HOST [PORT [TEXT]]]\n");
        return 2;
    }
    if ((error = getaddrinfo(host, port, &hints, &list)) != 0) {
        fprintf(stderr, "client: %s: %s\n", host, gai_strerror(error));
        return 1;
    }
    for (a = list; a && how == -1; a = a->ai_next) {
        fd = socket(AF_INET, SOCK_DGRAM, 0);
        if (fd == -1 || connect(fd, a->ai_addr, a->ai_addrlen) == -1) {
            reason = errno;
            continue;
        }
        how = 1;
        for (int i = 0; i < 3 && how == 1; i++)
            how = try_once(fd, text);
        reason = errno;
        close(fd);
    }
    freeaddrinfo(list);
    if (how == 1)
        fprintf(stderr, "client: no answer\n");
    if (how == -1)
        fprintf(stderr, "client: %s: %s\n", host, strerror(reason));
    return how == 0 ? 0 : 1;
}
