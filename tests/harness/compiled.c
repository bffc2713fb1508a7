/* compiled.c: what the compiler left of a program: an executable, or words on
 * why there is none. */
#include "inside.h"

#include <stdio.h>
#include <unistd.h>

static const char *line_with(const char *text, const char *words)
{
    const char *found = strstr(text, words);
    while (found && found > text && found[-1] != '\n')
        found--;
    return found;
}

/* Of what the compiler said, the first error, and the piece of the program that
 * it shows below; or else what the linker missed. */
static char *first_error(const char *log)
{
    static const char *const linker[] = {
        "undefined reference", "multiple definition", "cannot find", "Error: "};
    const char *found = line_with(log, ".c:"), *error;
    for (error = line_with(log, "error: ");
         error && strncmp(error, "collect2: ", 10) == 0;)
        error = NULL;
    for (size_t i = 0; i < sizeof linker / sizeof *linker && !error; i++)
        error = line_with(log, linker[i]);
    found = error ? error : found ? found : log;

    char *shown = show_line(found);
    for (int i = 0; i < 2; i++) {
        const char *next = strchr(found, '\n');
        if (!next || strncmp(next, "\n  ", 3) != 0)
            break;
        found = next + 1;
        shown = format("%s\n%s", shown, show_line(found));
    }
    return shown;
}

/* "labs/lab09-callbacks", if it is a file of that lab, and not of the one under
 * test, that the compiler or the linker complains of; else null. */
static char *other_lab(const char *error)
{
    const char *found = strstr(error, "labs/lab");
    size_t length = found ? strcspn(found + 5, "/:") : 0;
    if (!found || found[5 + length] != '/' ||
        strncmp(found + 5, config.lab, length) == 0)
        return NULL;
    return format("%.*s", (int)(5 + length), found);
}

static _Noreturn void fail_library(const char *program, const char *folder,
                                   const char *error)
{
    advise("Nothing can be tested before it compiles.",
           format("make %.5s says more. LIBRARY=reference puts the reference "
                  "in the place of your %s meanwhile.",
                  folder + 5, folder));
    fail_test(&(struct verdict){.received = error},
              "What %s stands on, your own %s, does not compile. The first "
              "error is shown.",
              program, folder);
}

/* A compiler in a cell has limits, and who reaches them wants to. */
static void fail_at_limit(const char *program, const char *log)
{
    static const struct {
        const char *said, *limit;
    } limits[] = {{"CPU time limit exceeded", "processor time"},
                  {"out of memory allocating", "memory"},
                  {"memory exhausted", "memory"},
                  {"virtual memory", "memory"},
                  {"File size limit exceeded", "what it may write"},
                  {"signal terminated program", "what it may use"}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        const char *line = line_with(log, limits[i].said);
        if (!line)
            continue;
        look_at("%s.c makes the compiler reach the limit of %s.", program,
                limits[i].limit);
        advise("Nothing can be tested before it compiles.",
               "Compile it yourself, and look how long that takes and what "
               "comes of it.");
        fail_test(&(struct verdict){.received = show_line(line)},
                  "%s.c does not compile: it makes the compiler reach the "
                  "limit of %s.",
                  program, limits[i].limit);
    }
}

static struct buffer read_log(const char *path)
{
    FILE *log = fopen(path, "r");
    struct buffer said = {0};
    char piece[4096];
    size_t n;
    while (log && (n = fread(piece, 1, sizeof piece, log)) > 0)
        buffer_add(&said, piece, n);
    if (log)
        fclose(log);
    return said;
}

/* A program that did not compile, or was never written, has no executable. If
 * it did not compile as it is, nobody tried for the sanitizers. */
void require_executable(const struct launch *launch)
{
    const char *plain = format("%s/%s", config.programs, launch->name);
    const char *path = format("%s%s", plain, build_suffix(launch));
    if (access(path, F_OK) == 0)
        return;
    given(NULL);
    struct buffer said = read_log(format("%s.log", path));
    if (!said.size)
        said = read_log(format("%s.log", plain));
    if (said.size)
        fail_at_limit(launch->name, said.data);
    advise("Nothing can be tested before it compiles.",
           said.size ? "Mend the first error, at the line that it names. Later "
                       "errors often follow from it."
                     : format("git checkout labs/%s/%s.c brings its starter "
                              "back.",
                              config.lab, launch->name));
    char *error = said.size ? first_error(said.data) : NULL;
    char *library = error ? other_lab(error) : NULL;
    if (library)
        fail_library(launch->name, library, error);
    if (error)
        fail_test(&(struct verdict){.received = error},
                  "%s.c does not compile, so there is nothing to test. The "
                  "compiler's first error is shown.",
                  launch->name);
    fail_test(NULL, "There is no %s.c, so there is nothing to test.",
              launch->name);
}
