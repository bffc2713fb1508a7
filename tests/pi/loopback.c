/* loopback.c: what a bare exchange costs: connect, send, close, until another
 * process has read it.
 *
 *     loopback COUNT
 *
 * Prints the microseconds of each, a line each.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double microseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int listen_on_loopback(struct sockaddr_in *address)
{
    socklen_t size = sizeof *address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    *address = (struct sockaddr_in){.sin_family = AF_INET,
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd == -1 || bind(fd, (struct sockaddr *)address, size) == -1 ||
        listen(fd, 16) == -1 ||
        getsockname(fd, (struct sockaddr *)address, &size) == -1)
        err(1, "a listening socket");
    return fd;
}

/* Reads each message, and says so. */
static _Noreturn void read_all(int listener, int told)
{
    char message[8];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd == -1 || recv(fd, message, sizeof message, 0) != 7 ||
            write(told, "", 1) != 1)
            _exit(1);
        close(fd);
    }
}

static double exchange(const struct sockaddr_in *there, int told)
{
    char byte;
    double begin = microseconds();

    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1 ||
        connect(fd, (const struct sockaddr *)there, sizeof *there) == -1 ||
        send(fd, "LED ON", 7, MSG_NOSIGNAL) != 7 || close(fd) == -1 ||
        read(told, &byte, 1) != 1)
        err(1, "an exchange");
    return microseconds() - begin;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address;
    int channel[2];

    if (argc != 2)
        errx(2, "usage: loopback COUNT");
    int listener = listen_on_loopback(&address);
    if (pipe(channel) == -1)
        err(1, "pipe");
    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0)
        read_all(listener, channel[1]);
    close(channel[1]);
    for (int i = atoi(argv[1]); i > 0; i--)
        printf("%.0f\n", exchange(&address, channel[0]));
    return 0;
}
