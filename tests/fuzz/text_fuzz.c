/* text_fuzz.c: bytes of a hostile program, made readable. What a person is
 * shown has no control character in it, and is no longer than it may be. */
#define _GNU_SOURCE
#include "kept.h"

#include "tests/harness/text.c"

void broken(const char *reason, ...)
{
    (void)reason;
    abort();
}

/* The harness's own signs for what it left out are the only ones that are not
 * ASCII. */
static void check_shown(char *text, size_t most)
{
    static const char mark[] = "…";

    CHECK(strlen(text) <= most);
    for (const char *c = text; *c != '\0'; c++)
        if (strncmp(c, mark, sizeof mark - 1) == 0)
            c += sizeof mark - 2;
        else
            CHECK(*c >= ' ' && *c < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    size_t focus = take_byte(&input) * 7;
    char *text = take_text(&input);
    const uint8_t *bytes = data + (size > 0);
    size_t count = size - (size > 0);

    check_shown(show_bytes(bytes, count, focus < count ? focus : count), 900);
    check_shown(show_start(bytes, count, count + focus), 900);
    check_shown(show_line(text), 2000);
    CHECK(common_prefix(bytes, count, text, strlen(text)) == strlen(text));
    free(text);
    free_kept();
    return 0;
}
