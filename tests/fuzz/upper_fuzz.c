/* upper_fuzz.c: lab 2's stretch: letters of UTF-8, where a stream is cut in the
 * middle of one. However it is cut, the same comes out. */
#include "fuzz.h"

#define main main_of_stretch_server
#include "solutions/lab02-uppercase-echo/stretch_server.c"
#undef main

/* As the server does it, with pieces of this size. */
static void convert(const uint8_t *data, size_t size, size_t piece, char *out)
{
    char *work = malloc(size + 1);
    size_t held = 0, taken = 0;

    while (taken < size) {
        size_t got = piece < size - taken ? piece : size - taken;
        memcpy(work + held, data + taken, got);
        taken += got;
        held += got;
        size_t done = to_upper(work, held);
        CHECK(done <= held && held - done < MB_LEN_MAX);
        memcpy(out, work, done);
        out += done;
        held -= done;
        memmove(work, work + done, held);
    }
    memcpy(out, work, held);
    free(work);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool located;
    struct input input = {data, size};
    size_t piece = 1 + take_byte(&input) % 8;

    if (!located)
        located = setlocale(LC_CTYPE, "C.UTF-8") != NULL;
    CHECK(located);
    char *whole = malloc(input.size + 1), *cut = malloc(input.size + 1);
    convert(input.data, input.size, input.size + 1, whole);
    convert(input.data, input.size, piece, cut);
    CHECK(memcmp(whole, cut, input.size) == 0);
    for (size_t i = 0; i < input.size; i++)
        if (input.data[i] < 0x80)
            CHECK((uint8_t)whole[i] ==
                  input.data[i] - ('a' - 'A') * (input.data[i] >= 'a' &&
                                                 input.data[i] <= 'z'));
    free(whole);
    free(cut);
    return 0;
}
