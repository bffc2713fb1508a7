/* reader_fuzz.c: net_read_line, in buffers of any size. The lines that it
 * returns, and what it gives up, are the stream that came, in its order. */
#include "source.h"

#include "common/net_stream.c"

/* The line is the next piece of the stream, up to its newline or the end. */
static size_t check_line(size_t at, const char *line, size_t length)
{
    CHECK(length <= source.size - at);
    CHECK(memcmp(line, source.given + at, length) == 0);
    CHECK(memchr(line, '\n', length) == NULL);
    at += length;
    if (at == source.size) /* a last one without newline: not an empty one */
        CHECK(length > 0 && source.input.size == 0 && source.run == 0);
    else
        CHECK(source.given[at++] == '\n');
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t room = size > 0 ? 1 + data[0] % 64 : 1, at = 0, length;
    struct net_reader reader;
    char *buffer = malloc(room), *line;
    int got;

    source.may_block = source.may_break = true;
    source.most_run = 300;
    source_open(size > 0 ? data + 1 : data, size > 0 ? size - 1 : 0);
    net_reader_init(&reader, 0, buffer, room);
    while ((got = net_read_line(&reader, &line, &length)) != 0) {
        if (got == 1) {
            CHECK(length < room || source.given[at + length - 1] != '\n');
            at = check_line(at, line, length);
        } else if (errno == EMSGSIZE) {
            CHECK(source.size - at >= room);
            CHECK(memchr(source.given + at, '\n', room) == NULL);
            at += room;
            reader.start = reader.end; /* goes on behind it, as gpio_fifo.c */
        } else {
            CHECK(errno == EAGAIN || errno == ECONNRESET);
        }
    }
    CHECK(at == source.size);
    free(buffer);
    return 0;
}
