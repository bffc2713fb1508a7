/* nc.c in another style: a thread for each direction, blocking calls, the
 * signals waited for by a thread of their own; IPv4 and IPv6 on one socket. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net.h"

static int verbose, sock;
static const char *made_path;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "nc: %s: %s\n", what, why);
    if (made_path)
        unlink(made_path);
    exit(1);
}

struct way {
    int from, to;
    const char *what;
};

static void *carry(void *arg)
{
    struct way *way = arg;
    char data[20000];
    ssize_t n;

    while ((n = read(way->from, data, sizeof data)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            die(way->what, strerror(errno));
        for (ssize_t done = 0; done < n;) {
            ssize_t m = write(way->to, data + done, n - done);
            if (m < 0 && errno != EINTR)
                die(way->what, strerror(errno));
            if (m > 0)
                done += m;
        }
    }
    if (way->to == sock)
        shutdown(sock, SHUT_WR);
    return NULL;
}

static void *wait_for_signal(void *arg)
{
    int number;
    sigwait(arg, &number);
    if (made_path)
        unlink(made_path);
    _exit(128 + number);
}

static void usage(void)
{
    fputs("usage: nc [-v] HOST PORT | -l [-v] PORT | [-l]U [-v] PATH\n",
          stderr);
    exit(2);
}

static int listen_dual(uint16_t port)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6,
                               .sin6_port = htons(port)};
    socklen_t size = sizeof any;
    int on = 1, off = 0, fd = socket(AF_INET6, SOCK_STREAM, 0);
    if (fd < 0)
        die("socket", strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, (struct sockaddr *)&any, size) < 0)
        die("bind", strerror(errno));
    if (listen(fd, 1) < 0)
        die("listen", strerror(errno));
    getsockname(fd, (struct sockaddr *)&any, &size);
    if (verbose)
        fprintf(stderr, "Listening on :: %d\n", ntohs(any.sin6_port));
    return fd;
}

static void accept_one(int listener, const char *path)
{
    struct sockaddr_storage from;
    socklen_t size = sizeof from;
    char host[200], port[20];
    do
        sock = accept(listener, (struct sockaddr *)&from, &size);
    while (sock < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (sock < 0)
        die("accept", strerror(errno));
    close(listener);
    if (!verbose)
        return;
    if (path) {
        fprintf(stderr, "Connection received on %s\n", path);
        return;
    }
    getnameinfo((struct sockaddr *)&from, size, host, sizeof host, port,
                sizeof port, NI_NUMERICSERV);
    fprintf(stderr, "Connection received on %s %s\n", host, port);
}

static void connect_host(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
    char address[200];
    int why = ECONNREFUSED, failure = getaddrinfo(host, port, &hints, &list);
    if (failure)
        die(host, gai_strerror(failure));
    for (struct addrinfo *a = list; a; a = a->ai_next) {
        sock = socket(a->ai_family, a->ai_socktype, 0);
        if (sock >= 0 && connect(sock, a->ai_addr, a->ai_addrlen) == 0) {
            getnameinfo(a->ai_addr, a->ai_addrlen, address, sizeof address,
                        NULL, 0, NI_NUMERICHOST);
            if (verbose)
                fprintf(stderr,
                        "Connection to %s (%s) %s port [tcp/*] succeeded!\n",
                        host, address, port);
            freeaddrinfo(list);
            return;
        }
        why = errno;
        close(sock);
    }
    die(host, strerror(why));
}

static void open_path(const char *path, int listening)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    /* 108 bytes without a NUL are all right on Linux. */
    size_t length = strlen(path);
    if (length > sizeof address.sun_path)
        die(path, "the path is too long");
    memcpy(address.sun_path, path, length);
    socklen_t size = offsetof(struct sockaddr_un, sun_path) + length;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (!listening) {
        if (connect(sock = fd, (struct sockaddr *)&address, size) < 0)
            die(path, strerror(errno));
        return;
    }
    static sigset_t ends;
    pthread_t thread;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    if (bind(fd, (struct sockaddr *)&address, size) < 0)
        die(path, strerror(errno));
    made_path = path;
    pthread_create(&thread, NULL, wait_for_signal, &ends);
    pthread_detach(thread);
    if (listen(fd, 1) < 0)
        die("listen", strerror(errno));
    if (verbose)
        fprintf(stderr, "Bound on %s\nListening on %s\n", path, path);
    accept_one(fd, path);
}

int main(int argc, char **argv)
{
    int c, listening = 0, local = 0;
    uint16_t port;
    while ((c = getopt(argc, argv, "vlU")) > 0) {
        listening |= c == 'l';
        local |= c == 'U';
        verbose |= c == 'v';
        if (c == '?')
            usage();
    }
    argc -= optind;
    argv += optind;
    if (argc == 1 && !listening && !local)
        fputs("nc: missing port number\n", stderr);
    if (argc != (listening || local ? 1 : 2))
        usage();
    if (!local && !net_parse_port(argv[argc - 1], !listening, &port))
        usage();

    pthread_t thread;
    signal(SIGPIPE, SIG_IGN);
    if (local)
        open_path(argv[0], listening);
    else if (listening)
        accept_one(listen_dual(port), NULL);
    else
        connect_host(argv[0], argv[1]);

    struct way out = {0, sock, "sending"}, in = {sock, 1, "receiving"};
    pthread_create(&thread, NULL, carry, &out);
    carry(&in);
    pthread_join(thread, NULL);
    if (made_path)
        unlink(made_path);
    return 0;
}
