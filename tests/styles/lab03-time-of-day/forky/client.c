/*
 * Style "forky", with recvmsg() and MSG_WAITALL: the whole answer is asked
 * for in one call, into two buffers, a fixed one and one for what is longer.
 * Right because MSG_WAITALL comes back at the end of the stream with what
 * there is, and early where it likes: the call is repeated, with the buffers
 * moved on, until it gives 0, and the one for the rest grows with the answer.
 * The newline is taken off where there is one and put on in any case.
 */
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static void error_exit(const char *name)
{
    perror(name);
    exit(1);
}

static long get_port(const char *s, long min)
{
    char *end;
    long port;

    if (!isdigit((unsigned char)s[0]))
        return -1;
    errno = 0;
    port = strtol(s, &end, 10);
    return *end != '\0' || errno != 0 || port < min || port > 65535 ? -1 : port;
}

static int get_connection(const char *host, const char *service)
{
    struct addrinfo hints, *first, *p;
    int rv, fd = -1;

    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    if ((rv = getaddrinfo(host, service, &hints, &first)) != 0) {
        fprintf(stderr, "client: getaddrinfo: %s\n",
                rv == EAI_SYSTEM ? strerror(errno) : gai_strerror(rv));
        exit(1);
    }
    for (p = first; p != NULL; p = p->ai_next) {
        fd = socket(p->ai_family, p->ai_socktype, p->ai_protocol);
        if (fd == -1)
            continue;
        while ((rv = connect(fd, p->ai_addr, p->ai_addrlen)) == -1 &&
               (errno == EINTR || errno == EALREADY))
            ;
        if (rv == 0 || errno == EISCONN)
            break;
        rv = errno;
        close(fd);
        errno = rv;
        fd = -1;
    }
    rv = errno;
    freeaddrinfo(first);
    errno = rv;
    if (fd == -1)
        error_exit("client: connect");
    return fd;
}

int main(int argc, char **argv)
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *service = argc > 2 ? argv[2] : "8888";
    char *told = NULL, spill[4096];
    size_t room = 128, used = 0;
    ssize_t n;
    int fd;

    if (get_port(service, 1) == -1 || argc > 3) {
        fprintf(stderr, "usage: %s [HOST [PORT]]\n", "client");
        exit(2);
    }
    if ((told = malloc(room)) == NULL)
        error_exit("client: malloc");
    fd = get_connection(host, service);
    for (;;) {
        struct iovec io[] = {{told + used, room - used}, {spill, sizeof spill}};
        struct msghdr msg = {.msg_iov = io, .msg_iovlen = 2};
        size_t spilled;

        if ((n = recvmsg(fd, &msg, MSG_WAITALL)) == 0)
            break;
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            error_exit("client: recvmsg");
        spilled = (size_t)n > room - used ? n - (room - used) : 0;
        used += n;
        if (room - (used - spilled) == 0) {
            room = used + 4096;
            if ((told = realloc(told, room)) == NULL)
                error_exit("client: realloc");
            memcpy(told + used - spilled, spill, spilled);
        }
    }
    close(fd);
    if (used == 0) {
        free(told);
        fprintf(stderr, "client: recvmsg: the server said nothing\n");
        exit(1);
    }
    used -= told[used - 1] == '\n';
    printf("Received from server: ");
    fwrite(told, 1, used, stdout);
    putchar('\n');
    free(told);
    if (fflush(stdout) == EOF || ferror(stdout))
        error_exit("client: stdout");
    exit(0);
}
