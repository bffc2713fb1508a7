/*
 * Style "stdio": the connection as two FILEs, one for each direction; the
 * line is gathered in a memory stream. It connects first and asks afterwards.
 * Right because the prompt is flushed although it has no newline, the line may
 * hold any bytes and be of any length, the output is unbuffered, so that
 * fwrite() tells how much went out and can be continued after EINTR, and
 * getc() at the end of the stream is told apart from getc() that failed.
 */
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void failed(const char *call)
{
    fprintf(stderr, "client: %s: %s\n", call, strerror(errno));
    exit(1);
}

static int to_port(const char *text, long least)
{
    char digits[6];
    int used = 0;

    if (sscanf(text, "%5[0-9]%n", digits, &used) != 1 || text[used] != '\0')
        return -1;
    long port = strtol(digits, NULL, 10);
    return port >= least && port <= 65535 ? (int)port : -1;
}

static int dial(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list, *a;
    int error, fd = -1;

    if ((error = getaddrinfo(host, port, &hints, &list)) != 0) {
        fprintf(stderr, "client: host %s: %s\n", host,
                error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
        exit(1);
    }
    for (a = list; a != NULL && fd < 0; a = a->ai_next) {
        int rc;

        if ((fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol)) < 0)
            continue;
        do
            rc = connect(fd, a->ai_addr, a->ai_addrlen);
        while (rc < 0 && (errno == EINTR || errno == EALREADY));
        if (rc < 0 && errno != EISCONN) {
            error = errno;
            close(fd);
            errno = error;
            fd = -1;
        }
    }
    error = errno;
    freeaddrinfo(list);
    errno = error;
    if (fd < 0)
        failed(host);
    return fd;
}

static int next_byte(FILE *in)
{
    int c;

    while ((c = getc(in)) == EOF && ferror(in) && errno == EINTR)
        clearerr(in);
    return c;
}

static int put(FILE *out, const char *data, size_t size)
{
    while (size > 0) {
        size_t n = fwrite(data, 1, size, out);

        data += n;
        size -= n;
        if (size > 0 && errno != EINTR)
            return -1;
        clearerr(out);
    }
    return 0;
}

int main(int argc, char *argv[])
{
    char *line = NULL;
    size_t length = 0, count = 0;
    int c;

    if (argc != 3 || to_port(argv[2], 1) < 0) {
        fputs("usage: client HOST PORT\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);

    int fd = dial(argv[1], argv[2]), copy = dup(fd);
    if (copy < 0)
        failed("dup");
    FILE *in = fdopen(fd, "r"), *out = fdopen(copy, "w");
    if (in == NULL || out == NULL)
        failed("fdopen");
    setvbuf(out, NULL, _IONBF, 0);

    fputs("Enter the message: ", stdout);
    if (fflush(stdout) != 0)
        failed("stdout");
    FILE *memory = open_memstream(&line, &length);
    if (memory == NULL)
        failed("open_memstream");
    while ((c = next_byte(stdin)) != EOF && c != '\n')
        putc(c, memory);
    if (ferror(stdin))
        failed("stdin");
    putc('\n', memory);
    if (ferror(memory) || fclose(memory) != 0)
        failed("open_memstream");

    if (put(out, line, length) < 0 && errno != EPIPE && errno != ECONNRESET)
        failed("fwrite");
    fclose(out);
    for (; (c = next_byte(in)) != EOF; count++)
        putchar(c);
    if (ferror(in))
        failed("getc");
    fclose(in);
    free(line);
    if (count == 0) {
        fputs("client: getc: End of stream before the answer\n", stderr);
        return 1;
    }
    if (fflush(stdout) != 0 || ferror(stdout))
        failed("stdout");
    return 0;
}
