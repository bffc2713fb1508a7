/*
 * Style "dual": IPv6 and IPv4, poll() before each recv().
 * Right because one recv() is all that it takes for an answer; what poll()
 * says is only that it will not wait.
 */
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
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
    struct addrinfo want = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
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

int main(int argc, char *argv[])
{
    const char *const standard[] = {"Hello world!", "Again!"};
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *port = argc > 2 ? argv[2] : "5050";
    int count = argc > 3 ? argc - 3 : 2;
    static char data[1 << 16];

    check_port(port);
    for (int i = 3; i < argc; i++)
        if (strlen(argv[i]) == 0)
            usage();
    int fd = connection(host, port);
    for (int i = 0; i < count; i++) {
        const char *rest = argc > 3 ? argv[3 + i] : standard[i];
        struct pollfd p = {.fd = fd, .events = POLLIN};

        while (*rest != '\0') {
            ssize_t n = send(fd, rest, strlen(rest), MSG_NOSIGNAL);
            if (n < 0 && errno == EINTR)
                continue;
            if (n < 0)
                quit("send", strerror(errno));
            rest += n;
        }
        ssize_t n;
        do {
            poll(&p, 1, -1);
            n = recv(fd, data, sizeof data, 0);
        } while (n < 0 && errno == EINTR);
        if (n <= 0)
            quit(host, n < 0 ? strerror(errno) : "no answer");
        printf("Received: ");
        fwrite(data, n, 1, stdout);
        puts("");
    }
    shutdown(fd, SHUT_RDWR);
    close(fd);
    return fflush(stdout) == 0 ? 0 : 1;
}
