/*
 * Style "threads": the connection as a FILE, read with getc(), by a thread of
 * its own, to which main() waits.
 * Right because getc() is repeated after EINTR with the error cleared, its end
 * of the stream is told apart from an error, and stdout is line-buffered: what
 * comes line by line is seen at once.
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

static bool has_letter(const char *text)
{
    for (; *text != '\0'; text++)
        if ((*text | 32) >= 'a' && (*text | 32) <= 'z')
            return true;
    return false;
}

static void *print_all(void *arg)
{
    FILE *in = arg;
    int c;

    for (;;) {
        if ((c = getc(in)) != EOF) {
            putchar(c);
        } else if (ferror(in) && errno == EINTR) {
            clearerr(in);
        } else if (ferror(in)) {
            err(1, "getc");
        } else {
            fclose(in);
            return NULL;
        }
    }
}

static int try(struct addrinfo *a)
{
    char text[NET_ADDRESS_SIZE];
    int fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);

    net_format_address(a->ai_addr, text);
    if (fd != -1 && connect(fd, a->ai_addr, a->ai_addrlen) == 0) {
        printf("connected to %s port %d\n", text, net_address_port(a->ai_addr));
        return fd;
    }
    int reason = errno;
    fprintf(stderr, "trying %s port %d: %s\n", text,
            net_address_port(a->ai_addr), strerror(reason));
    if (fd != -1)
        close(fd);
    errno = reason;
    return -1;
}

int main(int argc, char **argv)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *a;
    pthread_t thread;
    uint16_t port;
    int error, fd = -1;

    if (argc != 3 ||
        (!has_letter(argv[2]) && !net_parse_port(argv[2], 1, &port))) {
        fprintf(stderr, "usage: dial HOST SERVICE\n");
        exit(2);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    if ((error = getaddrinfo(argv[1], argv[2], &hints, &list)) != 0)
        errx(1, "%s: %s", argv[1], gai_strerror(error));
    for (a = list; a != NULL && fd == -1; a = a->ai_next)
        fd = try(a);
    if (fd == -1)
        err(1, "%s", argv[1]);
    freeaddrinfo(list);
    if ((errno = pthread_create(&thread, NULL, print_all, fdopen(fd, "r"))))
        err(1, "pthread_create");
    pthread_join(thread, NULL);
    return 0;
}
