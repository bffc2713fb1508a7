/*
 * Style "threads": stdio in both directions, a FILE for each.
 * Right because getline() does the framing, and tells the length; a last line
 * without newline is none here.
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

static FILE *in, *out;

static void exchange(const char *line, size_t length)
{
    static char *answer;
    static size_t room;

    fwrite(line, 1, length, out);
    if (putc('\n', out) == EOF || fflush(out) == EOF)
        quit("send", strerror(errno));
    errno = 0;
    ssize_t got = getline(&answer, &room, in);
    if (got <= 0 || answer[got - 1] != '\n')
        quit("recv", errno ? strerror(errno) : "the answer has no end");
    printf("Received: ");
    fwrite(answer, 1, got, stdout);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static char *defaults[] = {"a", "h", "p", "Hello world!", "Again!", NULL};
    char **words = argc > 3 ? argv : defaults;

    if (argc > 2)
        check_port(argv[2]);
    for (int i = 3; words[i] != NULL; i++)
        if (strchr(words[i], '\n') != NULL)
            usage();
    signal(SIGPIPE, SIG_IGN);
    int fd = connection(argc > 1 ? argv[1] : "localhost",
                        argc > 2 ? argv[2] : "5050");
    in = fdopen(fd, "r");
    out = fdopen(dup(fd), "w");
    if (argc == 4 && strcmp(argv[3], "-") == 0) {
        char *line = NULL;
        size_t room = 0;
        ssize_t n;
        while ((n = getline(&line, &room, stdin)) > 0)
            exchange(line, line[n - 1] == '\n' ? n - 1 : n);
        free(line);
    } else {
        for (int i = 3; words[i] != NULL; i++)
            exchange(words[i], strlen(words[i]));
    }
    fclose(out);
    fclose(in);
    return 0;
}
