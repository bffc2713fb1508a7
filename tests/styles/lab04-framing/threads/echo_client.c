/*
 * Style "threads": stdio on the socket for what goes out, recv() for the rest.
 * Right because fflush() sends all that fwrite() collected.
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

int main(int argc, char **argv)
{
    static char *defaults[] = {"a", "h", "p", "Hello world!", "Again!", NULL};
    char **words = argc > 3 ? argv : defaults, answer[1024];

    if (argc > 2)
        check_port(argv[2]);
    for (int i = 3; words[i] != NULL; i++)
        if (words[i][0] == '\0')
            usage();
    signal(SIGPIPE, SIG_IGN);
    int fd = connection(argc > 1 ? argv[1] : "localhost",
                        argc > 2 ? argv[2] : "5050");
    FILE *out = fdopen(fd, "w");
    for (int i = 3; words[i] != NULL; i++) {
        if (fputs(words[i], out) == EOF || fflush(out) == EOF)
            quit("send", strerror(errno));
        ssize_t got;
        do {
            got = recv(fd, answer, sizeof answer, 0);
        } while (got == -1 && errno == EINTR);
        if (got == -1)
            quit("recv", strerror(errno));
        if (got == 0)
            quit("recv", "Success, but nothing came");
        printf("Received: ");
        fwrite(answer, got, 1, stdout);
        printf("\n");
    }
    fclose(out);
    return 0;
}
