/*
 * Style "signals": blocking calls with one alarm a client, which is repeated
 * until it has been heard; one main() with goto.
 * Right because the alarm rings again each 10 ms until it is switched off, so
 * one that rings between the look at the flag and the recv() is not the last;
 * it is set once a client, for sending and lingering together; recv() that
 * ends for any other signal is called again. The time zone is read first.
 */
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t over;

static void on_alarm(int number)
{
    (void)number;
    over = 1;
}

static void set_alarm(long us)
{
    struct itimerval t = {.it_value = {0, us}, .it_interval = {0, 10000}};

    over = 0;
    if (us == 0)
        t.it_interval.tv_usec = 0;
    setitimer(ITIMER_REAL, &t, NULL);
}

int main(int argc, char *argv[])
{
    char *text = argc == 2 ? argv[1] : "8888", *p = text;
    unsigned int port = 0;

    while (*p >= '0' && *p <= '9' && port < 65536)
        port = port * 10 + (*p++ - '0');
    if (argc > 2 || p == text || *p != '\0' || port >= 65536) {
        fprintf(stderr, "usage: server [PORT]\n");
        return 2;
    }
    tzset();
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm; /* no SA_RESTART: it is to interrupt */
    sigaction(SIGALRM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);

    int sock = socket(AF_INET, SOCK_STREAM, 0), reuse = 1, client;
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t len = sizeof sin;
    if (sock < 0)
        err(1, "socket");
    if (setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse) < 0)
        err(1, "setsockopt");
    if (bind(sock, (struct sockaddr *)&sin, sizeof sin) < 0)
        err(1, "bind");
    if (listen(sock, 64) < 0)
        err(1, "listen");
    if (getsockname(sock, (struct sockaddr *)&sin, &len) < 0)
        err(1, "getsockname");
    dprintf(STDOUT_FILENO, "listening on port %hu\n", ntohs(sin.sin_port));

accept:
    client = accept(sock, NULL, NULL);
    if (client < 0) {
        struct timeval pause = {0, 60000};
        if (errno != EINTR && errno != ECONNABORTED)
            select(0, NULL, NULL, NULL, &pause);
        goto accept;
    }
    set_alarm(900000);
    time_t now = time(NULL);
    struct tm *tm = localtime(&now);
    char *line = asctime(tm), junk[256];
    size_t left = strlen(line);
    while (left > 0) {
        ssize_t n = write(client, line, left);
        if (n < 0 && (errno != EINTR || over))
            goto close;
        if (n > 0) {
            line += n;
            left -= n;
        }
    }
    shutdown(client, SHUT_WR);
    while (!over) {
        ssize_t n = read(client, junk, sizeof junk);
        if (n == 0 || (n < 0 && errno != EINTR))
            break;
    }
close:
    set_alarm(0);
    close(client);
    goto accept;
}
