/*
 * Style "forky": read() and write(), SIGPIPE ignored.
 * Right because it writes all of a message, and calls read() once for it.
 */
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void quit(const char *subject, const char *reason)
{
    fprintf(stderr, "echo_client: %s: %s\n", subject, reason);
    exit(1);
}

static void usage(void)
{
    fputs("usage: echo_client [HOST [PORT [MESSAGE...]]]\n", stderr);
    exit(2);
}

static void check_port(const char *s)
{
    int n = 0;

    for (const char *p = s; *p != '\0'; p++)
        if (!isdigit((unsigned char)*p) || (n = 10 * n + *p - '0') > 65535)
            usage();
    if (n == 0)
        usage();
}

static int connection(const char *host, const char *port)
{
    struct addrinfo want = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list, *a;
    int why = 0, fd = -1, failed = getaddrinfo(host, port, &want, &list);

    if (failed)
        quit(host,
             failed == EAI_SYSTEM ? strerror(errno) : gai_strerror(failed));
    for (a = list; a != NULL && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (fd < 0 || connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            continue;
        why = errno;
        close(fd);
        fd = -1;
    }
    freeaddrinfo(list);
    if (fd < 0)
        quit(host, strerror(why));
    return fd;
}

static int put(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return 0;
        data += n;
        size -= n;
    }
    return 1;
}

int main(int argc, char **argv)
{
    char *defaults[] = {"Hello world!", "Again!", NULL}, **m = defaults;
    const char *port = argc > 2 ? argv[2] : "5050";
    char data[2000];

    check_port(port);
    if (argc > 3)
        m = argv + 3;
    for (char **p = m; *p != NULL; p++)
        if (**p == '\0')
            usage();
    signal(SIGPIPE, SIG_IGN);
    int fd = connection(argc > 1 ? argv[1] : "localhost", port);
    for (; *m != NULL; m++) {
        if (!put(fd, *m, strlen(*m)))
            quit("write", strerror(errno));
        ssize_t n;
        do
            n = read(fd, data, sizeof data);
        while (n < 0 && errno == EINTR);
        if (n < 0)
            quit("read", strerror(errno));
        if (n == 0)
            quit(*m, "no answer");
        fputs("Received: ", stdout);
        fwrite(data, 1, n, stdout);
        putchar('\n');
    }
    if (fflush(stdout) != 0)
        quit("stdout", strerror(errno));
    return 0;
}
