/* symbols_fuzz.c: any bytes as a program's file, in which the harness looks for
 * functions that go round a test. */
#define _GNU_SOURCE
#include "fuzz.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file that is opened, and mapped: of its size to the byte. */
static struct input file;

static int size_of_file(struct stat *about)
{
    about->st_size = (off_t)file.size;
    return 0;
}

/* Every second one begins as such a file must: the rest is strange enough. */
static void *copy_of_file(void)
{
    char *copy = malloc(file.size);
    uint16_t entry = 64; /* bytes of a section's header, at byte 58 */

    CHECK(copy != NULL);
    memcpy(copy, file.data, file.size);
    if (file.size >= 64 && file.data[0] % 2) {
        memcpy(copy, "\177ELF", 4);
        memcpy(copy + 58, &entry, sizeof entry);
    }
    return copy;
}

#define open(PATH, HOW) (*(PATH) == '\0' ? 3 : -1)
#define close(FD) (void)0
#define fstat(FD, ABOUT) size_of_file(ABOUT)
#define mmap(...) copy_of_file()
#define munmap(BYTES, SIZE) free(BYTES)
#include "tests/harness/symbols.c"
#undef close
#undef open

/* What the file needs besides, and is not called. */
struct config config;
struct program *all_programs;

char *format(const char *text, ...)
{
    return strdup(text);
}

void advise(const char *why, const char *hint)
{
    CHECK(why == hint);
}

void given(const char *text, ...)
{
    CHECK(text == NULL);
}

void look_at(const char *text, ...)
{
    CHECK(text == NULL);
}

void fail_test(const struct verdict *shown, const char *reason, ...)
{
    CHECK(shown == NULL && reason == NULL);
    abort();
}

void collect_output(void)
{
}

const char *build_suffix(const struct launch *launch)
{
    return launch->name;
}

static void look(const char *(*take)(const char *, bool))
{
    free((char *)find_symbol("", take));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    file = (struct input){data, size};
    look(goes_round_faults);
    look(talks_to_sanitizer);
    return 0;
}
