/*
 * Style "classic": getservbyname(), inet_ntop(), read() and write().
 * Right because nothing goes through stdio on stdout, so that the line and the
 * data keep their order; a write() that took a part is continued; and errno is
 * kept before anything else can change it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static void usage(void)
{
    fputs("usage: dial HOST SERVICE\n", stderr);
    exit(2);
}

static void die(const char *subject, const char *reason)
{
    fprintf(stderr, "dial: %s: %s\n", subject, reason);
    exit(1);
}

static int get_port(const char *s)
{
    struct servent *sp;
    long n = 0;

    if (s[strcspn(s, LETTERS)] != '\0') {
        if ((sp = getservbyname(s, "tcp")) == NULL)
            die(s, "unknown service");
        return sp->s_port;
    }
    for (; *s != '\0'; s++) {
        if (*s < '0' || *s > '9' || (n = n * 10 + (*s - '0')) > 65535)
            usage();
    }
    if (n == 0)
        usage();
    return htons(n);
}

static void put(const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(STDOUT_FILENO, data, size);

        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            die("write", strerror(errno));
        data += n;
        size -= n;
    }
}

int main(int argc, char **argv)
{
    struct addrinfo hints, *res, *p;
    char text[INET6_ADDRSTRLEN], data[1000];
    int port, e, fd = -1, last = 0;
    ssize_t n;

    if (argc != 3)
        usage();
    port = get_port(argv[2]);
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    if ((e = getaddrinfo(argv[1], NULL, &hints, &res)) != 0)
        die(argv[1], gai_strerror(e));
    for (p = res; p != NULL; p = p->ai_next) {
        if (p->ai_family == AF_INET6) {
            struct sockaddr_in6 *a = (struct sockaddr_in6 *)p->ai_addr;

            a->sin6_port = port;
            inet_ntop(AF_INET6, &a->sin6_addr, text, sizeof text);
        } else if (p->ai_family == AF_INET) {
            struct sockaddr_in *a = (struct sockaddr_in *)p->ai_addr;

            a->sin_port = port;
            inet_ntop(AF_INET, &a->sin_addr, text, sizeof text);
        } else {
            continue;
        }
        if ((fd = socket(p->ai_family, SOCK_STREAM, 0)) != -1 &&
            connect(fd, p->ai_addr, p->ai_addrlen) == 0)
            break;
        last = errno;
        fprintf(stderr, "trying %s port %d: %s\n", text, ntohs(port),
                strerror(last));
        if (fd != -1)
            close(fd);
    }
    if (p == NULL)
        die(argv[1], strerror(last));
    freeaddrinfo(res);
    n = snprintf(data, sizeof data, "connected to %s port %d\n", text,
                 ntohs(port));
    put(data, n);
    while ((n = read(fd, data, sizeof data)) != 0) {
        if (n > 0)
            put(data, n);
        else if (errno != EINTR)
            die("read", strerror(errno));
    }
    close(fd);
    return 0;
}
