/*
 * Style "classic": no getaddrinfo() at all. The port comes from
 * getservbyname(), the address is in6addr_any, and inet_ntop() writes the
 * client's; one client after the other, with read() and write().
 * Right because IPV6_V6ONLY is switched off before bind(), the last bytes of a
 * mapped address are an in_addr, and the lingering read() has a deadline.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static void usage(void)
{
    fputs("usage: dual_server SERVICE\n", stderr);
    exit(2);
}

static void die(const char *call)
{
    fprintf(stderr, "dual_server: %s: %s\n", call, strerror(errno));
    exit(1);
}

static int get_port(const char *s)
{
    struct servent *sp;
    long n = 0;

    if (s[strcspn(s, LETTERS)] != '\0') {
        if ((sp = getservbyname(s, "tcp")) == NULL) {
            fprintf(stderr, "dual_server: %s: unknown service\n", s);
            exit(1);
        }
        return sp->s_port;
    }
    if (*s == '\0')
        usage();
    for (; *s != '\0'; s++) {
        if (*s < '0' || *s > '9' || (n = n * 10 + (*s - '0')) > 65535)
            usage();
    }
    return htons(n);
}

static int make_listener(int port)
{
    struct sockaddr_in6 addr;
    socklen_t len = sizeof addr;
    int fd, on = 1, off = 0;

    if ((fd = socket(AF_INET6, SOCK_STREAM, 0)) == -1)
        die("socket");
    if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == -1)
        die("IPV6_V6ONLY");
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
        die("SO_REUSEADDR");
    memset(&addr, 0, sizeof addr);
    addr.sin6_family = AF_INET6;
    addr.sin6_addr = in6addr_any;
    addr.sin6_port = port;
    if (bind(fd, (struct sockaddr *)&addr, sizeof addr) == -1)
        die("bind");
    if (listen(fd, 128) == -1)
        die("listen");
    if (getsockname(fd, (struct sockaddr *)&addr, &len) == -1)
        die("getsockname");
    printf("listening on port %d\n", ntohs(addr.sin6_port));
    fflush(stdout);
    return fd;
}

static void tell(const struct sockaddr_in6 *addr)
{
    const unsigned char *bytes = addr->sin6_addr.s6_addr;
    static const unsigned char prefix[12] = {[10] = 0xff, [11] = 0xff};
    char text[INET6_ADDRSTRLEN];

    if (memcmp(bytes, prefix, 12) == 0)
        printf("client IPv4 %s\n",
               inet_ntop(AF_INET, bytes + 12, text, sizeof text));
    else
        printf("client IPv6 %s\n",
               inet_ntop(AF_INET6, bytes, text, sizeof text));
    fflush(stdout);
}

static long ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000L + t.tv_nsec / 1000000L;
}

static void serve(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    time_t now = time(NULL);
    char *line = ctime(&now), junk[2048];
    long left, end;
    ssize_t n;

    while (*line != '\0') {
        if ((n = write(fd, line, strlen(line))) > 0)
            line += n;
        else if (errno != EINTR)
            break;
    }
    shutdown(fd, SHUT_WR);
    end = ms() + 800;
    while ((left = end - ms()) > 0) {
        if (poll(&p, 1, left) != 1)
            continue;
        if ((n = read(fd, junk, sizeof junk)) == 0 ||
            (n == -1 && errno != EINTR))
            break;
    }
    close(fd);
}

int main(int argc, char **argv)
{
    struct sockaddr_in6 addr;
    socklen_t len;
    int listener, fd;

    if (argc != 2)
        usage();
    signal(SIGPIPE, SIG_IGN);
    tzset();
    listener = make_listener(get_port(argv[1]));
    for (;;) {
        len = sizeof addr;
        if ((fd = accept(listener, (struct sockaddr *)&addr, &len)) != -1) {
            tell(&addr);
            serve(fd);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            poll(NULL, 0, 50);
        }
    }
}
