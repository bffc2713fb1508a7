/*
 * Style "epoll": a non-blocking socket, and select() before each call that
 * could wait.
 * Right because each message is sent to its end, and one recv() that brings
 * something is one answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "echo_client: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: echo_client [HOST [PORT [MESSAGE...]]]\n");
    exit(2);
}

static void wait_for(int fd, int writing)
{
    fd_set set;

    do {
        FD_ZERO(&set);
        FD_SET(fd, &set);
    } while (select(fd + 1, writing ? NULL : &set, writing ? &set : NULL, NULL,
                    NULL) < 0 &&
             errno == EINTR);
}

static int again(void)
{
    return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
}

static int reach(const char *host, int port)
{
    struct addrinfo want = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM},
                    *found, *a;
    char text[6];
    int error, fd = -1;

    snprintf(text, sizeof text, "%d", port);
    if ((error = getaddrinfo(host, text, &want, &found)) != 0)
        fail(host, gai_strerror(error));
    for (a = found; a != NULL; a = a->ai_next) {
        fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd < 0)
            fail("socket", strerror(errno));
        if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            break;
        error = errno;
        close(fd);
    }
    freeaddrinfo(found);
    if (a == NULL)
        fail(host, strerror(error));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

int main(int argc, char **argv)
{
    char *ours[] = {"", "", "", "Hello world!", "Again!"};
    char data[8192];
    long port = 5050;

    if (argc > 2) {
        size_t digits = strspn(argv[2], "0123456789");
        port = digits > 0 && digits < 8 ? atol(argv[2]) : 0;
        if (argv[2][digits] != '\0' || port < 1 || port > 65535)
            usage();
    }
    for (int i = 3; i < argc; i++)
        if (argv[i][0] == '\0')
            usage();

    int fd = reach(argc > 1 ? argv[1] : "localhost", port);
    int last = argc > 3 ? argc : 5;
    for (int i = 3; i < last; i++) {
        const char *rest = argc > 3 ? argv[i] : ours[i];
        ssize_t n;

        while (*rest != '\0') {
            wait_for(fd, 1);
            n = send(fd, rest, strlen(rest), MSG_NOSIGNAL);
            if (n < 0 && !again())
                fail("send", strerror(errno));
            rest += n > 0 ? n : 0;
        }
        do {
            wait_for(fd, 0);
            n = recv(fd, data, sizeof data, 0);
        } while (n < 0 && again());
        if (n <= 0)
            fail("recv", n < 0 ? strerror(errno) : "no more from the server");
        printf("Received: ");
        fwrite(data, n, 1, stdout);
        putchar('\n');
        fflush(stdout);
    }
    close(fd);
    return 0;
}
