/* fuzz.h: what the fuzz targets share. Each is a file NAME_fuzz.c of its own,
 * which includes the source that it tries, so that it reaches functions that
 * are private there. libFuzzer calls LLVMFuzzerTestOneInput with bytes that it
 * thinks of; a target fails by CHECK, or because a sanitizer stops it. */
#ifndef FUZZ_H
#define FUZZ_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(HOLDS)                                                           \
    do {                                                                       \
        if (!(HOLDS)) {                                                        \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,  \
                    #HOLDS);                                                   \
            abort();                                                           \
        }                                                                      \
    } while (0)

/* The input, taken piece by piece. */
struct input {
    const uint8_t *data;
    size_t size;
};

static inline unsigned take_byte(struct input *input)
{
    if (input->size == 0)
        return 0;
    input->size--;
    return *input->data++;
}

/* Up to `most` bytes; how many. */
static inline size_t take_bytes(struct input *input, void *to, size_t most)
{
    size_t size = most < input->size ? most : input->size;

    if (size > 0)
        memcpy(to, input->data, size);
    if (size > 0)
        input->data += size;
    input->size -= size;
    return size;
}

/* What is left, as a text up to its first NUL; the caller frees it. */
static inline char *take_text(struct input *input)
{
    char *text = malloc(input->size + 1);

    if (text == NULL)
        abort();
    text[take_bytes(input, text, input->size)] = '\0';
    return text;
}

/* A command line: a name, then words that a newline each ends, then a null. The
 * caller frees `all`, in which they lie. */
struct words {
    char *all;
    char *argv[18];
    int argc;
};

static inline struct words take_words(struct input *input)
{
    static char name[] = "program";
    struct words words = {.all = take_text(input), .argv = {name}, .argc = 1};
    char *next = *words.all != '\0' ? words.all : NULL;

    while (next != NULL && words.argc < 17) {
        words.argv[words.argc++] = next;
        next = strchr(next, '\n');
        if (next != NULL)
            *next++ = '\0';
    }
    return words;
}

#endif
