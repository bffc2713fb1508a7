/* signs_fuzz.c: any text as a student's source, searched for what a person
 * should look at. */
#define _GNU_SOURCE
#include "kept.h"

#include "tests/grade/sign_words.c"
#include "tests/grade/signs.c"
#include "tests/harness/text.c"

void broken(const char *reason, ...)
{
    (void)reason;
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    json_t *found = json_array();
    struct reader reader = {.name = "server.c",
                            .line = 1,
                            .last = {MARK, "", 0},
                            .before = {MARK, "", 0},
                            .found = found};
    char *text = take_text(&input);

    reader.at = text;
    read_text(&reader);
    for (size_t i = 0; i < json_array_size(found); i++) {
        const char *sentence = json_string_value(json_array_get(found, i));
        CHECK(sentence != NULL);
        CHECK(strncmp(sentence, "server.c line ", 14) == 0);
        for (const char *c = sentence; *c != '\0'; c++)
            CHECK((unsigned char)*c >= ' ' && *c != 0x7f);
    }
    json_decref(found);
    free(text);
    free_kept();
    return 0;
}
