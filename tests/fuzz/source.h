/* source.h: a stream that comes in pieces of any size, interrupted, not ready,
 * or broken, as the fuzzer's bytes have it. Stands in for read and recv in the
 * file that is included after it. */
#ifndef SOURCE_H
#define SOURCE_H

#include "fuzz.h"

#include <sys/socket.h>
#include <unistd.h>

static struct source {
    struct input input;
    size_t run;      /* so many more of the same byte, for what is very long */
    size_t most_run; /* 0: 14 KiB */
    bool may_block;  /* EAGAIN may come, */
    bool may_break;  /* or ECONNRESET */
    bool broken;
    char *given; /* all that was handed out so far */
    size_t size, room;
} source;

static void source_open(const uint8_t *data, size_t size)
{
    source.input = (struct input){data, size};
    source.run = source.size = 0;
    source.broken = false;
    if (source.given == NULL)
        source.given = malloc(1);
}

static void source_give(const char *bytes, size_t size)
{
    if (source.size + size > source.room) {
        source.room = 2 * (source.size + size);
        source.given = realloc(source.given, source.room);
        if (source.given == NULL)
            abort();
    }
    memcpy(source.given + source.size, bytes, size);
    source.size += size;
}

static ssize_t fail_with(int error)
{
    errno = error;
    return -1;
}

enum { RUN = 200 }; /* from here on a byte begins a run */

/* As read(2): each call takes an order from the input, a byte, and what it is
 * about. */
static ssize_t source_read(void *buffer, size_t room)
{
    size_t got;

    CHECK(room > 0);
    if (source.run == 0 && source.input.size == 0)
        return 0;
    if (source.run == 0) {
        unsigned order = take_byte(&source.input);
        if (order == 0)
            return fail_with(EINTR);
        if (order == 1 && source.may_block)
            return fail_with(EAGAIN);
        if (order == 2 && source.may_break) {
            source.broken = true;
            return fail_with(ECONNRESET);
        }
        if (order < RUN) {
            size_t wanted = order < room ? order : room;
            got = take_bytes(&source.input, buffer, wanted);
            source_give(buffer, got);
            return (ssize_t)got;
        }
        source.run = (order - RUN + 1) * (take_byte(&source.input) + 1);
        if (source.most_run != 0)
            source.run %= source.most_run;
        if (source.run == 0)
            return fail_with(EINTR);
    }
    got = source.run < room ? source.run : room;
    memset(buffer, 'x', got);
    source.run -= got;
    source_give(buffer, got);
    return (ssize_t)got;
}

static inline ssize_t source_read_fd(int fd, void *buffer, size_t room)
{
    (void)fd;
    return source_read(buffer, room);
}

static inline ssize_t source_recv(int fd, void *buffer, size_t room, int flags)
{
    (void)fd;
    (void)flags;
    return source_read(buffer, room);
}

#define read source_read_fd
#define recv source_recv

#endif
