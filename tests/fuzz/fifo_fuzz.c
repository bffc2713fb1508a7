/* fifo_fuzz.c: whatever comes through lab 10's FIFO. Presses are the lines "0",
 * and what is said of the others can be shown on a terminal. */
#include "source.h"

#include "common/net_stream.c"
#include "hw/gpio_fifo.c"

int gpio_fail(const char *format, ...)
{
    (void)format;
    return -1;
}

static void check_log(const char *line)
{
    CHECK(strlen(line) < 600);
    for (; *line != '\0'; line++)
        CHECK(*line >= ' ' && *line < 0x7f);
}

static int count_presses(size_t most)
{
    const char *line = source.given, *end = line + source.size;
    int presses = 0;

    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((newline != NULL ? newline : end) - line);
        presses += length == 1 && length < most && *line == '0';
        line += length + 1;
    }
    return presses;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gpio_fifo fifo = {.fd = -1};
    enum gpio_fifo_line kind;
    int presses = 0;
    bool over;

    /* It is opened without waiting; its end is only the end of a writer, and
     * empty stands for that and for "not now". */
    source.may_block = true;
    source.may_break = false;
    source.most_run = 400;
    source_open(data, size);
    net_reader_init(&fifo.reader, -1, fifo.buffer, sizeof fifo.buffer);
    do {
        over = source.input.size == 0 && source.run == 0;
        kind = gpio_fifo_next(&fifo, check_log);
        CHECK(kind != FIFO_FAILED);
        presses += kind == FIFO_PRESS;
    } while (kind != FIFO_EMPTY || !over);
    CHECK(fifo.reader.start == fifo.reader.end);
    CHECK(presses == count_presses(sizeof fifo.buffer));
    return 0;
}
