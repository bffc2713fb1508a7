/*
 * Style "classic": gethostbyname() with a loop over h_addr_list, then read()
 * and write() on a nonblocking socket, with select() to wait for either.
 * Right because it writes what the socket takes and reads what has come, in
 * any order, so that full buffers on the way out cannot keep it from emptying
 * those on the way in; it counts bytes, not calls, and asks select() for the
 * directions only that still have something to do, so it never spins.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
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

static int only_later(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static void exchange(int s, const char *text, char *answer, size_t len)
{
    size_t sent = 0, got = 0;

    if (fcntl(s, F_SETFL, fcntl(s, F_GETFL) | O_NONBLOCK) < 0)
        die("fcntl");
    while (sent < len || got < len) {
        fd_set in, out;

        FD_ZERO(&in);
        FD_ZERO(&out);
        if (got < len)
            FD_SET(s, &in);
        if (sent < len)
            FD_SET(s, &out);
        if (select(s + 1, &in, &out, NULL, NULL) < 0) {
            if (errno == EINTR)
                continue;
            die("select");
        }
        if (FD_ISSET(s, &out)) {
            ssize_t n = write(s, text + sent, len - sent);

            if (n < 0 && !only_later())
                die("write");
            sent += n > 0 ? n : 0;
        }
        if (FD_ISSET(s, &in)) {
            ssize_t n = read(s, answer + got, len - got);

            if (n < 0 && !only_later())
                die("read");
            if (n == 0)
                complain("read", "the server closed before all had come back");
            got += n > 0 ? n : 0;
        }
    }
}

int main(int argc, char **argv)
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *text = argc > 3 ? argv[3] : "original text";
    int port = argc > 2 ? port_number(argv[2], 1) : 9999;
    size_t len = strlen(text);
    char *answer;
    int s;

    if (port < 0 || argc > 4) {
        fprintf(stderr, "usage: client [HOST [PORT [TEXT]]]\n");
        return 2;
    }
    ignore_sigpipe();
    if ((answer = malloc(len + 1)) == NULL)
        die("malloc");
    s = connect_to(host, port);
    exchange(s, text, answer, len);
    close(s);
    printf("Received ");
    fwrite(answer, 1, len, stdout);
    printf("\n");
    free(answer);
    if (fflush(stdout) == EOF || ferror(stdout))
        die("stdout");
    return 0;
}
