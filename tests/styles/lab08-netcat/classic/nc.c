/* nc.c in another style: that of netcat-openbsd. Four entries for poll, two
 * buffers that are filled and drained independently; MSG_DONTWAIT in place of a
 * non-blocking socket; no helper library. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BUFSIZE 16384

static int lflag, uflag, vflag;
static char *unix_name;

static void cleanup(void)
{
    if (unix_name)
        unlink(unix_name);
}

static void handler(int sig)
{
    cleanup();
    signal(sig, SIG_DFL);
    kill(getpid(), sig);
}

static void fatal(const char *what)
{
    fprintf(stderr, "nc: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void usage(void)
{
    fprintf(stderr, "usage: nc [-lUv] [host] [port | path]\n");
    exit(2);
}

static int strtoport(const char *s)
{
    long n = 0;
    if (!*s || strlen(s) > 5)
        usage();
    for (; *s; s++) {
        if (*s < '0' || *s > '9')
            usage();
        n = n * 10 + *s - '0';
    }
    if (n > 65535 || (n == 0 && !lflag))
        usage();
    return n;
}

static ssize_t drain(int fd, int is_socket, char *buf, size_t *pos)
{
    ssize_t n = is_socket ? send(fd, buf, *pos, MSG_DONTWAIT | MSG_NOSIGNAL)
                          : write(fd, buf, *pos);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n < 0)
        fatal(is_socket ? "net" : "stdout");
    memmove(buf, buf + n, *pos - n);
    *pos -= n;
    return n;
}

/* 0 at the end. */
static int fill(int fd, char *buf, size_t *pos)
{
    ssize_t n = read(fd, buf + *pos, BUFSIZE - *pos);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 1;
    if (n < 0)
        fatal(fd == 0 ? "stdin" : "net");
    *pos += n;
    return n > 0;
}

static void readwrite(int net)
{
    static char outbuf[BUFSIZE], inbuf[BUFSIZE];
    size_t outpos = 0, inpos = 0;
    int in_open = 1, net_open = 1, shut = 0;

    for (;;) {
        if (!in_open && outpos == 0 && !shut) {
            shutdown(net, SHUT_WR);
            shut = 1;
        }
        if (shut && !net_open && inpos == 0)
            return;
        struct pollfd p[4] = {
            {.fd = in_open && outpos < BUFSIZE ? 0 : -1, .events = POLLIN},
            {.fd = outpos > 0 ? net : -1, .events = POLLOUT},
            {.fd = net_open && inpos < BUFSIZE ? net : -1, .events = POLLIN},
            {.fd = inpos > 0 ? 1 : -1, .events = POLLOUT}};
        if (poll(p, 4, -1) < 0) {
            if (errno == EINTR)
                continue;
            fatal("poll");
        }
        if (p[0].revents)
            in_open = fill(0, outbuf, &outpos);
        if (p[1].revents)
            drain(net, 1, outbuf, &outpos);
        if (p[2].revents)
            net_open = fill(net, inbuf, &inpos);
        if (p[3].revents)
            drain(1, 0, inbuf, &inpos);
    }
}

static int unix_open(char *path)
{
    struct sockaddr_un sun;
    int s = socket(AF_UNIX, SOCK_STREAM, 0);

    memset(&sun, 0, sizeof sun);
    sun.sun_family = AF_UNIX;
    if (strlen(path) >= sizeof sun.sun_path) {
        errno = ENAMETOOLONG;
        fatal(path);
    }
    strcpy(sun.sun_path, path);
    if (!lflag) {
        if (connect(s, (struct sockaddr *)&sun, sizeof sun) < 0)
            fatal(path);
        return s;
    }
    if (bind(s, (struct sockaddr *)&sun, sizeof sun) < 0)
        fatal(path);
    unix_name = path;
    atexit(cleanup);
    signal(SIGINT, handler);
    signal(SIGTERM, handler);
    if (vflag)
        fprintf(stderr, "Bound on %s\n", path);
    if (listen(s, 5) < 0)
        fatal("listen");
    if (vflag)
        fprintf(stderr, "Listening on %s\n", path);
    return s;
}

static int tcp_listen(int port)
{
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t len = sizeof sin;
    int on = 1, s = socket(AF_INET, SOCK_STREAM, 0);

    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(s, (struct sockaddr *)&sin, sizeof sin) < 0)
        fatal("bind");
    if (listen(s, 1) < 0)
        fatal("listen");
    getsockname(s, (struct sockaddr *)&sin, &len);
    if (vflag)
        fprintf(stderr, "Listening on 0.0.0.0 %d\n", ntohs(sin.sin_port));
    return s;
}

static int tcp_connect(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *res, *r;
    char address[64], name[64];
    int s = -1, error = getaddrinfo(host, port, &hints, &res);

    if (error) {
        fprintf(stderr, "nc: getaddrinfo for host \"%s\" port %s: %s\n", host,
                port, gai_strerror(error));
        exit(1);
    }
    for (r = res; r; r = r->ai_next) {
        s = socket(r->ai_family, r->ai_socktype, r->ai_protocol);
        if (connect(s, r->ai_addr, r->ai_addrlen) == 0)
            break;
        error = errno;
        close(s);
    }
    if (!r) {
        errno = error;
        fatal(host);
    }
    getnameinfo(r->ai_addr, r->ai_addrlen, address, sizeof address, name,
                sizeof name, NI_NUMERICHOST);
    if (vflag)
        fprintf(stderr, "Connection to %s (%s) %s port [tcp/%s] succeeded!\n",
                host, address, port, strcmp(name, port) ? name : "*");
    freeaddrinfo(res);
    return s;
}

static int take_one(int s, const char *path)
{
    struct sockaddr_in from;
    socklen_t len = sizeof from;
    char host[256];
    int fd;

    while ((fd = accept(s, (struct sockaddr *)&from, &len)) < 0)
        if (errno != EINTR && errno != ECONNABORTED)
            fatal("accept");
    close(s);
    if (vflag && path)
        fprintf(stderr, "Connection received on %s\n", path);
    if (vflag && !path) {
        getnameinfo((struct sockaddr *)&from, len, host, sizeof host, NULL, 0,
                    0);
        fprintf(stderr, "Connection received on %s %d\n", host,
                ntohs(from.sin_port));
    }
    return fd;
}

int main(int argc, char *argv[])
{
    int ch, s;

    while ((ch = getopt(argc, argv, "Ulv")) != -1) {
        if (ch == 'U')
            uflag = 1;
        else if (ch == 'l')
            lflag = 1;
        else if (ch == 'v')
            vflag = 1;
        else
            usage();
    }
    argc -= optind;
    argv += optind;

    if (uflag) {
        if (argc != 1)
            usage();
        s = unix_open(argv[0]);
    } else if (lflag) {
        if (argc != 1)
            usage();
        s = tcp_listen(strtoport(argv[0]));
    } else {
        if (argc == 1)
            fprintf(stderr, "nc: missing port number\n");
        if (argc != 2)
            usage();
        strtoport(argv[1]);
        s = tcp_connect(argv[0], argv[1]);
    }
    if (lflag)
        s = take_one(s, uflag ? argv[0] : NULL);
    readwrite(s);
    close(s);
    return 0;
}
