/* main.c: runs the kit's own tests and prints a line for each.
 *
 *     kit [ID…]      all, or those whose ids begin with one of the words
 *
 * Lines are "PASS id" and "FAIL id: why". Exit status: 0 all passed, 1 not.
 */
#include "inside.h"
#include "kit.h"
#include "result.h"
#include "runner.h"

#include <errno.h>
#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const suite_lab = "kit";
const struct pairing suite_pairings[] = {{0}};
void (*const suite_canonical)(char *text) = NULL;

const char *build_folder(void)
{
    const char *named = getenv("KIT_BUILD");
    return named ? named : "build";
}

char *run_shell(int *status, const char *command, ...)
{
    struct buffer out = {0};
    char piece[4096];
    size_t n;
    va_list args;
    va_start(args, command);
    FILE *pipe = popen(format("{ %s\n} 2>&1", vformat(command, args)), "r");
    va_end(args);
    if (!pipe)
        broken("popen: %s", strerror(errno));
    buffer_text(&out, "");
    while ((n = fread(piece, 1, sizeof piece, pipe)) > 0)
        buffer_add(&out, piece, n);
    int how = pclose(pipe);
    *status = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
    return out.data;
}

char *new_folder(const char *name)
{
    int status;
    char *path = format("%s/kit/%s", build_folder(), name);
    char *said = run_shell(&status, "rm -rf '%s' && mkdir -p '%s'", path, path);
    if (status != 0)
        broken("%s", said);
    return need(realpath(path, NULL));
}

char **labs_with_suite(void)
{
    glob_t found;
    if (glob("tests/lab[0-9][0-9]-*/lab.mk", 0, NULL, &found) != 0)
        broken("no suite in tests/");
    char **labs = need(calloc(found.gl_pathc + 1, sizeof *labs));
    for (size_t i = 0; i < found.gl_pathc; i++)
        labs[i] = format("%s", basename(dirname(found.gl_pathv[i])));
    return labs;
}

char *file_text(const char *path)
{
    struct buffer out = {0};
    char piece[4096];
    size_t n;
    FILE *file = fopen(path, "r");
    if (!file)
        return NULL;
    buffer_text(&out, "");
    while ((n = fread(piece, 1, sizeof piece, file)) > 0)
        buffer_add(&out, piece, n);
    fclose(file);
    return out.data;
}

static bool is_wanted(const char *id, char **words)
{
    if (!*words)
        return true;
    for (; *words; words++)
        if (strncmp(id, *words, strlen(*words)) == 0)
            return true;
    return false;
}

static int by_file_and_line(const void *a, const void *b)
{
    const struct test *const *left = a, *const *right = b;
    int files = strcmp((*left)->file, (*right)->file);
    return files ? files : (*left)->line - (*right)->line;
}

int main(int argc, char **argv)
{
    int count, wanted = 0, failed = 0;
    const char *why_not;
    (void)argc;
    const struct test **tests = declared_tests(&count);

    qsort(tests, count, sizeof *tests, by_file_and_line);
    for (int i = 0; i < count; i++)
        if (is_wanted(tests[i]->id, argv + 1))
            tests[wanted++] = tests[i];
    config = (struct config){
        .programs = format("%s/tests/kit/programs", build_folder()),
        .tools = format("%s/tests", build_folder()),
        .lab = suite_lab};
    isolation_set(isolation_probe(&why_not));
    struct run run = {.tests = tests,
                      .count = wanted,
                      .jobs = (int)sysconf(_SC_NPROCESSORS_ONLN),
                      .seed = 1,
                      .who = "kit",
                      .lab = suite_lab,
                      .kit_version = ""};
    json_t *document = run_tests(&run);
    for (int i = 0; i < wanted; i++) {
        json_t *test = json_array_get(json_object_get(document, "tests"), i);
        const char *status = json_string_value(json_object_get(test, "status"));
        const char *reason = json_string_value(json_object_get(test, "reason"));
        bool passed = strcmp(status, "passed") == 0;
        failed += !passed;
        if (passed)
            printf("PASS %s\n", tests[i]->id);
        else
            printf("FAIL %s: %s\n", tests[i]->id, reason);
    }
    return failed ? 1 : 0;
}
