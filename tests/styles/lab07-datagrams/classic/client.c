/*
 * Style "classic", the client: gethostbyname(), and SO_RCVTIMEO for the wait.
 * Right because the socket is connected, so nothing of a stranger's wakes
 * recv(); where a signal does, what is left of the 500 ms is set anew. A port
 * that refuses may only just be coming up: it is asked as often as one that is
 * silent, and what it said is told after the third try. Then comes the next
 * address.
 */
#define _GNU_SOURCE /* EAI_NODATA */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static char answer[65536];

static void complain(const char *what, const char *why)
{
    fprintf(stderr, "client: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void die(const char *what)
{
    complain(what, strerror(errno));
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
    return port < 1 ? -1 : port;
}

static long now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000L + now.tv_nsec / 1000;
}

static const char *why_unknown(void)
{
    switch (h_errno) {
    case HOST_NOT_FOUND:
        return gai_strerror(EAI_NONAME);
    case TRY_AGAIN:
        return gai_strerror(EAI_AGAIN);
    case NO_DATA:
        return gai_strerror(EAI_NODATA);
    case NETDB_INTERNAL:
        return strerror(errno);
    default:
        return gai_strerror(EAI_FAIL);
    }
}

/* One try: the length of the answer, or -1 and errno. */
static ssize_t attempt(int s, const char *text, size_t len)
{
    long end = now_us() + 500000;
    int why = EAGAIN;

    while (send(s, text, len, 0) < 0)
        if (errno != EINTR) {
            why = errno;
            break;
        }
    for (;;) {
        long left = end - now_us();
        struct timeval limit = {0, left};
        ssize_t n;

        if (left <= 0) {
            errno = why;
            return -1;
        }
        if (setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0)
            die("setsockopt");
        n = recv(s, answer, sizeof answer, 0);
        if (n >= 0)
            return n;
        if (errno != EINTR && errno != EAGAIN)
            why = errno;
    }
}

static ssize_t ask(int s, const char *text, size_t len)
{
    int i, why = EAGAIN;

    for (i = 0; i < 3; i++) {
        ssize_t n = attempt(s, text, len);

        if (n >= 0)
            return n;
        why = errno;
    }
    errno = why;
    return -1;
}

int main(int argc, char **argv)
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *text = argc > 3 ? argv[3] : "original text";
    int port = argc > 2 ? port_number(argv[2]) : 9999;
    size_t len = strlen(text);
    struct hostent *he;
    char **address;
    ssize_t n = -1;
    int why = EADDRNOTAVAIL;

    if (port < 0 || argc > 4 || len > 65507) {
        fprintf(stderr, "usage: client [HOST [PORT [TEXT]]]\n");
        return 2;
    }
    he = gethostbyname(host);
    if (he == NULL)
        complain("gethostbyname", why_unknown());
    for (address = he->h_addr_list; *address != NULL && n < 0; address++) {
        struct sockaddr_in sin;
        int s = socket(AF_INET, SOCK_DGRAM, 0);

        if (s < 0)
            die("socket");
        memset(&sin, 0, sizeof sin);
        sin.sin_family = AF_INET;
        sin.sin_port = htons(port);
        memcpy(&sin.sin_addr, *address, sizeof sin.sin_addr);
        if (connect(s, (struct sockaddr *)&sin, sizeof sin) == 0)
            n = ask(s, text, len);
        why = errno;
        close(s);
        if (n < 0 && why == EAGAIN) {
            fprintf(stderr, "client: no answer\n");
            return EXIT_FAILURE;
        }
    }
    if (n < 0)
        complain(host, strerror(why));
    printf("Received ");
    fwrite(answer, 1, n, stdout);
    printf("\n");
    if (fflush(stdout) == EOF || ferror(stdout))
        die("stdout");
    return 0;
}
