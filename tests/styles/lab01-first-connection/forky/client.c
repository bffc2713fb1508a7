/*
 * Style "forky", for one connection: the less known flags and calls - the
 * line is read byte by byte, so that not one byte behind it is taken from
 * stdin, sendmsg() sends it and its newline as two pieces, MSG_WAITALL fills
 * the buffer, and stdio is not used for data at all.
 * Right because the list of pieces is moved on by what sendmsg() took,
 * MSG_WAITALL may come back with less and is called again until it gives 0,
 * write() is continued as well, and every call is repeated after EINTR.
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

static void print(const char *p, size_t left)
{
    while (left > 0) {
        ssize_t n = write(STDOUT_FILENO, p, left);

        if (n == -1 && errno != EINTR)
            error_exit("client: write");
        p += n > 0 ? n : 0;
        left -= n > 0 ? n : 0;
    }
}

static char *get_line(size_t *len)
{
    size_t room = 0;
    char *line = NULL, c;
    ssize_t n;

    *len = 0;
    while ((n = read(STDIN_FILENO, &c, 1)) != 0) {
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            error_exit("client: stdin");
        if (c == '\n')
            break;
        if (*len == room) {
            room = 2 * room + 256;
            if ((line = realloc(line, room)) == NULL)
                error_exit("client: realloc");
        }
        line[(*len)++] = c;
    }
    return line;
}

static int send_pieces(int fd, struct iovec *piece, int pieces)
{
    while (pieces > 0) {
        struct msghdr msg = {.msg_iov = piece, .msg_iovlen = pieces};
        ssize_t n = sendmsg(fd, &msg, MSG_NOSIGNAL);

        if (n == -1 && errno != EINTR)
            return -1;
        for (size_t done = n > 0 ? n : 0; pieces > 0;) {
            if (done < piece->iov_len) {
                piece->iov_base = (char *)piece->iov_base + done;
                piece->iov_len -= done;
                break;
            }
            done -= piece->iov_len;
            piece++;
            pieces--;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    char answer[512], *line, newline[] = "\n";
    size_t len, heard = 0;
    ssize_t n;
    int fd;

    if (argc != 3 || get_port(argv[2], 1) == -1) {
        fprintf(stderr, "usage: %s HOST PORT\n", "client");
        exit(2);
    }
    print("Enter the message: ", 19);
    line = get_line(&len);
    fd = get_connection(argv[1], argv[2]);

    struct iovec out[] = {{line, len}, {newline, 1}};
    if (send_pieces(fd, out, 2) == -1 && errno != EPIPE && errno != ECONNRESET)
        error_exit("client: sendmsg");
    free(line);
    while ((n = recv(fd, answer, sizeof answer, MSG_WAITALL)) != 0) {
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            error_exit("client: recv");
        print(answer, n);
        heard += n;
    }
    if (heard == 0) {
        fprintf(stderr, "client: recv: the server said nothing\n");
        exit(1);
    }
    close(fd);
    exit(0);
}
