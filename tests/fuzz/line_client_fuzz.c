/* line_client_fuzz.c: lab 4's line_client takes answers from a server that says
 * whatever it likes. It returns the lines of the stream, or ends with an
 * error. */
#include "source.h"

#include <err.h>
#include <setjmp.h>

#include "net.h"

static jmp_buf over;

#define err(...) longjmp(over, 1)
#define errx(...) longjmp(over, 1)
#define main main_of_line_client
#include "solutions/lab04-framing/line_client.c"
#undef main

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct stream stream;
    static size_t at; /* static: longjmp leaves it as it is */

    source.may_break = true;
    source_open(data, size);
    stream.have = at = 0;
    if (setjmp(over) != 0)
        return 0;
    for (;;) {
        size_t line = receive_line(&stream);
        CHECK(line > 0 && line <= stream.have);
        CHECK(memcmp(stream.data, source.given + at, line) == 0);
        CHECK(memchr(stream.data, '\n', line) == stream.data + line - 1);
        stream.have -= line;
        memmove(stream.data, stream.data + line, stream.have);
        at += line;
    }
}
