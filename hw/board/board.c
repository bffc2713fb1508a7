/*
 * board.c - the simulated board: one process that has the lines of a chip
 *
 * Shows a server on a UNIX-domain socket whose clients hear of what others do,
 * so it writes to many at once and must wait for none: each client has a
 * buffer of what is on its way, and one who lets it run over is dropped.
 *
 *     build/hw/board [-b] [-s SEED] PATH
 *     nc -U PATH
 *
 * -b: contacts bounce; -s: how. Ends at SIGINT, SIGTERM or SIGHUP.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "board.h"
#include "net.h"

enum { PAUSE = 100 /* ms */, MOST = 64 /* events a turn */ };

static int epoll;
static LIST_HEAD(, client) clients;

static bool watch(int operation, int fd, uint32_t events, void *owner)
{
    struct epoll_event event = {.events = events, .data.ptr = owner};

    return epoll_ctl(epoll, operation, fd, &event) == 0;
}

/* ---- What is on its way to a client ---- */

static size_t due(const struct client *client)
{
    return client->out_end - client->out_start;
}

static void tell_args(struct client *client, const char *format, va_list args)
{
    char line[LINE_SIZE + 2];

    if (client->gone)
        return;
    int size = vsnprintf(line, sizeof line - 1, format, args);
    size = size > LINE_SIZE ? LINE_SIZE : size;
    line[size++] = '\n';
    if (due(client) + (size_t)size > OUT_SIZE) {
        warnx("%s does not read what happens: dropped", client->name);
        client->gone = true;
        return;
    }
    if (client->out_end + (size_t)size > OUT_SIZE) {
        memmove(client->out, client->out + client->out_start, due(client));
        client->out_end -= client->out_start;
        client->out_start = 0;
    }
    memcpy(client->out + client->out_end, line, (size_t)size);
    client->out_end += (size_t)size;
}

void tell(struct client *client, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    tell_args(client, format, args);
    va_end(args);
}

void tell_watchers(const char *format, ...)
{
    struct client *client;
    va_list args;

    LIST_FOREACH(client, &clients, others)
    {
        if (!client->watching)
            continue;
        va_start(args, format);
        tell_args(client, format, args);
        va_end(args);
    }
}

/* Sends what the connection takes now. */
static void write_some(struct client *client)
{
    while (due(client) > 0 && !client->gone) {
        ssize_t sent = send(client->fd, client->out + client->out_start,
                            due(client), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent == -1 && errno == EINTR)
            continue;
        if (sent == -1 && errno == EAGAIN)
            return;
        if (sent == -1)
            client->gone = true;
        else
            client->out_start += (size_t)sent;
    }
}

/* ---- What a client says ---- */

static void obey(struct client *client, char *line, size_t length)
{
    line[length] = '\0';
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f) {
            tell(client, "error a line is words, with one space between");
            return;
        }
    chip_obey(client, line);
}

/* Takes the whole lines out of what has come. What is left waits for its end,
 * if it still can have one. */
static void obey_lines(struct client *client)
{
    char *next = client->in, *end = client->in + client->in_size, *newline;

    while ((newline = memchr(next, '\n', (size_t)(end - next))) != NULL) {
        if (!client->too_long)
            obey(client, next, (size_t)(newline - next));
        client->too_long = false;
        next = newline + 1;
    }
    client->in_size = (size_t)(end - next);
    memmove(client->in, next, client->in_size);
    if (client->in_size < sizeof client->in)
        return;
    if (!client->too_long)
        tell(client, "error a line is at most %d bytes", LINE_SIZE);
    client->too_long = true;
    client->in_size = 0;
}

/* One recv(2) a turn: who says much does not keep others waiting. */
static void read_some(struct client *client)
{
    ssize_t got = recv(client->fd, client->in + client->in_size,
                       sizeof client->in - client->in_size, MSG_DONTWAIT);

    if (got == -1 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got > 0) {
        client->in_size += (size_t)got;
        obey_lines(client);
        return;
    }
    /* At an end of the stream half a line is none, and answers are still due;
     * after an error there is nobody to read them. */
    client->gone = client->gone || got == -1;
    client->ended = true;
    client->watching = false;
    chip_release(client);
}

/* ---- All of them ---- */

static void add(int fd)
{
    static unsigned count;
    struct client *client = malloc(sizeof *client); /* pages come with use */

    if (client == NULL || !watch(EPOLL_CTL_ADD, fd, EPOLLIN, client)) {
        warn("a new client");
        free(client);
        close(fd);
        return;
    }
    memset(client, 0, offsetof(struct client, in));
    client->fd = fd;
    client->events = EPOLLIN;
    LIST_INSERT_HEAD(&clients, client, others);
    snprintf(client->name, sizeof client->name, "client[%u]", ++count);
}

static void drop(struct client *client)
{
    LIST_REMOVE(client, others);
    chip_release(client);
    close(client->fd); /* takes it off epoll's list too */
    free(client);
}

/* Who has much to read says no more until then: answers would fill the
 * buffer. */
static bool wait_for(struct client *client)
{
    uint32_t events = 0;

    if (due(client) > 0)
        events |= EPOLLOUT;
    if (!client->ended && due(client) < OUT_SIZE / 2)
        events |= EPOLLIN;
    if (events == client->events)
        return true;
    client->events = events;
    return watch(EPOLL_CTL_MOD, client->fd, events, client);
}

/* The end of a turn: what was said in it goes out, and who has gone is
 * dropped, of which the others hear at once. */
static void settle(void)
{
    struct client *client, *next;
    bool dropped;

    do {
        dropped = false;
        LIST_FOREACH(client, &clients, others)
        {
            write_some(client);
            if (!wait_for(client) || (client->ended && due(client) == 0))
                client->gone = true;
        }
        for (client = LIST_FIRST(&clients); client != NULL; client = next) {
            next = LIST_NEXT(client, others);
            if (!client->gone)
                continue;
            drop(client);
            dropped = true;
        }
    } while (dropped);
}

/* ---- The socket ---- */

/* Is there the socket of a board that has died? A living one answers, or has
 * no room for us at the moment. */
static bool is_dead(const struct sockaddr_un *address)
{
    struct stat what;

    if (lstat(address->sun_path, &what) == -1 || !S_ISSOCK(what.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd == -1)
        err(1, "socket");
    bool refused =
        connect(fd, (const struct sockaddr *)address, sizeof *address) == -1 &&
        errno == ECONNREFUSED;
    close(fd);
    return refused;
}

static const char *own_path; /* of the socket that is ours to remove */

static void remove_own_path(void)
{
    unlink(own_path);
}

static int open_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        err(1, "%s", path);
    }
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd == -1)
        err(1, "socket");
    umask(0177); /* from its first moment the socket is ours alone */
    int bound = bind(fd, (struct sockaddr *)&address, sizeof address);
    if (bound == -1 && errno == EADDRINUSE) {
        if (!is_dead(&address))
            errx(1, "%s: Address already in use", path);
        if (unlink(path) == -1)
            err(1, "%s", path);
        bound = bind(fd, (struct sockaddr *)&address, sizeof address);
    }
    if (bound == -1)
        err(1, "%s", path);
    own_path = path;
    atexit(remove_own_path);
    if (listen(fd, SOMAXCONN) == -1)
        err(1, "listen");
    return fd;
}

/* ---- The loop ---- */

/* Those that end the board come as something to read. */
static int open_signals(void)
{
    sigset_t end;

    sigemptyset(&end);
    sigaddset(&end, SIGINT);
    sigaddset(&end, SIGTERM);
    sigaddset(&end, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &end, NULL) == -1)
        err(1, "sigprocmask");
    int fd = signalfd(-1, &end, SFD_CLOEXEC);
    if (fd == -1)
        err(1, "signalfd");
    return fd;
}

/* False: there is no descriptor for the next one. */
static bool accept_one(int listener)
{
    int fd = net_accept(listener, NULL);

    if (fd == -1)
        return errno == EAGAIN;
    add(fd);
    return true;
}

/* Returns false when a signal has come. */
static bool turn(int *listener, int *signals, bool *full)
{
    struct epoll_event ready[MOST];

    int count = epoll_wait(epoll, ready, MOST, *full ? PAUSE : -1);
    if (count == -1 && errno != EINTR)
        err(1, "epoll_wait");
    if (*full)
        *full = !watch(EPOLL_CTL_MOD, *listener, EPOLLIN, listener);
    for (int i = 0; i < count; i++) {
        void *owner = ready[i].data.ptr;
        struct client *client = owner;
        if (owner == signals)
            return false;
        if (owner == listener) {
            if (!accept_one(*listener)) /* or it would spin */
                *full = watch(EPOLL_CTL_MOD, *listener, 0, listener);
        } else if ((client->events & EPOLLIN) && !client->gone) {
            read_some(client);
        }
    }
    settle();
    return true;
}

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: board [-b] [-s SEED] PATH\n");
    exit(2);
}

static const char *parse_options(int argc, char **argv)
{
    unsigned long long seed = 1;
    bool bounces = false;
    char *end = "";
    int letter;

    while ((letter = getopt(argc, argv, "bs:")) != -1) {
        if (letter == 'b')
            bounces = true;
        else if (letter == 's' && *optarg >= '0' && *optarg <= '9')
            seed = strtoull(optarg, &end, 10);
        else
            usage();
    }
    if (*end != '\0' || argc != optind + 1)
        usage();
    chip_init(bounces, seed);
    return argv[optind];
}

int main(int argc, char **argv)
{
    const char *path = parse_options(argc, argv);
    bool full = false;

    int signals = open_signals();
    int listener = open_socket(path);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll == -1 || !watch(EPOLL_CTL_ADD, listener, EPOLLIN, &listener) ||
        !watch(EPOLL_CTL_ADD, signals, EPOLLIN, &signals))
        err(1, "epoll");
    printf("listening on %s\n", path);
    if (fflush(stdout) == EOF)
        err(1, "stdout");
    while (turn(&listener, &signals, &full))
        continue;
    return 0; /* with it all connections end, and the path goes */
}
