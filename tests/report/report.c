/* report.c: views of many result documents.
 *
 *     report overview RESULTS LAB…   the kit at a glance: points, next step
 *     report grades GRADES [--class CLASS] LAB…
 *                                    a table of GRADES/WHO/LAB.json, a row a
 *                                    student; writes GRADES/grades.csv
 *
 * Exit status: 0, or 1 if a document says GRADER_ERROR or cannot be read, 2 for
 * a wrong call.
 */
#include "inside.h"
#include "result.h"

#include <dirent.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

enum { CELLS = 30 };

/* "lab03-time-of-day" as "time of day". */
static char *lab_title(const char *lab)
{
    char *title = format("%s", strlen(lab) > 6 ? lab + 6 : lab);
    for (char *c = title; *c; c++)
        if (*c == '-')
            *c = ' ';
    return title;
}

static int score_of(json_t *document)
{
    json_t *score = document ? json_object_get(document, "score") : NULL;
    return json_is_integer(score) ? (int)json_integer_value(score) : -1;
}

static int hidden_points_of(json_t *document)
{
    return (int)json_integer_value(json_object_get(document, "hidden_points"));
}

static json_t *read_if_there(const char *path)
{
    return access(path, R_OK) == 0 ? document_read(path) : NULL;
}

static char *bar(int score, bool colour)
{
    struct buffer out = {0};
    int full = score > 0 ? score * CELLS / 100 : 0;
    buffer_text(&out, colour ? "[\033[32m" : "[");
    for (int i = 0; i < CELLS; i++)
        buffer_text(&out, i < full ? "#" : "·");
    buffer_text(&out, colour ? "\033[0m]" : "]");
    return out.data;
}

static int overview(const char *results, char **labs, int count)
{
    const char *next = NULL, *next_title = NULL;
    int points = 0, elsewhere = 0;
    bool colour = terminal_has_colour(stdout);

    puts("Socket lab kit\n");
    for (int i = 0; i < count; i++) {
        json_t *document =
            read_if_there(format("%s/%s.json", results, labs[i]));
        int score = score_of(document);
        /* What hidden tests hold cannot be got here. */
        int hidden = hidden_points_of(document);
        char *state =
            score < 0
                ? format("%s", document ? "GRADER_ERROR" : "not tried yet")
                : format("%d of 100%s", score, hidden ? "*" : "");
        printf("  %.5s  %-22s %s  %s\n", labs[i], lab_title(labs[i]),
               bar(score, colour), state);
        elsewhere += hidden;
        points += score > 0 ? score : 0;
        if (!next && score + hidden < 100) {
            next = labs[i];
            next_title = score < 0 ? "start with" : "go on with";
        }
        json_decref(document);
    }
    printf("\n%d of %d points in all.\n", points, 100 * count);
    if (elsewhere)
        printf("* %d of the others: hidden tests, which are run when this is "
               "graded.\n",
               elsewhere);
    puts("");
    if (next)
        printf("Next: %s labs/%s/README.md, then\n      make %.5s\n",
               next_title, next, next);
    else if (elsewhere)
        puts("All that is tested here is done.");
    else
        puts(access("solutions", F_OK) == 0
                 ? "All labs are done. Read solutions/ now, and compare."
                 : "All labs are done.");
    const char *lab = next ? next : labs[0];
    printf("\nAlso: make watch LAB=%.2s, make compare LAB=%.2s, make %.5s "
           "TEST=ID, "
           "make doctor\n",
           lab + 3, lab + 3, lab);
    return 0;
}

/* ---- Grades ---- */

struct grades {
    const char *folder;
    char **labs;
    int count, errors, unsafe;
    json_t *handed_in; /* an object: who handed in, graded or not */
};

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_student(const struct dirent *entry)
{
    return entry->d_type == DT_DIR && entry->d_name[0] != '.';
}

/* A field of RFC 4180; a first character that a spreadsheet would take for a
 * formula gets a quote before it. */
static void csv_text(FILE *csv, const char *text)
{
    fputc('"', csv);
    if (strchr("=+-@\t\r", *text) && *text)
        fputc('\'', csv);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', csv);
        fputc(*text, csv);
    }
    fputc('"', csv);
}

/* Who handed in something has a row, if only an empty one: a folder in GRADES.
 * CLASS/KEY/student.json says who that is. */
static bool rows_of_class(struct grades *grades, const char *class)
{
    json_t *all = json_load_file(format("%s/students.json", class), 0, NULL);
    json_t *key;
    size_t i;

    grades->handed_in = json_object();
    json_array_foreach(json_object_get(all, "keys"), i, key)
    {
        json_t *student = json_load_file(
            format("%s/%s/student.json", class, json_string_value(key)), 0,
            NULL);
        const char *who = json_string_value(json_object_get(student, "who"));
        if (who && *who != '.' && !strchr(who, '/')) {
            char *folder = format("%s/%s", grades->folder, who);
            if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
                fprintf(stderr, "report: %s: %s\n", folder, strerror(errno));
                return false;
            }
            json_object_set_new(grades->handed_in, who, json_true());
        }
        json_decref(student);
    }
    json_decref(all);
    return true;
}

/* No row for a folder that has other labs only. */
static bool has_row(struct grades *grades, const char *who)
{
    if (json_object_get(grades->handed_in, who))
        return true;
    for (int i = 0; i < grades->count; i++)
        if (access(
                format("%s/%s/%s.json", grades->folder, who, grades->labs[i]),
                F_OK) == 0)
            return true;
    return false;
}

/* A name as it is, if a terminal may have it, in a column of 24. */
static void print_name(const char *who)
{
    enum { WIDTH = 24, LONGEST = 512 };
    wchar_t wide[LONGEST];
    size_t count = mbstowcs(wide, who, LONGEST), columns = 0;
    bool plain = count < LONGEST; /* (size_t)-1 is no UTF-8 */

    for (size_t i = 0; plain && i < count; i++) {
        bool accent = wide[i] >= 0x300 && wide[i] < 0x370;
        int width = wcwidth(wide[i]);
        plain = width > 0 || accent;
        columns += width > 0 ? width : 0;
    }
    if (!plain)
        who = show_line(who), columns = strlen(who);
    printf("  %s%*s", who, columns < WIDTH ? (int)(WIDTH - columns) : 0, "");
}

/* An empty cell is no grade, which is not the same as 0. */
static void grade_row(struct grades *grades, const char *who, FILE *csv)
{
    int total = 0;
    bool any = false;

    print_name(who);
    csv_text(csv, who);
    for (int i = 0; i < grades->count; i++) {
        json_t *document = read_if_there(
            format("%s/%s/%s.json", grades->folder, who, grades->labs[i]));
        int score = score_of(document);
        const char *isolation =
            json_string_value(json_object_get(document, "isolation"));
        grades->unsafe += isolation && strcmp(isolation, "cell") != 0;
        if (score < 0) {
            printf("  %9s", document ? "ERROR" : "-");
            fputs(",", csv);
            grades->errors += document != NULL;
        } else {
            printf("  %5d/100", score);
            fprintf(csv, ",%d", score);
            total += score;
            any = true;
        }
        json_decref(document);
    }
    printf("  %5s\n", any ? format("%d", total) : "-");
    fprintf(csv, ",%s\n", any ? format("%d", total) : "");
}

static int grade_table(struct grades *grades)
{
    struct dirent **students;
    char *path = format("%s/grades.csv", grades->folder);
    char *beside = format("%s.new", path);
    int count = scandir(grades->folder, &students, is_student, by_name);
    FILE *csv = count < 0 ? NULL : fopen(beside, "w");

    if (!csv) {
        fprintf(stderr, "report: %s: %s\n", count < 0 ? grades->folder : beside,
                strerror(errno));
        return 1;
    }
    printf("  %-24s", "");
    fputs("\"who\"", csv);
    for (int i = 0; i < grades->count; i++) {
        printf("  %9.5s", grades->labs[i]);
        fprintf(csv, ",\"%.5s\"", grades->labs[i]);
    }
    puts("  total");
    fputs(",\"total\"\n", csv);
    for (int i = 0; i < count; i++)
        if (has_row(grades, students[i]->d_name))
            grade_row(grades, students[i]->d_name, csv);
    if (fclose(csv) != 0 || rename(beside, path) != 0) {
        fprintf(stderr, "report: %s: %s\n", path, strerror(errno));
        return 1;
    }
    if (grades->unsafe)
        printf("\nUNSAFE: %d of these results were made without isolation; a "
               "program may have\nforged its own.\n",
               grades->unsafe);
    if (grades->errors)
        printf("\nGRADER_ERROR: %d of these runs have no grade. Run them "
               "again; make doctor\nmay know why.\n",
               grades->errors);
    printf("\nTable: %s\n", path);
    return grades->errors ? 1 : 0;
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    if (argc >= 3 && strcmp(argv[1], "overview") == 0)
        return overview(argv[2], argv + 3, argc - 3);
    if (argc >= 3 && strcmp(argv[1], "grades") == 0) {
        bool class = argc >= 5 && strcmp(argv[3], "--class") == 0;
        struct grades grades = {.folder = argv[2],
                                .labs = argv + (class ? 5 : 3),
                                .count = argc - (class ? 5 : 3)};
        return !class || rows_of_class(&grades, argv[4]) ? grade_table(&grades)
                                                         : 1;
    }
    fputs("usage: report overview RESULTS LAB…\n"
          "       report grades GRADES [--class CLASS] LAB…\n",
          stderr);
    return 2;
}
