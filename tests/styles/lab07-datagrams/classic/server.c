/*
 * Style "classic": IPv4, one loop of recvfrom() and sendto(), no helper
 * library.
 * Right because the array takes the longest datagram, a length of 0 is a
 * length like any other, each answer goes to the address that came with the
 * question, and no error after the start ends the loop.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static char buffer[65536];

static void die(const char *what)
{
    fprintf(stderr, "server: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static int port_number(const char *s)
{
    int port = 0;

    if (*s == '\0')
        return -1;
    for (; *s != '\0'; s++) {
        if (*s < '0' || *s > '9')
            return -1;
        port = port * 10 + (*s - '0');
        if (port > 65535)
            return -1;
    }
    return port;
}

static int open_socket(int port)
{
    struct sockaddr_in sin;
    socklen_t len = sizeof sin;
    int s = socket(AF_INET, SOCK_DGRAM, 0);

    if (s < 0)
        die("socket");
    memset(&sin, 0, sizeof sin);
    sin.sin_family = AF_INET;
    sin.sin_addr.s_addr = htonl(INADDR_ANY);
    sin.sin_port = htons(port);
    if (bind(s, (struct sockaddr *)&sin, sizeof sin) < 0)
        die("bind");
    if (getsockname(s, (struct sockaddr *)&sin, &len) < 0)
        die("getsockname");
    printf("listening on port %d\n", ntohs(sin.sin_port));
    if (fflush(stdout) == EOF)
        die("stdout");
    return s;
}

int main(int argc, char **argv)
{
    int port = argc < 2 ? 9999 : argc == 2 ? port_number(argv[1]) : -1;
    struct sockaddr_in from;
    int s;

    if (port < 0) {
        fprintf(stderr, "usage: server [PORT]\n");
        return 2;
    }
    s = open_socket(port);
    for (;;) {
        socklen_t len = sizeof from;
        ssize_t i, n = recvfrom(s, buffer, sizeof buffer, 0,
                                (struct sockaddr *)&from, &len);

        if (n < 0)
            continue;
        for (i = 0; i < n; i++)
            if (buffer[i] >= 'a' && buffer[i] <= 'z')
                buffer[i] -= 'a' - 'A';
        while (sendto(s, buffer, n, 0, (struct sockaddr *)&from, len) < 0 &&
               errno == EINTR)
            ;
    }
}
