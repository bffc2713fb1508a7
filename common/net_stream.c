/* net_stream.c: what both ends do with a connection: send whole messages, read
 * whole lines, and close without losing what is under way.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "net.h"

int net_send_all(int fd, const void *data, size_t length)
{
    const char *next = data;

    while (length > 0) {
        ssize_t sent = send(fd, next, length, MSG_NOSIGNAL);
        if (sent == -1 && errno == EINTR)
            continue;
        if (sent == -1)
            return -1;
        next += sent;
        length -= (size_t)sent;
    }
    return 0;
}

void net_reader_init(struct net_reader *reader, int fd, char *buffer,
                     size_t size)
{
    *reader = (struct net_reader){.fd = fd, .buffer = buffer, .size = size};
}

/* Moves what is left to the front of the buffer and reads as much more as
 * fits, in one call. Returns as read(2). */
static ssize_t read_more(struct net_reader *reader)
{
    ssize_t got;

    if (reader->start > 0) {
        reader->end -= reader->start;
        memmove(reader->buffer, reader->buffer + reader->start, reader->end);
        reader->start = 0;
    }
    if (reader->end == reader->size) {
        errno = EMSGSIZE;
        return -1;
    }
    do {
        got = read(reader->fd, reader->buffer + reader->end,
                   reader->size - reader->end);
    } while (got == -1 && errno == EINTR);
    if (got > 0)
        reader->end += (size_t)got;
    return got;
}

int net_read_line(struct net_reader *reader, char **line, size_t *length)
{
    ssize_t got = (ssize_t)(reader->end - reader->start);

    do { /* the last `got` bytes have not been searched yet */
        char *newline =
            memchr(reader->buffer + reader->end - got, '\n', (size_t)got);
        if (newline != NULL) {
            *line = reader->buffer + reader->start;
            *length = (size_t)(newline - *line);
            reader->start += *length + 1;
            return 1;
        }
        got = read_more(reader);
    } while (got > 0);

    if (got == -1 || reader->start == reader->end)
        return (int)got;
    *line = reader->buffer + reader->start;
    *length = reader->end - reader->start;
    reader->start = reader->end;
    return 1;
}

void net_close_gracefully(int fd, int timeout_ms)
{
    const int64_t deadline = net_now_ms() + timeout_ms;
    bool open = shutdown(fd, SHUT_WR) == 0;
    char unread[4096];

    while (open && net_wait(fd, POLLIN, deadline) == 1)
        open = recv(fd, unread, sizeof unread, MSG_DONTWAIT) > 0;
    close(fd);
}
