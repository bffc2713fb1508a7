/* judge.c: did a planted bug lose what it should, and was it told well?
 *
 *     judge PATCH RESULT [--update]
 *
 * PATCH is a planted bug: words on what is wrong, then the lines
 *     Loses: ID [ID…]    the tests that are there for this bug
 *     Also: ID [ID…]     (may be left out) what else must follow from it
 * and a unified diff against the solution. RESULT is the document of a run with
 * seed 1. The messages of the tests that it loses are compared with the golden
 * file beside the patch; --update writes that file instead.
 *
 * Prints one line, PASS or FAIL and why; exit status 0 or 1, 2 for a wrong
 * call.
 *
 *     judge --at-most POINTS RESULT
 *
 * tells by its exit status whether a result has so few points, and says if not.
 */
#include "inside.h"
#include "result.h"

#include <ctype.h>
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <unistd.h>

enum { MOST_IDS = 64 };

struct ids {
    char *list[MOST_IDS];
    int count;
};

static bool contains(const struct ids *ids, const char *id)
{
    for (int i = 0; i < ids->count; i++)
        if (strcmp(ids->list[i], id) == 0)
            return true;
    return false;
}

static void add_ids(struct ids *ids, char *line)
{
    for (char *id = strtok(line, " \t\n"); id; id = strtok(NULL, " \t\n"))
        if (ids->count < MOST_IDS)
            ids->list[ids->count++] = format("%s", id);
}

static void read_header(const char *path, struct ids *loses, struct ids *also)
{
    FILE *patch = fopen(path, "r");
    char line[1024];
    if (!patch) {
        fprintf(stderr, "judge: %s: %s\n", path, strerror(errno));
        exit(2);
    }
    while (fgets(line, sizeof line, patch) && strncmp(line, "--- ", 4) != 0) {
        if (strncmp(line, "Loses:", 6) == 0)
            add_ids(loses, line + 6);
        if (strncmp(line, "Also:", 5) == 0)
            add_ids(also, line + 5);
    }
    fclose(patch);
}

/* ---- The golden message ---- */

/* Replaces what rightly differs from run to run. */
static char *masked(const char *text, const char *pattern, const char *mask)
{
    regex_t expression;
    regmatch_t found;
    struct buffer out = {0};
    if (regcomp(&expression, pattern, REG_EXTENDED) != 0)
        broken("bad pattern %s", pattern);
    buffer_text(&out, "");
    while (regexec(&expression, text, 1, &found, 0) == 0) {
        buffer_add(&out, text, found.rm_so);
        buffer_text(&out, mask);
        text += found.rm_eo;
    }
    buffer_text(&out, text);
    regfree(&expression);
    return out.data;
}

static char *message_of(json_t *test)
{
    static const char *const fields[] = {"reason",   "sent", "expected",
                                         "received", "hint", "section"};
    struct buffer out = {0};
    buffer_text(
        &out, format("%s: %s\n", json_string_value(json_object_get(test, "id")),
                     json_string_value(json_object_get(test, "title"))));
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const char *text = json_string_value(json_object_get(test, fields[i]));
        if (text)
            buffer_text(&out, format("  %-9s %s\n", fields[i], text));
    }
    char *text = masked(out.data,
                        "[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] "
                        "[0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4}",
                        "<time>");
    text = masked(text, "0x[0-9a-f]{6,}", "<address>");
    text = masked(text, "listening on port [1-9][0-9]*",
                  "listening on port <number>");
    return masked(text, "[0-9]{1,3}(,[0-9]{3})+|[0-9]{4,}", "<number>");
}

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "r");
    struct buffer out = {0};
    char piece[4096];
    size_t n;
    buffer_text(&out, "");
    while (file && (n = fread(piece, 1, sizeof piece, file)) > 0)
        buffer_add(&out, piece, n);
    if (file)
        fclose(file);
    return file ? out.data : NULL;
}

static bool write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    bool written = file && fputs(text, file) >= 0;
    if (file)
        written = fclose(file) == 0 && written;
    return written;
}

/* ---- The verdict ---- */

static _Noreturn void say_fail(const char *patch, const char *why)
{
    printf("FAIL %s: %s\n", patch, why);
    exit(1);
}

/* Exactly the declared tests fail, no test is in error, and returns what the
 * lost tests said. */
static char *check_tests(const char *patch, json_t *document,
                         const struct ids *loses, const struct ids *also)
{
    struct buffer wrong = {0}, messages = {0};
    size_t i;
    json_t *test;
    int lost = 0;

    buffer_text(&wrong, "");
    json_array_foreach(json_object_get(document, "tests"), i, test)
    {
        const char *id = json_string_value(json_object_get(test, "id"));
        const char *status = json_string_value(json_object_get(test, "status"));
        bool passed = strcmp(status, "passed") == 0;
        bool stretch =
            json_integer_value(json_object_get(test, "max_points")) == 0;
        bool named = contains(loses, id);
        if (named)
            buffer_text(&messages, message_of(test));
        lost += named || contains(also, id);
        if (passed && (named || contains(also, id)))
            buffer_text(&wrong, format(" %s passes;", id));
        if (!passed && strcmp(status, "failed") != 0)
            buffer_text(&wrong, format(" %s is %s;", id, status));
        if (!passed && !stretch && !named && !contains(also, id))
            buffer_text(&wrong, format(" %s fails too (%s);", id,
                                       json_string_value(
                                           json_object_get(test, "reason"))));
    }
    if (lost != loses->count + also->count)
        buffer_text(&wrong, " it names a test that does not exist;");
    if (wrong.size)
        say_fail(patch, wrong.data);
    return messages.data;
}

static int at_most(int points, const char *path)
{
    json_t *document = document_read(path);
    json_t *score = json_object_get(document, "score");
    if (json_is_integer(score) && json_integer_value(score) <= points)
        return 0;
    printf("%s: %s points, where at most %d are due\n", path,
           json_is_integer(score) ? format("%lld", json_integer_value(score))
                                  : "no",
           points);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--at-most") == 0)
        return at_most(atoi(argv[2]), argv[3]);
    bool update = argc == 4 && strcmp(argv[3], "--update") == 0;
    if (argc != 3 && !update) {
        fputs("usage: judge PATCH RESULT [--update]\n", stderr);
        return 2;
    }
    struct ids loses = {.count = 0}, also = {.count = 0};
    read_header(argv[1], &loses, &also);
    if (loses.count == 0)
        say_fail(argv[1], "no line \"Loses: ID\" above the diff");
    json_t *document = document_read(argv[2]);
    if (!document)
        say_fail(argv[1], "the suite left no result");

    char *messages = check_tests(argv[1], document, &loses, &also);
    char *golden = format("%.*s.golden",
                          (int)(strlen(argv[1]) - strlen(".patch")), argv[1]);
    if (update && !write_text(golden, messages))
        say_fail(argv[1], format("%s: %s", golden, strerror(errno)));
    char *kept = read_text(golden);
    if (!kept)
        say_fail(argv[1], "no golden message; make mutants UPDATE=1 writes it, "
                          "then read it");
    if (strcmp(kept, messages) != 0)
        say_fail(argv[1],
                 format("the message differs from %s:\n%s", golden, messages));
    printf("PASS %s\n", argv[1]);
    return 0;
}
