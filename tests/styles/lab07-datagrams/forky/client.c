/*
 * Style "forky", the client: a timer that fires every 500 ms, whose signal ends
 * the wait.
 * Right because SIGALRM is blocked but in ppoll(), so that it cannot come
 * between the look at the flag and the wait, where it would be lost; any other
 * interruption finds the flag unset and waits on. The socket is connected.
 */
#define _GNU_SOURCE /* ppoll */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "net.h"

static volatile sig_atomic_t time_is_up;
static char answer[65507];

static void on_alarm(int signal_number)
{
    (void)signal_number;
    time_is_up = 1;
}

static void set_timer(int ms)
{
    struct itimerval timer = {.it_interval.tv_usec = ms * 1000,
                              .it_value.tv_usec = ms * 1000};
    time_is_up = 0;
    if (setitimer(ITIMER_REAL, &timer, NULL) == -1)
        err(1, "setitimer");
}

/* The length of the answer; -1 with ETIMEDOUT after the third signal. */
static ssize_t ask(int fd, const char *text, const sigset_t *waiting)
{
    struct pollfd link = {.fd = fd, .events = POLLIN};
    int tries = 0;

    time_is_up = 1;
    for (;;) {
        if (time_is_up && tries == 3) {
            errno = ETIMEDOUT;
            return -1;
        }
        if (time_is_up) {
            tries++;
            set_timer(500);
            while (send(fd, text, strlen(text), 0) == -1)
                if (errno != EINTR)
                    return -1;
        }
        if (ppoll(&link, 1, NULL, waiting) == -1) {
            if (errno != EINTR)
                err(1, "ppoll");
            continue;
        }
        ssize_t got = recv(fd, answer, sizeof answer, MSG_DONTWAIT);
        if (got != -1 || (errno != EINTR && errno != EAGAIN))
            return got;
    }
}

int main(int argc, char *argv[])
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *service = argc > 2 ? argv[2] : "9999";
    const char *text = argc > 3 ? argv[3] : "original text";
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *list, *a;
    struct sigaction action = {.sa_handler = on_alarm};
    sigset_t blocked, waiting;
    ssize_t got = -1;
    uint16_t port;

    if (argc > 4 || !net_parse_port(service, 1, &port) ||
        strlen(text) > sizeof answer) {
        fputs("usage: client [HOST [PORT [TEXT]]]\n", stderr);
        return 2;
    }
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGALRM);
    sigprocmask(SIG_BLOCK, &blocked, &waiting);
    sigaction(SIGALRM, &action, NULL);

    int error = getaddrinfo(host, service, &hints, &list);
    if (error != 0)
        errx(1, "%s: %s", host, net_reason(error));
    errno = 0;
    for (a = list; a != NULL && got == -1 && errno != ETIMEDOUT;
         a = a->ai_next) {
        int fd = socket(a->ai_family, a->ai_socktype, 0);
        if (fd == -1)
            err(1, "socket");
        if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            got = ask(fd, text, &waiting);
        int reason = errno;
        close(fd);
        errno = reason;
    }
    if (got == -1 && errno == ETIMEDOUT)
        errx(1, "no answer");
    if (got == -1)
        err(1, "%s", host);
    freeaddrinfo(list);
    printf("Received ");
    fwrite(answer, 1, got, stdout);
    printf("\n");
    if (fflush(stdout) == EOF)
        err(1, "stdout");
    return 0;
}
