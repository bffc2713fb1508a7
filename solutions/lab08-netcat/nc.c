/*
 * nc.c - netcat: standard input to a socket, the socket to standard output
 *
 * Shows two streams of bytes in one poll(2) loop. Each has a buffer and an end
 * of its own, so neither ever waits for the other: not for its data, not for
 * its room, not for its end. And UNIX-domain sockets, which are the same but
 * for their address.
 *
 *     build/solutions/lab08-netcat/nc [-v] HOST PORT
 *     build/solutions/lab08-netcat/nc -l [-v] PORT
 *     build/solutions/lab08-netcat/nc -U [-v] PATH
 *     build/solutions/lab08-netcat/nc -lU [-v] PATH
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net.h"

enum { BUFFER_SIZE = 65536 };

struct options {
    bool listen, verbose;
    const char *host, *path; /* what is not asked for is NULL */
    uint16_t port;
};

/* ---- TCP ---- */

static int connect_tcp(const struct options *options)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char text[NET_ADDRESS_SIZE];
    int error;

    int fd = net_connect(options->host, options->port, &error);
    if (fd == -1)
        errx(1, "%s: %s", options->host, net_reason(error));
    if (!options->verbose)
        return fd;

    if (getpeername(fd, (struct sockaddr *)&address, &size) == -1)
        err(1, "getpeername");
    struct servent *service = getservbyport(htons(options->port), "tcp");
    fprintf(stderr, "Connection to %s (%s) %u port [tcp/%s] succeeded!\n",
            options->host,
            net_format_address((struct sockaddr *)&address, text),
            options->port, service != NULL ? service->s_name : "*");
    return fd;
}

static int accept_tcp(const struct options *options)
{
    struct sockaddr_storage address;
    struct sockaddr *client = (struct sockaddr *)&address;
    char text[NET_ADDRESS_SIZE];
    const char *call;

    int listener = net_listen(options->port, &call);
    if (listener == -1)
        err(1, "%s", call);
    if (options->verbose)
        fprintf(stderr, "Listening on 0.0.0.0 %d\n", net_bound_port(listener));

    int fd = net_accept(listener, &address);
    if (fd == -1)
        err(1, "accept");
    close(listener); /* who comes now is refused, not kept waiting */
    if (options->verbose)
        fprintf(stderr, "Connection received on %s %u\n",
                net_format_address(client, text), net_address_port(client));
    return fd;
}

/* ---- UNIX-domain ---- */

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    /* The array is 108 bytes, and a NUL ends the path; unix(7). */
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        err(1, "%s", path);
    }
    strcpy(address.sun_path, path);
    return address;
}

static int connect_unix(const char *path)
{
    struct sockaddr_un address = address_of(path);

    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd == -1)
        err(1, "socket");
    while (connect(fd, (struct sockaddr *)&address, sizeof address) == -1)
        if (errno != EINTR)
            err(1, "%s", path);
    return fd;
}

static const char *own_path; /* of the socket file that is ours to remove */

static void remove_own_path(void)
{
    unlink(own_path);
}

/* Ends as if the signal had never been caught: whoever started us sees it. */
static void end_by_signal(int number)
{
    remove_own_path();
    signal(number, SIG_DFL);
    raise(number); /* is delivered when this function returns */
}

/* Once it is bound the path must not outlive the program, which may end by
 * exit, err, SIGINT or SIGTERM. The signals are held back until all is ready
 * for them: one that came right after bind would leave the path behind. */
static void bind_own_path(int listener, const char *path)
{
    struct sockaddr_un address = address_of(path);
    sigset_t signals, before;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, &before);
    /* Refuses whatever is at that path, a dead program's socket too. */
    if (bind(listener, (struct sockaddr *)&address, sizeof address) == -1)
        err(1, "%s", path);
    own_path = path;
    atexit(remove_own_path);
    signal(SIGINT, end_by_signal);
    signal(SIGTERM, end_by_signal);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static int accept_unix(const struct options *options)
{
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (listener == -1)
        err(1, "socket");
    bind_own_path(listener, options->path);
    if (listen(listener, SOMAXCONN) == -1)
        err(1, "listen");
    if (options->verbose)
        fprintf(stderr, "Listening on %s\n", options->path);

    int fd = net_accept(listener, NULL);
    if (fd == -1)
        err(1, "accept");
    close(listener);
    if (options->verbose)
        fprintf(stderr, "Connection received on %s\n", options->path);
    return fd;
}

/* ---- Both directions at once ---- */

/* One direction. It is in one of three states, and waits for one thing only:
 *     reading   the buffer is empty: for input
 *     writing   it is not: for room on the other side
 *     over      from is -1: for nothing */
struct flow {
    int from, to;
    const char *source, *target; /* their names, for messages */
    size_t most;                 /* that one write takes without waiting */
    size_t start, end;           /* data[start] up to data[end] is to go out */
    char data[BUFFER_SIZE];
};

static bool is_over(const struct flow *flow)
{
    return flow->from == -1;
}

/* What the flow waits for. A socket that nobody wants to read is not even
 * looked at: poll would report its hangup again and again. */
static struct pollfd wanted(const struct flow *flow)
{
    if (flow->start < flow->end)
        return (struct pollfd){.fd = flow->to, .events = POLLOUT};
    return (struct pollfd){.fd = flow->from, .events = POLLIN};
}

/* "Not now" is no failure: poll will say when. */
static bool try_later(void)
{
    return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
}

static void write_some(struct flow *flow)
{
    size_t size = flow->end - flow->start;
    ssize_t written = write(flow->to, flow->data + flow->start,
                            size < flow->most ? size : flow->most);
    if (written == -1 && !try_later())
        err(1, "%s", flow->target);
    if (written > 0)
        flow->start += (size_t)written;
}

/* The end is passed on like the data, and says nothing of the other flow: a
 * socket is closed by half. */
static void end_flow(struct flow *flow)
{
    flow->from = -1;
    if (flow->to == STDOUT_FILENO) {
        if (close(flow->to) == -1)
            err(1, "%s", flow->target);
    } else if (shutdown(flow->to, SHUT_WR) == -1 && errno != ENOTCONN) {
        err(1, "shutdown"); /* ENOTCONN: a reset, which reading will tell */
    }
}

static void read_some(struct flow *flow)
{
    ssize_t got = read(flow->from, flow->data, sizeof flow->data);
    if (got == -1 && !try_later())
        err(1, "%s", flow->source);
    if (got == 0)
        end_flow(flow);
    if (got > 0) {
        flow->start = 0;
        flow->end = (size_t)got;
    }
}

static void advance(struct flow *flow)
{
    if (flow->start < flow->end)
        write_some(flow);
    else
        read_some(flow);
}

/* Returns how many bytes one write to stdout takes without waiting, once poll
 * has said that there is room. A file takes all. A pipe takes PIPE_BUF bytes;
 * as many as fit if it is non-blocking, but that would be so for all who share
 * it with us, the shell maybe. So we open it once more, for ourselves. */
static size_t prepare_stdout(void)
{
    struct stat what;

    if (fstat(STDOUT_FILENO, &what) == -1)
        err(1, "stdout");
    if (S_ISREG(what.st_mode))
        return BUFFER_SIZE;
    if (!S_ISFIFO(what.st_mode))
        return PIPE_BUF;
    int own = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK);
    if (own == -1)
        return PIPE_BUF; /* it is another user's, or this is not Linux */
    if (dup2(own, STDOUT_FILENO) == -1)
        err(1, "dup2");
    close(own);
    return BUFFER_SIZE;
}

static void exchange(int peer, const char *name)
{
    static struct flow out = {.from = STDIN_FILENO, .source = "stdin"};
    static struct flow in = {.to = STDOUT_FILENO, .target = "stdout"};

    if (fcntl(peer, F_SETFL, O_NONBLOCK) == -1)
        err(1, "fcntl");
    out.to = in.from = peer;
    out.target = in.source = name;
    out.most = BUFFER_SIZE;
    in.most = prepare_stdout();

    while (!is_over(&out) || !is_over(&in)) {
        struct pollfd events[] = {wanted(&out), wanted(&in)};
        if (poll(events, 2, -1) == -1) {
            if (errno != EINTR)
                err(1, "poll");
            continue;
        }
        if (events[0].revents != 0)
            advance(&out);
        if (events[1].revents != 0)
            advance(&in);
    }
}

/* ---- The command line ---- */

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: nc [-v] HOST PORT\n"
                    "       nc -l [-v] PORT\n"
                    "       nc -U [-v] PATH\n"
                    "       nc -lU [-v] PATH\n");
    exit(2);
}

static struct options parse_options(int argc, char **argv)
{
    struct options options = {.listen = false};
    bool local = false;
    int letter;

    while ((letter = getopt(argc, argv, "lUv")) != -1) {
        if (letter == 'l')
            options.listen = true;
        else if (letter == 'U')
            local = true;
        else if (letter == 'v')
            options.verbose = true;
        else
            usage(); /* getopt has said what is wrong */
    }
    char **operands = argv + optind;
    int count = argc - optind, due = local || options.listen ? 1 : 2;
    if (count == 1 && due == 2)
        warnx("missing port number");
    if (count != due)
        usage();
    if (local) {
        options.path = operands[0];
        return options;
    }
    if (!options.listen)
        options.host = operands[0];
    if (!net_parse_port(operands[due - 1], options.listen ? 0 : 1,
                        &options.port))
        usage();
    return options;
}

int main(int argc, char **argv)
{
    struct options options = parse_options(argc, argv);
    const char *name = options.path != NULL   ? options.path
                       : options.host != NULL ? options.host
                                              : "client";
    int peer;

    signal(SIGPIPE, SIG_IGN); /* a reader that has gone: an error of write */
    if (options.path != NULL)
        peer =
            options.listen ? accept_unix(&options) : connect_unix(options.path);
    else
        peer = options.listen ? accept_tcp(&options) : connect_tcp(&options);
    exchange(peer, name);
    return 0;
}
