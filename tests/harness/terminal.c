/* terminal.c: the result document for a terminal of 80 columns. */
#include "result.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WIDTH = 80, LABEL = 14 };

static bool colours;

enum colour { PLAIN = 0, BOLD = 1, DIM = 2, RED = 31, GREEN = 32, CYAN = 36 };

static void paint(FILE *out, enum colour colour)
{
    if (colours)
        fprintf(out, "\033[%dm", colour);
}

static void print_in(FILE *out, enum colour colour, const char *text)
{
    paint(out, colour);
    fputs(text, out);
    paint(out, PLAIN);
}

bool terminal_has_colour(FILE *out)
{
    const char *never = getenv("NO_COLOR");
    return isatty(fileno(out)) && !(never && *never);
}

static const char *text_of(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static int int_of(json_t *object, const char *key)
{
    return (int)json_integer_value(json_object_get(object, key));
}

static bool is_status(json_t *test, const char *status)
{
    return strcmp(text_of(test, "status"), status) == 0;
}

/* Characters, not bytes: UTF-8 continuation bytes take no column. */
static int columns(const char *text, size_t size)
{
    int count = 0;
    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

/* Bytes of the character at the start of a text, or of the escape: \\n, \\x0a.
 */
static size_t unit(const char *text)
{
    size_t size = 1;
    if (text[0] == '\\' && text[1] && text[1] != '\n')
        return text[1] == 'x' && text[2] && text[3] ? 4 : 2;
    while (((unsigned char)text[size] & 0xc0) == 0x80)
        size++;
    return size;
}

/* As many bytes as fit the columns, ending at a blank if there is one that is
 * not too early, never inside a character or an escape. */
static size_t fitting(const char *text, int room)
{
    size_t size = strcspn(text, "\n"), fit = 0, blank = 0;
    int used = 0;
    while (fit < size) {
        size_t next = fit + unit(text + fit);
        if ((used += columns(text + fit, next - fit)) > room)
            return blank > fit / 2 ? blank : fit;
        if (text[fit] == ' ')
            blank = fit;
        fit = next;
    }
    return fit;
}

/* Text from column `at` on, where the cursor stands, wrapped to there. */
static void print_wrapped(FILE *out, int at, const char *text)
{
    while (*text) {
        size_t size = fitting(text, WIDTH - at);
        fprintf(out, "%.*s\n", (int)size, text);
        text += size;
        text += *text == '\n' || *text == ' ';
        if (*text)
            fprintf(out, "%*s", at, "");
    }
}

static void print_field(FILE *out, const char *label, const char *text)
{
    if (!*text)
        return;
    paint(out, DIM);
    fprintf(out, "    %-*s", LABEL - 4, label);
    paint(out, PLAIN);
    print_wrapped(out, LABEL, text);
}

/* ---- Expected and received, with a caret under the first difference ---- */

static void print_difference(FILE *out, const char *expected,
                             const char *received)
{
    print_field(out, "expected", expected);
    print_field(out, "received", received);
    if (*expected != '"' || *received != '"')
        return;
    size_t same = 0;
    while (expected[same] && expected[same] == received[same])
        same++;
    int column = columns(expected, same);
    bool one_line = columns(expected, strlen(expected)) <= WIDTH - LABEL &&
                    columns(received, strlen(received)) <= WIDTH - LABEL;
    if (one_line && (expected[same] || received[same])) {
        fprintf(out, "%*s", LABEL + column, "");
        print_in(out, RED, "^");
        fputs(" here they part\n", out);
    }
}

/* ---- The conversation ---- */

static void print_event(FILE *out, json_t *event)
{
    const char *what = text_of(event, "what");
    int pieces = int_of(event, "segments");
    char head[64];
    snprintf(head, sizeof head, "%9.1f ms  %-9s %s",
             json_real_value(json_object_get(event, "ms")),
             text_of(event, "who"), what);
    fprintf(out, "  %-36s  ", head);
    char tail[40] = "";
    if (pieces > 1)
        snprintf(tail, sizeof tail, " in %d pieces", pieces);
    size_t size = strlen(text_of(event, "text")) + sizeof tail;
    char *text = malloc(size);
    if (!text)
        return;
    snprintf(text, size, "%s%s", text_of(event, "text"), tail);
    print_wrapped(out, 40, text);
    free(text);
}

static void print_conversation(FILE *out, json_t *conversation)
{
    enum { HEAD = 6, TAIL = 12 };
    size_t count = json_array_size(conversation);
    if (!count)
        return;
    print_in(out, DIM, "    conversation\n");
    for (size_t i = 0; i < count; i++) {
        if (count > HEAD + TAIL && i == HEAD) {
            fprintf(out, "%*s… %zu events more, in the result document …\n", 14,
                    "", count - HEAD - TAIL);
            i = count - TAIL;
        }
        print_event(out, json_array_get(conversation, i));
    }
}

static void print_programs(FILE *out, json_t *programs)
{
    size_t i;
    json_t *program;
    json_array_foreach(programs, i, program)
    {
        char how[512];
        snprintf(how, sizeof how, "%s %s", text_of(program, "command"),
                 text_of(program, "how"));
        print_field(out, "program", how);
        const char *out_text = text_of(program, "stdout");
        const char *err_text = text_of(program, "stderr");
        print_field(out, "  stdout", *out_text ? out_text : "(nothing)");
        print_field(out, "  stderr", *err_text ? err_text : "(nothing)");
    }
}

/* ---- One test ---- */

/* Not passed, and worth nothing: an invitation, not a fault. */
static bool is_stretch(json_t *test)
{
    return is_status(test, "failed") && int_of(test, "max_points") == 0;
}

static bool is_hidden(json_t *test)
{
    return json_is_true(json_object_get(test, "hidden"));
}

static void print_mark(FILE *out, json_t *test)
{
    if (is_status(test, "passed"))
        print_in(out, GREEN, "✓");
    else if (is_stretch(test))
        print_in(out, CYAN, "·");
    else if (is_status(test, "failed"))
        print_in(out, RED, "✗");
    else
        print_in(out, CYAN, is_status(test, "not_run") ? "-" : "!");
}

/* The command that shows the test as a picture: what "make lab03 TEST=… SEED=…"
 * runs, make trace records. Where nothing ran there is nothing to see. */
static void print_trace(FILE *out, json_t *test)
{
    static const char before_number[] = "make lab";
    const char *replay = text_of(test, "replay");
    char command[256];
    if (strncmp(replay, before_number, strlen(before_number)) != 0 ||
        json_array_size(json_object_get(test, "conversation")) == 0)
        return;
    snprintf(command, sizeof command, "make trace LAB=%s",
             replay + strlen(before_number));
    print_field(out, "see", command);
}

void terminal_print_test(FILE *out, json_t *test, bool colour)
{
    colours = colour;
    fputs("  ", out);
    print_mark(out, test);
    fputs(" ", out);
    paint(out, BOLD);
    fputs(text_of(test, "id"), out);
    paint(out, PLAIN);
    fprintf(out, "  %d of %d points%s\n", int_of(test, "points"),
            int_of(test, "max_points"),
            is_hidden(test) ? ", a hidden test" : "");
    fputs("    ", out);
    print_wrapped(out, 4, text_of(test, "title"));
    if (is_status(test, "passed"))
        return;
    fputs("\n    ", out);
    paint(out, RED);
    print_wrapped(out, 4, text_of(test, "reason"));
    paint(out, PLAIN);
    fputc('\n', out);
    print_field(out, "sent", text_of(test, "sent"));
    print_difference(out, text_of(test, "expected"), text_of(test, "received"));
    print_programs(out, json_object_get(test, "program"));
    print_conversation(out, json_object_get(test, "conversation"));
    fputc('\n', out);
    print_field(out, "why", text_of(test, "why"));
    print_field(out, "hint", text_of(test, "hint"));
    print_field(out, "read", text_of(test, "section"));
    print_field(out, "again", text_of(test, "replay"));
    print_trace(out, test);
}

/* All tests and the points they gave, three to a line; a star at the hidden. */
static void print_table(FILE *out, json_t *tests)
{
    enum { COLUMNS = 3 };
    size_t i;
    json_t *test;
    json_array_foreach(tests, i, test)
    {
        bool last =
            i % COLUMNS == COLUMNS - 1 || i == json_array_size(tests) - 1;
        fputs(i % COLUMNS ? "" : "  ", out);
        print_mark(out, test);
        fprintf(out, " %-19s%3d", text_of(test, "id"), int_of(test, "points"));
        fputs(is_hidden(test) ? "*" : last ? "" : " ", out);
        fputs(last ? "\n" : "", out);
    }
}

/* ---- A lab ---- */

/* Are two reasons the same, but for the numbers in them? */
static bool same_reason(const char *a, const char *b)
{
    static const char digits[] = "0123456789,";
    while (*a && *b) {
        a += strspn(a, digits);
        b += strspn(b, digits);
        if (*a != *b)
            return false;
        a += *a != '\0';
        b += *b != '\0';
    }
    return *a == *b;
}

static bool counts_as_failed(json_t *test)
{
    return is_status(test, "failed") && !is_stretch(test);
}

/* Was the reason of this test told by an earlier one? */
static bool is_told(json_t *tests, size_t index)
{
    const char *reason = text_of(json_array_get(tests, index), "reason");
    for (size_t i = 0; i < index; i++) {
        json_t *earlier = json_array_get(tests, i);
        if (counts_as_failed(earlier) &&
            same_reason(reason, text_of(earlier, "reason")))
            return true;
    }
    return false;
}

/* The other failures, each reason once. */
static void print_others(FILE *out, json_t *tests, json_t *first)
{
    enum { MOST = 8 };
    size_t i;
    json_t *test;
    int shown = 0, told = 0, more = 0;

    json_array_foreach(tests, i, test)
    {
        if (!counts_as_failed(test) || test == first)
            continue;
        if (is_told(tests, i)) {
            told++;
        } else if (shown == MOST) {
            more++;
        } else {
            if (shown++ == 0)
                print_in(out, BOLD, "\nThen these:\n");
            fputs("  ", out);
            print_mark(out, test);
            fprintf(out, " %s\n      ", text_of(test, "id"));
            print_wrapped(out, 6, text_of(test, "reason"));
        }
    }
    fputc('\n', out);
    if (told)
        fprintf(out, "%d more fail%s for a reason that is told above.\n", told,
                told == 1 ? "s" : "");
    if (more)
        fprintf(out, "%d more fail%s for other reasons.\n", more,
                more == 1 ? "s" : "");
    if (shown + told + more)
        fprintf(out, "See any of them in full: make %.5s TEST=ID\n",
                text_of(first, "replay") + strlen("make "));
}

static void print_bar(FILE *out, int score, int max_score)
{
    enum { CELLS = 30 };
    int full = max_score ? score * CELLS / max_score : 0;
    fputs("[", out);
    paint(out, GREEN);
    for (int i = 0; i < CELLS; i++)
        fputs(i < full ? "#" : "·", out);
    paint(out, PLAIN);
    fputs("]", out);
}

/* All points. Students may have been handed a kit without solutions. */
static void print_end(FILE *out, const char *lab)
{
    char solution[256];
    snprintf(solution, sizeof solution, "solutions/%s", lab);
    if (access(solution, F_OK) == 0)
        fprintf(out, "All of it. Now read %s, and compare.\n", solution);
    else
        fputs("All of it. What comes next: make\n", out);
}

static void print_score(FILE *out, json_t *document)
{
    size_t i;
    json_t *test;
    int passed = 0, not_run = 0, errors = 0, stretch = 0, hidden = 0;
    json_t *tests = json_object_get(document, "tests");
    json_array_foreach(tests, i, test)
    {
        passed += is_status(test, "passed");
        stretch += is_stretch(test);
        not_run += is_status(test, "not_run");
        errors += is_status(test, "grader_error");
        hidden += is_hidden(test);
    }
    if (errors) {
        print_in(out, RED, "GRADER_ERROR");
        fprintf(out,
                ": %d test%s could not be judged, so there is no grade.\n"
                "The kit is at fault, not the program under test.\n",
                errors, errors == 1 ? "" : "s");
        return;
    }
    int score = int_of(document, "score"), max = int_of(document, "max_score");
    print_bar(out, score, max);
    paint(out, BOLD);
    fprintf(out, "  %d of %d points", score, max);
    paint(out, PLAIN);
    int elsewhere = int_of(document, "hidden_points");
    fprintf(out, ", %d of %s%zu tests%s passed", passed,
            elsewhere ? "the " : "", json_array_size(tests) - stretch,
            elsewhere ? " here" : "");
    if (not_run)
        fprintf(out, ", %d not run", not_run);
    fputs("\n", out);
    if (elsewhere)
        fprintf(
            out,
            "The other %d point%s: hidden tests, which are run when this is "
            "graded.\n",
            elsewhere, elsewhere == 1 ? "" : "s");
    else if (score == max && !not_run && max > 0)
        print_end(out, text_of(document, "lab"));
    if (hidden)
        fputs("A test marked * is hidden: students do not have it.\n", out);
    if (stretch)
        fputs("The test marked · is a stretch: no points, but worth a try.\n",
              out);
}

static void print_heading(FILE *out, json_t *document)
{
    char seed[32];
    snprintf(seed, sizeof seed, "seed %" JSON_INTEGER_FORMAT,
             json_integer_value(json_object_get(document, "seed")));
    paint(out, BOLD);
    fputs(text_of(document, "lab"), out);
    paint(out, PLAIN);
    fprintf(out, "%*s\n", WIDTH - (int)strlen(text_of(document, "lab")), seed);
    if (strcmp(text_of(document, "isolation"), "none") == 0)
        fputs("Without isolation: tests that need a private network are not "
              "run.\n",
              out);
}

static void print_library(FILE *out, json_t *document)
{
    const char *folder = text_of(document, "library_folder");
    if (strcmp(text_of(document, "library"), "own") == 0)
        fprintf(out,
                "Linked with your own library, %s; LIBRARY=reference puts "
                "the\nreference in its place.\n",
                folder);
    else if (*folder)
        fprintf(out, "Linked with the reference library, %s.\n", folder);
}

void terminal_print(FILE *out, json_t *document, bool colour)
{
    size_t i;
    json_t *test, *first = NULL;
    json_t *tests = json_object_get(document, "tests");
    colours = colour;

    print_heading(out, document);
    print_library(out, document);
    print_table(out, tests);
    json_array_foreach(tests, i, test)
    {
        if (!first && !is_status(test, "passed") &&
            !is_status(test, "not_run") && !is_stretch(test))
            first = test;
    }
    if (!first)
        fputc('\n', out);
    if (first) {
        print_in(out, BOLD, "\nFix this one first:\n");
        terminal_print_test(out, first, colour);
        print_others(out, tests, first);
    }
    print_score(out, document);
}
