/* edges_fuzz.c: a board that says whatever it likes to a program: answers to
 * its requests, and edges of its line. */
#include "source.h"

#include <stdarg.h>

#include "common/net_stream.c"
#include "hw/gpio_board.c"

static char why[512];

int gpio_fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    return -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gpio_config config = {.offset = 17};
    struct gpio_board board = {.fd = -1, .path = "", .config = &config};
    struct gpio_edge edge;
    int got;

    source.may_block = source.may_break = true;
    source.most_run = 3000;
    source_open(data, size);
    net_reader_init(&board.reader, -1, board.buffer, sizeof board.buffer);
    got = answer(&board.reader);
    CHECK(got >= -1 && got <= 1);
    do {
        got = gpio_board_next(&board, &edge);
        CHECK(got >= -1 && got <= 1);
    } while (got != -1 && (source.input.size > 0 || source.run > 0));
    return 0;
}
