/* names_fuzz.c: any name in an archive, as a folder's name, as a key, and as it
 * is shown. */
#define _GNU_SOURCE
#include "fuzz.h"

#include "tests/grade/intake_text.c"

void fail(enum status status, const char *format, ...)
{
    CHECK(status == STATUS_FAILED && format == NULL);
    abort();
}

static void check_clean(const char *name)
{
    CHECK(*name != '\0' && *name != '.' && *name != '-');
    CHECK(strlen(name) <= WHO_LIMIT);
    CHECK(strchr(name, '/') == NULL);
}

/* Whole characters of UTF-8 that can be printed. */
static void check_printable(const char *text)
{
    uint32_t code;

    for (size_t size; *text != '\0'; text += size) {
        size = character(text, &code);
        CHECK(size > 0 && is_printable(code));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    int limit = 1 + (int)take_byte(&input);
    char *text = take_text(&input);
    char *name = clean_name(text), *key = key_of(text, 12);
    char *seen = escaped(text, limit), *quoted = shown(text);

    check_clean(name);
    check_printable(name);
    check_printable(seen);
    check_printable(quoted);
    CHECK(strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(key));
    free(text);
    free(name);
    free(key);
    free(seen);
    free(quoted);
    return 0;
}
