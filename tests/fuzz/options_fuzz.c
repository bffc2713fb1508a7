/* options_fuzz.c: any command line of lab 8's nc. It is a usage error, or it
 * says whom to call, or where to listen. */
#include "fuzz.h"

#include <err.h>
#include <setjmp.h>

#include "net.h"

static jmp_buf over;

static void say_nothing(FILE *stream, const char *format, ...)
{
    (void)stream;
    (void)format;
}

#define exit(STATUS) longjmp(over, STATUS)
#define warnx(...) (void)0
#define fprintf say_nothing
#define main main_of_nc
#include "solutions/lab08-netcat/nc.c"
#undef main

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct words words = take_words(&input);

    optind = 0; /* getopt begins anew */
    opterr = 0;
    int status = setjmp(over);
    if (status == 0) {
        struct options options = parse_options(words.argc, words.argv);
        CHECK((options.path != NULL) + (options.host != NULL) <= 1);
        CHECK(options.path != NULL || options.host != NULL || options.listen);
        CHECK(options.host == NULL || (!options.listen && options.port >= 1));
    } else {
        CHECK(status == 2);
    }
    free(words.all);
    return 0;
}
