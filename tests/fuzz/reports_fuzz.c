/* reports_fuzz.c: stderr of a hostile program, searched for a sanitizer's
 * report, and for what a person should look at. */
#define _GNU_SOURCE
#include "kept.h"

#include "tests/harness/look.c"
#include "tests/harness/sanitizer.c"
#include "tests/harness/text.c"

struct program *all_programs;
struct config config = {.lab = "lab02-uppercase-echo"};

void broken(const char *reason, ...)
{
    (void)reason;
    abort();
}

const char *errors_of(struct program *program, size_t *size)
{
    if (size != NULL)
        *size = program->errors.size;
    return program->errors.data;
}

enum isolation isolation_now(void)
{
    return ISOLATION_NONE;
}

/* What the two files need besides, and no input leads to. */
void fail_test(const struct verdict *shown, const char *reason, ...)
{
    CHECK(shown == NULL && reason == NULL);
    abort();
}

enum waited wait_for(bool (*done)(void *), void *arg, int fd, short events,
                     int tick)
{
    (void)fd;
    (void)events;
    (void)tick;
    return done(arg) ? WAITED_DONE : WAITED_STUCK;
}

bool program_ended(void *program)
{
    return ((struct program *)program)->ended;
}

void send_signal(struct program *program, int signal_number)
{
    program->wait_status = signal_number;
}

void stop_program(struct program *program)
{
    program->stopped = true;
}

void collect_output(void)
{
}

void let_work(struct program *program)
{
    (void)program;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct program program = {.name = "server", .sanitized = true};

    program.errors.data = take_text(&input);
    program.errors.size = size; /* and maybe a NUL within */
    all_programs = &program;
    const char *report = sanitizer_report();
    if (report != NULL)
        for (; *report != '\0'; report++)
            CHECK((unsigned char)*report >= ' ' && *report != 0x7f);
    count = 0;
    look_at_text(&program, &program.errors, "stderr");
    for (int i = 0; i < count; i++)
        for (const char *c = sentences[i]; *c != '\0'; c++)
            CHECK((unsigned char)*c >= ' ' && *c != 0x7f);
    free(program.errors.data);
    free_kept();
    return 0;
}
