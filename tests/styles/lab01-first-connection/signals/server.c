/*
 * Style "signals": one main() from top to bottom, with goto where a call is
 * to be made again. ppoll() waits, and SIGALRM ends its waiting; output by
 * dprintf() and writev(), without stdio.
 * Right because SIGALRM is blocked everywhere but in ppoll(), so it cannot
 * ring between a look at the flag and the sleep; ppoll() that ends for any
 * other signal is called again; the alarm is set once, for the whole of the
 * lingering.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

static volatile sig_atomic_t rung;

static void ring(int number)
{
    (void)number;
    rung = 1;
}

int main(int argc, char *argv[])
{
    if (argc != 2)
        goto usage;
    size_t digits = 0;
    while (argv[1][digits] >= '0' && argv[1][digits] <= '9')
        digits++;
    errno = 0;
    unsigned long port = strtoul(argv[1], NULL, 10);
    if (digits == 0 || argv[1][digits] != '\0' || errno == ERANGE ||
        port > 65535) {
usage:
        dprintf(2, "usage: server PORT\n");
        return 2;
    }

    struct sigaction on_alarm = {.sa_handler = ring};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t alarms, none;
    sigemptyset(&none);
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    if (sigprocmask(SIG_BLOCK, &alarms, NULL) != 0 ||
        sigaction(SIGALRM, &on_alarm, NULL) != 0 ||
        sigaction(SIGPIPE, &ignore, NULL) != 0)
        err(1, "sigaction");

    int listener = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP), yes = 1;
    if (listener < 0)
        err(1, "socket");
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0)
        err(1, "setsockopt");
    struct sockaddr_in here;
    socklen_t here_size = sizeof here;
    memset(&here, 0, sizeof here);
    here.sin_family = AF_INET;
    here.sin_port = htons((in_port_t)port);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) != 0)
        err(1, "bind");
    if (listen(listener, 1) != 0)
        err(1, "listen");
    if (getsockname(listener, (struct sockaddr *)&here, &here_size) != 0)
        err(1, "getsockname");
    dprintf(1, "listening on port %u\n", (unsigned)ntohs(here.sin_port));

    int client;
again:
    client = accept(listener, NULL, NULL);
    if (client < 0) {
        struct timespec rest = {.tv_nsec = 30000000};
        if (errno == EINTR || errno == ECONNABORTED)
            goto again;
        if (errno != EMFILE && errno != ENFILE && errno != ENOMEM &&
            errno != ENOBUFS)
            err(1, "accept");
        ppoll(NULL, 0, &rest, NULL);
        goto again;
    }

    char message[256], *newline = NULL;
    size_t have = 0;
    while (have < 255 && newline == NULL) {
        ssize_t n = read(client, message + have, 255 - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            err(1, "read");
        if (n == 0)
            break;
        newline = memchr(message + have, '\n', n);
        have += n;
    }
    if (newline != NULL)
        have = newline - message;
    message[have] = '\n';
    struct iovec output[] = {{"Message received from client: ", 30},
                             {message, have + 1}};
    while (output[1].iov_len > 0) {
        ssize_t n = writev(1, output, 2);
        if (n < 0 && errno != EINTR)
            err(1, "stdout");
        for (int i = 0; i < 2 && n > 0; i++) {
            size_t out = (size_t)n < output[i].iov_len ? (size_t)n
                                                       : output[i].iov_len;
            output[i].iov_base = (char *)output[i].iov_base + out;
            output[i].iov_len -= out;
            n -= out;
        }
    }

    const char *rest = "I am the server. I received your message.\n";
    while (*rest != '\0') {
        ssize_t n = write(client, rest, strlen(rest));
        if (n < 0 && errno != EINTR)
            err(1, "write");
        rest += n > 0 ? n : 0;
    }

    struct itimerval lingering = {.it_value.tv_usec = 900000};
    struct pollfd from_client = {.fd = client, .events = POLLIN};
    setitimer(ITIMER_REAL, &lingering, NULL);
    shutdown(client, SHUT_WR);
    while (!rung) {
        int ready = ppoll(&from_client, 1, NULL, &none);
        if (ready < 0 && errno != EINTR)
            err(1, "ppoll");
        if (ready < 1)
            continue;
        ssize_t n = read(client, message, sizeof message);
        if (n == 0 || (n < 0 && errno != EINTR))
            break;
    }
    close(client);
    close(listener);
    return 0;
}
