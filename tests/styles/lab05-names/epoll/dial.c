/*
 * Style "epoll": tiny functions; write() alone, no stdio but for the errors;
 * a large buffer from the heap.
 * Right because write() is called until it has taken all, also for the line
 * that goes before the data, so nothing can overtake it.
 */
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 1 << 18 };

static void complain(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
}

static _Noreturn void give_up(const char *subject, const char *reason)
{
    complain("dial: %s: %s\n", subject, reason);
    exit(1);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name(const char *s)
{
    while (*s != '\0' && !is_letter(*s))
        s++;
    return *s != '\0';
}

static bool is_port(const char *s)
{
    long n = 0;

    for (const char *p = s; *p != '\0'; p++) {
        if (!isdigit((unsigned char)*p))
            return false;
        n = 10 * n + (*p - '0');
        if (n > 65535)
            return false;
    }
    return n >= 1;
}

static void put(const char *data, size_t size)
{
    ssize_t n;

    for (; size > 0; data += n, size -= n) {
        n = write(STDOUT_FILENO, data, size);
        if (n < 0 && errno == EINTR)
            n = 0;
        if (n < 0)
            give_up("stdout", strerror(errno));
    }
}

static void name(const struct addrinfo *a, char *text, size_t size)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];

    getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(text, size, "%s port %s", host, port);
}

/* 0, or why not. */
static int attempt(const struct addrinfo *a, int *fd)
{
    int why = 0;

    *fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
    if (*fd < 0)
        return errno;
    if (connect(*fd, a->ai_addr, a->ai_addrlen) < 0)
        why = errno;
    if (why != 0)
        close(*fd);
    return why;
}

static int connect_any(const char *host, const struct addrinfo *a)
{
    char text[NI_MAXHOST + NI_MAXSERV + 10], line[sizeof text + 20];
    int fd, why;

    for (;; a = a->ai_next) {
        name(a, text, sizeof text);
        why = attempt(a, &fd);
        if (why == 0)
            break;
        complain("trying %s: %s\n", text, strerror(why));
        if (a->ai_next == NULL)
            give_up(host, strerror(why));
    }
    put(line, snprintf(line, sizeof line, "connected to %s\n", text));
    return fd;
}

static void pass_on(int fd)
{
    char *data = malloc(ROOM);
    ssize_t n;

    if (data == NULL)
        give_up("malloc", strerror(errno));
    while ((n = read(fd, data, ROOM)) != 0) {
        if (n > 0)
            put(data, n);
        else if (errno != EINTR)
            give_up("read", strerror(errno));
    }
    free(data);
}

int main(int argc, char **argv)
{
    static const struct addrinfo kind = {.ai_family = AF_UNSPEC,
                                         .ai_socktype = SOCK_STREAM,
                                         .ai_protocol = IPPROTO_TCP};
    struct addrinfo *list;
    int error;

    if (argc != 3 || !(is_name(argv[2]) || is_port(argv[2]))) {
        complain("usage: dial HOST SERVICE\n");
        return 2;
    }
    error = getaddrinfo(argv[1], argv[2], &kind, &list);
    if (error != 0)
        give_up(argv[1], gai_strerror(error));
    int fd = connect_any(argv[1], list);
    freeaddrinfo(list);
    pass_on(fd);
    close(fd);
    return 0;
}
