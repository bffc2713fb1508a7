/*
 * Style "classic": gethostbyname() with a loop over h_addr_list, then read()
 * to the end of the stream, each piece printed as it comes.
 * Right because the prefix is printed once, with the first byte; the pieces
 * may have any size; the last byte is remembered, so that there is one newline
 * at the end whether the server sent it or not; and a stream without a byte,
 * or one that breaks off, is an error.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void complain(const char *what, const char *why)
{
    fprintf(stderr, "client: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void die(const char *what)
{
    complain(what, strerror(errno));
}

static int port_number(const char *s, int lowest)
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
    return port < lowest ? -1 : port;
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

static int connect_to(const char *host, int port)
{
    struct hostent *he = gethostbyname(host);
    int why = EADDRNOTAVAIL;
    char **address;

    if (he == NULL)
        complain("gethostbyname", why_unknown());
    for (address = he->h_addr_list; *address != NULL; address++) {
        struct sockaddr_in sin;
        int s = socket(AF_INET, SOCK_STREAM, 0);

        if (s < 0)
            die("socket");
        memset(&sin, 0, sizeof sin);
        sin.sin_family = AF_INET;
        sin.sin_port = htons(port);
        memcpy(&sin.sin_addr, *address, sizeof sin.sin_addr);
        do {
            if (connect(s, (struct sockaddr *)&sin, sizeof sin) == 0 ||
                errno == EISCONN)
                return s;
        } while (errno == EINTR || errno == EALREADY);
        why = errno;
        close(s);
    }
    errno = why;
    die("connect");
    return -1;
}

int main(int argc, char **argv)
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    int port = argc > 2 ? port_number(argv[2], 1) : 8888;
    char piece[256], last = '\0';
    int s, heard = 0;

    if (port < 0 || argc > 3) {
        fprintf(stderr, "usage: client [HOST [PORT]]\n");
        return 2;
    }
    s = connect_to(host, port);
    for (;;) {
        ssize_t n = read(s, piece, sizeof piece);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            die("read");
        if (n == 0)
            break;
        if (!heard)
            printf("Received from server: ");
        heard = 1;
        fwrite(piece, 1, n, stdout);
        last = piece[n - 1];
    }
    close(s);
    if (!heard)
        complain(host, "the server closed without telling the time");
    if (last != '\n')
        printf("\n");
    if (fflush(stdout) == EOF || ferror(stdout))
        die("stdout");
    return 0;
}
