/*
 * Style "classic": no library, select, one byte at a time, and a table with a
 * place for each descriptor. Right because nothing blocks, a client with an
 * answer under way is not read, and what has no place in the table is closed.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int parse_port(const char *text)
{
    char *end;
    long port;

    if (*text < '0' || *text > '9')
        return -1;
    errno = 0;
    port = strtol(text, &end, 10);
    return *end == '\0' && errno == 0 && port <= 65535 ? (int)port : -1;
}

/* One socket for IPv6 and IPv4. */
static int start_listening(int port)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6,
                               .sin6_port = htons(port),
                               .sin6_addr = IN6ADDR_ANY_INIT};
    socklen_t size = sizeof any;
    int on = 1, off = 0, listener = socket(AF_INET6, SOCK_STREAM, 0);

    if (listener < 0)
        err(1, "socket");
    setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&any, size) < 0)
        err(1, "bind");
    if (listen(listener, 128) < 0)
        err(1, "listen");
    if (getsockname(listener, (struct sockaddr *)&any, &size) < 0)
        err(1, "getsockname");
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("listening on port %d\n", ntohs(any.sin6_port));
    return listener;
}

static struct client {
    int open, last;
    char out[80];
    size_t size, sent;
    int ended;
} clients[FD_SETSIZE];

static void compose(struct client *c)
{
    struct tm local;
    time_t now = time(NULL);

    localtime_r(&now, &local);
    c->sent = 0;
    c->size = strftime(c->out, sizeof c->out,
                       "It is now: %a %b %e %H:%M:%S %Y\n", &local);
}

static void finish(int fd)
{
    clients[fd].open = 0;
    close(fd);
}

static void put(int fd)
{
    struct client *c = &clients[fd];
    ssize_t n = write(fd, c->out + c->sent, c->size - c->sent);

    if (n < 0 && errno != EAGAIN && errno != EINTR)
        finish(fd);
    if (n > 0)
        c->sent += n;
    if (c->open && c->sent == c->size && c->ended)
        finish(fd);
}

static void get(int fd)
{
    struct client *c = &clients[fd];
    char byte;
    ssize_t n = read(fd, &byte, 1);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0) {
        finish(fd);
        return;
    }
    if (n == 0) {
        c->ended = 1;
        if (c->last == '\n')
            finish(fd);
        else
            compose(c);
        return;
    }
    c->last = byte;
    if (byte == '\n')
        compose(c);
}

static void welcome(int listener)
{
    int fd = accept(listener, NULL, NULL);

    if (fd < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
        usleep(50000);
    if (fd < 0)
        return;
    if (fd >= FD_SETSIZE) {
        close(fd);
        return;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    clients[fd] = (struct client){.open = 1, .last = '\n'};
    compose(&clients[fd]);
}

static void end(int number)
{
    (void)number;
    _exit(0);
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? parse_port(argv[1]) : 5155;
    if (argc > 2 || port < 0) {
        fprintf(stderr, "usage: poll_server [PORT]\n");
        exit(2);
    }
    tzset();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, end);
    int listener = start_listening(port);
    fcntl(listener, F_SETFL, O_NONBLOCK);
    for (;;) {
        fd_set in, out;
        int top = listener;
        FD_ZERO(&in);
        FD_ZERO(&out);
        FD_SET(listener, &in);
        for (int fd = 0; fd < FD_SETSIZE; fd++) {
            if (!clients[fd].open)
                continue;
            FD_SET(fd, clients[fd].sent < clients[fd].size ? &out : &in);
            top = fd > top ? fd : top;
        }
        if (select(top + 1, &in, &out, NULL, NULL) < 0)
            continue;
        for (int fd = 0; fd <= top; fd++) {
            if (clients[fd].open && FD_ISSET(fd, &out))
                put(fd);
            else if (clients[fd].open && FD_ISSET(fd, &in))
                get(fd);
        }
        if (FD_ISSET(listener, &in))
            welcome(listener);
    }
}
