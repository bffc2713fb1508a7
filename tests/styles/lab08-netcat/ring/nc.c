/* nc.c in another style: pselect(2), rings that recvmsg and sendmsg fill and
 * drain in two pieces, and signals that only leave their number: all is done in
 * one loop, the waiting for the client too. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define SIZE 8192 /* a power of two */

struct ring {
    unsigned put, got; /* counts of bytes; they may wrap */
    char data[SIZE];
};

static volatile sig_atomic_t caught;
static sigset_t normal_mask;
static const char *my_socket;
static int verbose;

static void leave(int status)
{
    if (my_socket)
        unlink(my_socket);
    exit(status);
}

static void fail(const char *format, ...)
{
    int error = errno;
    va_list args;

    va_start(args, format);
    fputs("nc: ", stderr);
    vfprintf(stderr, format, args);
    va_end(args);
    if (error)
        fprintf(stderr, ": %s", strerror(error));
    fputc('\n', stderr);
    leave(1);
}

static void catch(int number)
{
    caught = number;
}

static void die_of(int number)
{
    if (my_socket)
        unlink(my_socket);
    signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &normal_mask, NULL);
    raise(number);
}

/* pselect that goes on over what is no reason to stop. The sets are copies. */
static void wait_for(int top, fd_set in, fd_set out, fd_set *r, fd_set *w)
{
    for (;;) {
        *r = in;
        *w = out;
        int n = pselect(top + 1, r, w, NULL, NULL, &normal_mask);
        if (caught)
            die_of(caught);
        if (n > 0)
            return;
        if (n == -1 && errno != EINTR)
            fail("pselect");
    }
}

/* ---- rings ---- */

static unsigned held(const struct ring *r)
{
    return r->put - r->got;
}

static int room(struct ring *r, struct iovec v[2])
{
    unsigned at = r->put % SIZE, size = SIZE - held(r);
    unsigned first = size < SIZE - at ? size : SIZE - at;

    v[0] = (struct iovec){r->data + at, first};
    v[1] = (struct iovec){r->data, size - first};
    return first < size ? 2 : 1;
}

static int content(struct ring *r, struct iovec v[2], unsigned most)
{
    unsigned at = r->got % SIZE, size = held(r) < most ? held(r) : most;
    unsigned first = size < SIZE - at ? size : SIZE - at;

    v[0] = (struct iovec){r->data + at, first};
    v[1] = (struct iovec){r->data, size - first};
    return first < size ? 2 : 1;
}

static int soon(void)
{
    return errno == EINTR || errno == EAGAIN;
}

/* Both return 0 at the end of what is read. */
static int fill(struct ring *r, int fd, int is_socket)
{
    struct iovec v[2];
    struct msghdr m = {.msg_iov = v};
    ssize_t n;

    m.msg_iovlen = room(r, v);
    n = is_socket ? recvmsg(fd, &m, MSG_DONTWAIT) : readv(fd, v, m.msg_iovlen);
    if (n == -1 && !soon())
        fail(is_socket ? "peer" : "stdin");
    if (n > 0)
        r->put += n;
    return n != 0;
}

static void drain(struct ring *r, int fd, int is_socket)
{
    struct iovec v[2];
    struct msghdr m = {.msg_iov = v};
    ssize_t n;

    /* 4096 bytes are what a pipe takes at once, if it takes any. */
    m.msg_iovlen = content(r, v, is_socket ? SIZE : 4096);
    n = is_socket ? sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL)
                  : writev(fd, v, m.msg_iovlen);
    if (n == -1 && !soon())
        fail(is_socket ? "peer" : "stdout");
    if (n > 0)
        r->got += n;
}

static void talk(int s)
{
    static struct ring up, down;
    int typing = 1, hearing = 1, told = 0;

    while (!told || hearing || held(&down)) {
        fd_set in, out, r, w;
        FD_ZERO(&in);
        FD_ZERO(&out);
        if (typing && held(&up) < SIZE)
            FD_SET(0, &in);
        if (held(&up))
            FD_SET(s, &out);
        if (hearing && held(&down) < SIZE)
            FD_SET(s, &in);
        if (held(&down))
            FD_SET(1, &out);
        wait_for(s, in, out, &r, &w);
        if (FD_ISSET(0, &r))
            typing = fill(&up, 0, 0);
        if (FD_ISSET(s, &r))
            hearing = fill(&down, s, 1);
        if (FD_ISSET(s, &w))
            drain(&up, s, 1);
        if (FD_ISSET(1, &w))
            drain(&down, 1, 0);
        if (!typing && !told && held(&up) == 0) {
            shutdown(s, SHUT_WR);
            told = 1;
        }
    }
}

/* ---- sockets ---- */

static int take_client(int s, struct sockaddr *from, socklen_t *size)
{
    fd_set in, none, r, w;
    int fd;

    FD_ZERO(&in);
    FD_ZERO(&none);
    FD_SET(s, &in);
    fcntl(s, F_SETFL, O_NONBLOCK);
    do {
        wait_for(s, in, none, &r, &w);
        fd = accept(s, from, size);
    } while (fd == -1 && (soon() || errno == ECONNABORTED));
    if (fd == -1)
        fail("accept");
    close(s);
    return fd;
}

static int serve(uint16_t port)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in from;
    socklen_t size = sizeof here;
    char number[INET_ADDRSTRLEN];
    int yes = 1, fd, s = socket(AF_INET, SOCK_STREAM, 0);

    if (s == -1)
        fail("socket");
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(s, (struct sockaddr *)&here, size) == -1)
        fail("bind");
    if (listen(s, 1) == -1)
        fail("listen");
    getsockname(s, (struct sockaddr *)&here, &size);
    if (verbose)
        fprintf(stderr, "Listening on 0.0.0.0 %u\n", ntohs(here.sin_port));
    size = sizeof from;
    fd = take_client(s, (struct sockaddr *)&from, &size);
    if (verbose)
        fprintf(stderr, "Connection received on %s %u\n",
                inet_ntop(AF_INET, &from.sin_addr, number, sizeof number),
                ntohs(from.sin_port));
    return fd;
}

static int call(const char *host, const char *port)
{
    struct addrinfo want = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *all, *a;
    char number[INET_ADDRSTRLEN];
    int code = getaddrinfo(host, port, &want, &all), s = -1;

    errno = code == EAI_SYSTEM ? errno : 0;
    if (code)
        fail("%s: %s", host, gai_strerror(code));
    for (a = all; a; a = a->ai_next) {
        s = socket(AF_INET, SOCK_STREAM, 0);
        if (s == -1)
            fail("socket");
        if (connect(s, a->ai_addr, a->ai_addrlen) == 0)
            break;
        int why = errno;
        close(s);
        errno = why;
    }
    if (!a)
        fail("%s", host);
    struct sockaddr_in there = *(struct sockaddr_in *)a->ai_addr;
    struct servent *name = getservbyport(there.sin_port, "tcp");
    if (verbose)
        fprintf(stderr, "Connection to %s (%s) %u port [tcp/%s] succeeded!\n",
                host,
                inet_ntop(AF_INET, &there.sin_addr, number, sizeof number),
                ntohs(there.sin_port), name ? name->s_name : "*");
    freeaddrinfo(all);
    return s;
}

static int local(const char *path, int listening)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct sigaction noting = {.sa_handler = catch};
    sigset_t ends;
    int s;

    errno = ENAMETOOLONG;
    if (strlen(path) > sizeof at.sun_path - 1)
        fail("%s", path);
    strcpy(at.sun_path, path);
    if ((s = socket(AF_UNIX, SOCK_STREAM, 0)) == -1)
        fail("socket");
    if (!listening) {
        if (connect(s, (struct sockaddr *)&at, sizeof at) == -1)
            fail("%s", path);
        return s;
    }
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL); /* let in by pselect alone */
    sigaction(SIGINT, &noting, NULL);
    sigaction(SIGTERM, &noting, NULL);
    if (bind(s, (struct sockaddr *)&at, sizeof at) == -1)
        fail("%s", path);
    my_socket = path;
    if (listen(s, 1) == -1)
        fail("listen");
    if (verbose)
        fprintf(stderr, "Bound on %s\nListening on %s\n", path, path);
    s = take_client(s, NULL, NULL);
    if (verbose)
        fprintf(stderr, "Connection received on %s\n", path);
    return s;
}

/* ---- arguments ---- */

static void usage(void)
{
    fputs("usage: nc [-v] HOST PORT\n"
          "       nc -l [-v] PORT\n"
          "       nc [-l] -U [-v] PATH\n",
          stderr);
    exit(2);
}

static unsigned port_in(const char *text, unsigned least)
{
    unsigned long value = 0;

    if (*text == '\0')
        usage();
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            usage();
        value = value * 10 + (*text - '0');
        if (value > 65535)
            usage();
    }
    if (value < least)
        usage();
    return value;
}

int main(int argc, char **argv)
{
    int listening = 0, by_path = 0, c, s;

    while ((c = getopt(argc, argv, "Uvl")) != -1)
        switch (c) {
        case 'U':
            by_path = 1;
            break;
        case 'v':
            verbose = 1;
            break;
        case 'l':
            listening = 1;
            break;
        default:
            usage();
        }
    argv += optind;
    argc -= optind;
    if (!by_path && !listening && argc == 1)
        fputs("nc: missing port number\n", stderr);
    if (argc != (by_path || listening ? 1 : 2))
        usage();

    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, NULL, &normal_mask);
    if (by_path) {
        s = local(argv[0], listening);
    } else if (listening) {
        s = serve(port_in(argv[0], 0));
    } else {
        port_in(argv[1], 1);
        s = call(argv[0], argv[1]);
    }
    talk(s);
    leave(0);
}
