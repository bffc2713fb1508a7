/*
 * Style "forky": a child for every client, 20 at a time, ended ones reaped in
 * the handler of SIGCHLD. The parent prints the line about the client, before
 * the fork, so that no two lines mix.
 * Right because SIGCHLD is blocked but in accept's place, ppoll(), where no
 * child can end unseen; the listening socket does not block; and a client that
 * lingers holds up its own child alone, for a second at most.
 */
#define _GNU_SOURCE /* ppoll */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_CHILDREN 20

static volatile sig_atomic_t children;

static void error_exit(const char *name)
{
    fprintf(stderr, "dual_server: %s: %s\n", name, strerror(errno));
    exit(1);
}

static int has_letter(const char *s)
{
    while (*s != '\0' && !isalpha((unsigned char)*s))
        s++;
    return *s != '\0';
}

static int is_port(const char *s, long min)
{
    char *end;
    long n = strtol(s, &end, 10);

    return isdigit((unsigned char)s[0]) && *end == '\0' && n >= min &&
           n <= 65535;
}

static void reap(int sig)
{
    int kept = errno;

    (void)sig;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        children--;
    errno = kept;
}

/* The first address of the list that can be bound with both families. */
static int make_listener(const char *service)
{
    struct addrinfo hints = {.ai_family = PF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE};
    struct addrinfo *list, *a;
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    char port[NI_MAXSERV];
    int fd, e, yes = 1, no = 0;

    if ((e = getaddrinfo(NULL, service, &hints, &list)) != 0) {
        fprintf(stderr, "dual_server: %s: %s\n", service, gai_strerror(e));
        exit(1);
    }
    for (a = list; a != NULL && a->ai_family != AF_INET6; a = a->ai_next)
        ;
    if (a == NULL)
        a = list;
    if ((fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol)) == -1)
        error_exit("socket");
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == -1)
        error_exit("setsockopt");
    if (bind(fd, a->ai_addr, a->ai_addrlen) == -1)
        error_exit("bind");
    freeaddrinfo(list);
    if (listen(fd, SOMAXCONN) == -1)
        error_exit("listen");
    if (getsockname(fd, (struct sockaddr *)&bound, &size) == -1)
        error_exit("getsockname");
    getnameinfo((struct sockaddr *)&bound, size, NULL, 0, port, sizeof port,
                NI_NUMERICSERV);
    printf("listening on port %s\n", port);
    fflush(stdout);
    return fd;
}

static void tell(struct sockaddr *addr, socklen_t size)
{
    char text[NI_MAXHOST];
    const char *shown = text;

    getnameinfo(addr, size, text, sizeof text, NULL, 0, NI_NUMERICHOST);
    if (strncmp(text, "::ffff:", 7) == 0 && strchr(text, '.') != NULL)
        shown = text + 7;
    printf("client %s %s\n", strchr(shown, ':') ? "IPv6" : "IPv4", shown);
    fflush(stdout);
}

static void serve(int fd)
{
    struct timeval limit = {0, 900 * 1000};
    time_t now = time(NULL);
    char line[26], junk[4096];
    size_t len = strlen(ctime_r(&now, line)), done = 0;
    ssize_t n;

    while (done < len) {
        if ((n = send(fd, line + done, len - done, MSG_NOSIGNAL)) > 0)
            done += n;
        else if (errno != EINTR)
            break;
    }
    shutdown(fd, SHUT_WR);
    alarm(1); /* in all, whatever comes */
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    while ((n = recv(fd, junk, sizeof junk, 0)) > 0 ||
           (n == -1 && errno == EINTR))
        ;
    _exit(0);
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = reap};
    sigset_t blocked, open;
    int listener;

    if (argc != 2 || (!has_letter(argv[1]) && !is_port(argv[1], 0))) {
        fprintf(stderr, "usage: %s SERVICE\n", "dual_server");
        exit(2);
    }
    tzset();
    signal(SIGPIPE, SIG_IGN); /* nobody may read what it prints */
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_BLOCK, &blocked, &open);
    sigaction(SIGCHLD, &action, NULL);
    listener = make_listener(argv[1]);
    fcntl(listener, F_SETFL, O_NONBLOCK);
    for (;;) {
        struct pollfd p = {.fd = listener, .events = POLLIN};
        struct timespec pause = {0, 50 * 1000 * 1000};
        struct sockaddr_storage peer;
        socklen_t size = sizeof peer;
        pid_t child;
        int fd;

        ppoll(&p, children < MAX_CHILDREN ? 1 : 0, NULL, &open);
        if (children >= MAX_CHILDREN)
            continue;
        if ((fd = accept(listener, (struct sockaddr *)&peer, &size)) == -1) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
                errno == ENOMEM)
                ppoll(NULL, 0, &pause, &open);
            continue;
        }
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
        tell((struct sockaddr *)&peer, size);
        while ((child = fork()) == -1)
            ppoll(NULL, 0, &pause, &open);
        if (child == 0) {
            sigprocmask(SIG_SETMASK, &open, NULL);
            close(listener);
            serve(fd);
        }
        children++;
        close(fd);
    }
}
