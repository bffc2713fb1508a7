/* line_server_fuzz.c: lab 4's line_server serves a stream in pieces of any
 * size, and lines around the longest. What it answers is worked out here from
 * the whole stream. */
#include "source.h"

#include <err.h>

/* What it sends, and when that begins to fail. */
static struct sink {
    char *data;
    size_t size, room, fails_at;
} sink;

static int sink_send_all(int fd, const void *data, size_t size)
{
    (void)fd;
    if (sink.size + size > sink.fails_at) {
        sink.size = sink.fails_at;
        return (int)fail_with(EPIPE);
    }
    if (sink.size + size > sink.room) {
        sink.room = 2 * (sink.size + size);
        sink.data = realloc(sink.data, sink.room);
        CHECK(sink.data != NULL);
    }
    if (size > 0)
        memcpy(sink.data + sink.size, data, size);
    sink.size += size;
    return 0;
}

#include "net.h"
#define warn(...) (void)0
#define net_send_all sink_send_all
#define main main_of_line_server
#include "solutions/lab04-framing/line_server.c"
#undef main

static void check_next(size_t *at, const void *due, size_t size)
{
    CHECK(size <= sink.size - *at);
    CHECK(memcmp(sink.data + *at, due, size) == 0);
    *at += size;
}

/* Sums up what is due for all that was received. */
static void check_answers(void)
{
    const char *line = source.given, *end = line + source.size;
    size_t at = 0;

    while (line < end) {
        size_t left = (size_t)(end - line);
        const char *newline =
            memchr(line, '\n', left <= LONGEST ? left : LONGEST + 1);
        if (newline == NULL && left > LONGEST) {
            check_next(&at, REFUSAL, strlen(REFUSAL));
            break;
        }
        if (newline == NULL && source.broken)
            break;
        size_t length = newline != NULL ? (size_t)(newline - line) : left;
        check_next(&at, PREFIX, strlen(PREFIX));
        check_next(&at, line, length);
        check_next(&at, "\n", 1);
        line += length + 1;
    }
    CHECK(at == sink.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct client client;
    struct input input = {data, size};
    unsigned fails = take_byte(&input);

    source.may_break = true;
    source_open(input.data, input.size);
    sink.size = 0;
    if (sink.data == NULL)
        sink.data = malloc(1);
    sink.fails_at = fails == 0 ? take_byte(&source.input) * 100 : SIZE_MAX;
    client.have = client.queued = 0;
    serve(&client);
    if (sink.fails_at == SIZE_MAX)
        check_answers();
    return 0;
}
