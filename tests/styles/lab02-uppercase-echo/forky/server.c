/*
 * Style "forky": a child process for every client; a SIGCHLD handler reaps.
 * Right because the handler is set without SA_RESTART and every call that it
 * can interrupt is repeated; it reaps all that have ended, not one a signal,
 * and keeps errno. The child closes the listener, so that the port is free
 * as soon as the parent is gone, and goes itself then (PR_SET_PDEATHSIG); the
 * parent closes the connection. Where no more processes can be had the parent
 * serves the client itself. A child reads to the end of the stream before it
 * ends, so no reset follows.
 */
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

static void reap(int signo)
{
    int kept = errno;

    (void)signo;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    errno = kept;
}

static void catch_children(void)
{
    struct sigaction act;
    sigset_t child;

    memset(&act, 0, sizeof act);
    act.sa_handler = reap;
    act.sa_flags = SA_NOCLDSTOP;
    sigemptyset(&act.sa_mask);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    if (sigaction(SIGCHLD, &act, NULL) == -1 ||
        sigprocmask(SIG_UNBLOCK, &child, NULL) == -1)
        error_exit("server: sigaction");
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

static void serve(int fd)
{
    char buf[4096];
    ssize_t n, m, i;

    while ((n = recv(fd, buf, sizeof buf, 0)) != 0) {
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return;
        for (i = 0; i < n; i++)
            buf[i] = (char)toupper((unsigned char)buf[i]);
        for (i = 0; i < n; i += m) {
            m = send(fd, buf + i, n - i, MSG_NOSIGNAL);
            if (m == -1 && errno != EINTR)
                return;
            if (m == -1)
                m = 0;
        }
    }
}

int main(int argc, char **argv)
{
    long port = argc > 1 ? get_port(argv[1], 0) : 9999;
    pid_t parent = getpid();
    int listener, fd;

    if (port == -1 || argc > 2) {
        fprintf(stderr, "usage: %s [PORT]\n", "server");
        exit(2);
    }
    catch_children();
    listener = make_listener(port);
    for (;;) {
        fd = get_client(listener);
        switch (fork()) {
        case -1:
            serve(fd);
            break;
        case 0:
            close(listener);
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            if (getppid() == parent)
                serve(fd);
            _exit(0);
        }
        close(fd);
    }
}
