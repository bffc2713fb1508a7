/*
 * Style "forky": a read() for each byte of an answer, which is printed as it
 * comes; getchar() for each byte of stdin.
 * Right because nothing behind the newline is ever read, so that nothing needs
 * to be kept. Half an answer is printed before its end is known to be missing:
 * then the exit status tells.
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
    fprintf(stderr, "line_client: %s: %s\n", subject, reason);
    exit(1);
}

static void usage(void)
{
    fputs("usage: line_client [HOST [PORT [MESSAGE...]]]\n", stderr);
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

static void answer(int fd)
{
    char byte;

    fputs("Received: ", stdout);
    do {
        ssize_t n;
        do
            n = read(fd, &byte, 1);
        while (n < 0 && errno == EINTR);
        if (n < 0)
            quit("read", strerror(errno));
        if (n == 0)
            quit("read", "the stream ended before the answer did");
        putchar(byte);
    } while (byte != '\n');
    fflush(stdout);
}

static void say(int fd, const char *line, size_t size)
{
    if (!put(fd, line, size))
        quit("write", strerror(errno));
    answer(fd);
}

static void say_stdin(int fd)
{
    size_t size = 0, room = 0;
    char *line = NULL;
    int c;

    do {
        c = getchar();
        if (c == EOF && size == 0)
            break;
        if (size == room) {
            line = realloc(line, room = 2 * room + 80);
            if (line == NULL)
                quit("realloc", strerror(errno));
        }
        line[size++] = c == EOF ? '\n' : c;
        if (line[size - 1] == '\n') {
            say(fd, line, size);
            size = 0;
        }
    } while (c != EOF);
    free(line);
}

int main(int argc, char **argv)
{
    char *defaults[] = {"Hello world!", "Again!", NULL}, **m = defaults;
    const char *port = argc > 2 ? argv[2] : "5050";

    check_port(port);
    if (argc > 3)
        m = argv + 3;
    for (char **p = m; *p != NULL; p++)
        if (strchr(*p, '\n') != NULL)
            usage();
    signal(SIGPIPE, SIG_IGN);
    int fd = connection(argc > 1 ? argv[1] : "localhost", port);
    if (argc == 4 && strcmp(argv[3], "-") == 0) {
        say_stdin(fd);
        return 0;
    }
    for (; *m != NULL; m++) {
        size_t length = strlen(*m);
        char *line = malloc(length + 1);
        if (line == NULL)
            quit("malloc", strerror(errno));
        memcpy(line, *m, length);
        line[length] = '\n';
        say(fd, line, length + 1);
        free(line);
    }
    return 0;
}
