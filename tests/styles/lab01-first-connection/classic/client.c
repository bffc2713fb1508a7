/*
 * Style "classic": gethostbyname() with a loop over h_addr_list, and read()
 * and write() for everything, the terminal too. It asks first and connects
 * afterwards.
 * Right because each address gets a socket of its own, the resolver's h_errno
 * is told in gai_strerror()'s words, the line may have any length and any
 * bytes, short counts are continued in both directions, and only a read of 0
 * counts as the end of the answer. A server that answers without reading all
 * of the line is heard out.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
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

static void ignore_sigpipe(void)
{
    struct sigaction sa;

    memset(&sa, 0, sizeof sa);
    sa.sa_handler = SIG_IGN;
    sigemptyset(&sa.sa_mask);
    if (sigaction(SIGPIPE, &sa, NULL) < 0)
        die("sigaction");
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

static char *read_line(size_t *len)
{
    size_t size = 128, have = 0;
    char *line = malloc(size);

    while (line != NULL) {
        ssize_t n = read(STDIN_FILENO, line + have, size - have - 1);
        char *newline = NULL;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            die("stdin");
        newline = memchr(line + have, '\n', n);
        have = newline != NULL ? (size_t)(newline - line) : have + n;
        if (n == 0 || newline != NULL) {
            line[have] = '\n';
            *len = have + 1;
            return line;
        }
        if (have + 1 == size)
            line = realloc(line, size *= 2);
    }
    die("malloc");
    return NULL;
}

static int write_all(int s, const char *p, size_t left)
{
    while (left > 0) {
        ssize_t n = write(s, p, left);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        p += n;
        left -= n;
    }
    return 0;
}

int main(int argc, char **argv)
{
    int port = argc == 3 ? port_number(argv[2], 1) : -1;
    char answer[1024], *line;
    int s, sent, heard = 0;
    size_t len;

    if (port < 0) {
        fprintf(stderr, "usage: client HOST PORT\n");
        return 2;
    }
    ignore_sigpipe();
    if (write_all(STDOUT_FILENO, "Enter the message: ", 19) < 0)
        die("stdout");
    line = read_line(&len);
    s = connect_to(argv[1], port);
    sent = write_all(s, line, len);
    if (sent < 0 && errno != EPIPE && errno != ECONNRESET)
        die("write");
    for (;;) {
        ssize_t n = read(s, answer, sizeof answer);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            die("read");
        if (n == 0)
            break;
        heard = 1;
        if (write_all(STDOUT_FILENO, answer, n) < 0)
            die("stdout");
    }
    if (!heard)
        complain(argv[1], "the server closed without an answer");
    free(line);
    close(s);
    return 0;
}
