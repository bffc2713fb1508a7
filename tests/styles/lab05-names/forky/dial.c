/*
 * Style "forky": each address is tried on a nonblocking socket, with poll()
 * for the wait and SO_ERROR for the outcome; dial ends its own direction at
 * once, since it has nothing to say.
 * Right because an address that does not answer is given up after 10 s only
 * where there is another one, the reason of the last is kept, and the data
 * goes through one FILE with the line before it.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* 0, or the reason. */
static int try(int fd, struct addrinfo *a)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    socklen_t size = sizeof(int);
    int reason = 0, n;

    if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    do
        n = poll(&p, 1, a->ai_next ? 10000 : -1);
    while (n == -1 && errno == EINTR);
    if (n == 0)
        return ETIMEDOUT;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &size) == -1)
        return errno;
    return reason;
}

static int dial(const char *host, struct addrinfo *list)
{
    char name[NI_MAXHOST], port[NI_MAXSERV];
    int fd, reason = EADDRNOTAVAIL;
    struct addrinfo *a;

    for (a = list; a != NULL; a = a->ai_next) {
        getnameinfo(a->ai_addr, a->ai_addrlen, name, sizeof name, port,
                    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
        fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK,
                    a->ai_protocol);
        reason = fd == -1 ? errno : try(fd, a);
        if (reason == 0) {
            printf("connected to %s port %s\n", name, port);
            freeaddrinfo(list);
            return fd;
        }
        if (fd != -1)
            close(fd);
        fprintf(stderr, "trying %s port %s: %s\n", name, port,
                strerror(reason));
    }
    fprintf(stderr, "dial: %s: %s\n", host, strerror(reason));
    freeaddrinfo(list);
    exit(1);
}

int main(int argc, char **argv)
{
    struct addrinfo hints = {.ai_family = PF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_ADDRCONFIG | AI_V4MAPPED};
    struct addrinfo *list;
    char data[16384];
    ssize_t n;
    int e, fd;

    if (argc != 3 || (!has_letter(argv[2]) && !is_port(argv[2], 1))) {
        fprintf(stderr, "usage: %s HOST SERVICE\n", "dial");
        exit(2);
    }
    if ((e = getaddrinfo(argv[1], argv[2], &hints, &list)) != 0) {
        fprintf(stderr, "dial: getaddrinfo: %s\n", gai_strerror(e));
        exit(1);
    }
    fd = dial(argv[1], list);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    shutdown(fd, SHUT_WR);
    while ((n = recv(fd, data, sizeof data, 0)) != 0) {
        if (n > 0) {
            fwrite(data, 1, n, stdout);
        } else if (errno != EINTR) {
            fflush(stdout);
            perror("dial: recv");
            exit(1);
        }
    }
    if (fflush(stdout) == EOF) {
        perror("dial: stdout");
        exit(1);
    }
    close(fd);
    return 0;
}
