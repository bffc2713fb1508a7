/*
 * Style "inetd": gethostbyname2(), and a time limit on the socket
 * (SO_RCVTIMEO), which is an occasion to try again.
 * Right because a limit that has passed is neither an end nor an error; and
 * one recvmsg() that brings something is one answer.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static const char *host = "localhost";

static void die(const char *why)
{
    fflush(stdout);
    dprintf(2, "echo_client: %s: %s\n", host, why);
    _exit(1);
}

static void usage(void)
{
    dprintf(2, "usage: echo_client [HOST [PORT [MESSAGE…]]]\n");
    _exit(2);
}

static int connect_to(int port)
{
    struct hostent *h = gethostbyname2(host, AF_INET);
    struct timeval limit = {.tv_sec = 5};
    int fd, why = EHOSTUNREACH;

    if (h == NULL)
        die(gai_strerror(h_errno == HOST_NOT_FOUND || h_errno == NO_DATA
                             ? EAI_NONAME
                             : EAI_AGAIN));
    for (char **a = h->h_addr_list; *a != NULL; a++) {
        struct sockaddr_in to = {.sin_family = AF_INET,
                                 .sin_port = htons(port)};
        memcpy(&to.sin_addr, *a, sizeof to.sin_addr);
        if ((fd = socket(AF_INET, SOCK_STREAM, 0)) < 0)
            die(strerror(errno));
        if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) {
            setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
            return fd;
        }
        why = errno;
        close(fd);
    }
    die(strerror(why));
    return -1;
}

static size_t receive(int fd, char *data, size_t size)
{
    struct iovec room = {data, size};
    struct msghdr message = {.msg_iov = &room, .msg_iovlen = 1};
    ssize_t n;

    do
        n = recvmsg(fd, &message, 0);
    while (n < 0 && (errno == EINTR || errno == EAGAIN));
    if (n < 0)
        die(strerror(errno));
    if (n == 0)
        die("the answer does not come any more");
    return n;
}

static void send_text(int fd, const char *text)
{
    for (size_t size = strlen(text); size > 0;) {
        ssize_t n = sendto(fd, text, size, MSG_NOSIGNAL, NULL, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            die(strerror(errno));
        text += n;
        size -= n;
    }
}

int main(int argc, char **argv)
{
    static char *usual[] = {"Hello world!", "Again!", NULL};
    char **messages = argc > 3 ? argv + 3 : usual, data[70000], extra;
    unsigned port = 5050;

    if (argc > 1)
        host = argv[1];
    if (argc > 2 && (argv[2][0] < '0' || argv[2][0] > '9' ||
                     strlen(argv[2]) > 5 ||
                     sscanf(argv[2], "%u%c", &port, &extra) != 1 || port == 0 ||
                     port > 65535))
        usage();
    for (char **m = messages; *m != NULL; m++)
        if (**m == '\0')
            usage();

    int fd = connect_to(port);
    for (char **m = messages; *m != NULL; m++) {
        send_text(fd, *m);
        size_t size = receive(fd, data, sizeof data);
        fputs("Received: ", stdout);
        fwrite(data, size, 1, stdout);
        fputs("\n", stdout);
    }
    shutdown(fd, SHUT_RDWR);
    return fflush(stdout) == 0 ? 0 : 1;
}
