/* class_units.c: the units of a class, and which of them need not be run.
 *
 * A unit stands if its document is of the same files, input, kit and isolation
 * as a run would be now. So a grading that was killed goes on where it was, and
 * a second one runs only what was handed in anew.
 */
#include "class.h"

#include "inside.h"

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

static const char *text_of(json_t *object, const char *field)
{
    const char *text = json_string_value(json_object_get(object, field));
    return text ? text : "";
}

static json_t *read_student(const struct class *class, const char *key)
{
    json_error_t error;
    json_t *student = json_load_file(
        format("%s/%s/student.json", class->options.class, key), 0, &error);
    if (!student)
        errx(2, "%s/%s/student.json cannot be read: %s", class->options.class,
             key, error.text);
    return student;
}

/* A name that is a folder's below the grades and no other. */
static bool is_name(const char *who)
{
    return *who && *who != '.' && !strchr(who, '/');
}

/* As it is, accents too; intake has left nothing in it that a terminal obeys,
 * and this keeps to that. */
char *unit_name(const struct unit *unit)
{
    char *name = format("%.5s of %s", unit->lab, unit->who);
    for (char *c = name; *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = '?';
    return name;
}

/* ---- What was handed in ---- */

/* "NAME HASH" of each file, as a document's submission has it. */
static void add_files(json_t *all, json_t *files, const char *folder)
{
    json_t *file;
    size_t i;
    json_array_foreach(files, i, file)
        json_object_set(all, format("%s%s", folder, text_of(file, "name")),
                        json_object_get(file, "sha256"));
}

/* A lab may build on what was handed in for an earlier one: its recipe, which
 * make writes, names those files, too: "# file LAB/NAME". */
static json_t *files_of(const struct class *class, const struct unit *unit)
{
    json_t *student = read_student(class, unit->key), *all = json_object();
    json_t *labs = json_object_get(student, "labs");
    FILE *recipe = fopen(
        format("%s/../tests/%s/recipe", class->options.class, unit->lab), "re");
    char line[512], lab[128] = "", before[128] = "";
    add_files(all, json_object_get(labs, unit->lab), "");
    while (recipe && fgets(line, sizeof line, recipe))
        if (sscanf(line, " # file %127[^/]", lab) == 1 &&
            strcmp(lab, unit->lab) != 0 && strcmp(lab, before) != 0) {
            add_files(all, json_object_get(labs, lab), format("%s/", lab));
            strcpy(before, lab);
        }
    if (recipe)
        fclose(recipe);
    json_decref(student);
    return all;
}

static bool same_files(const struct class *class, const struct unit *unit,
                       json_t *document)
{
    json_t *graded = json_object();
    add_files(graded, json_object_get(document, "submission"), "");
    json_t *now = files_of(class, unit);
    bool same = json_equal(graded, now);
    json_decref(graded);
    json_decref(now);
    return same;
}

/* ---- Documents ---- */

static bool newer(const struct stat *than, const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 &&
           (about.st_mtim.tv_sec > than->st_mtim.tv_sec ||
            (about.st_mtim.tv_sec == than->st_mtim.tv_sec &&
             about.st_mtim.tv_nsec > than->st_mtim.tv_nsec));
}

/* A version that ends in -dirty, or is unknown, is any number of kits. */
static bool same_kit(const struct class *class, const struct unit *unit,
                     json_t *document, const char *path)
{
    const char *version = class->options.kit_version;
    const char *tests = format("%s/../tests", class->options.class);
    struct stat about;
    if (strcmp(text_of(document, "kit_version"), version) != 0)
        return false;
    if (!strstr(version, "-dirty") && strcmp(version, "unknown") != 0)
        return true;
    return stat(path, &about) == 0 &&
           !newer(&about, format("%s/%s/suite", tests, unit->lab)) &&
           !newer(&about, format("%s/%s/recipe", tests, unit->lab)) &&
           !newer(&about, format("%s/unit", tests)) &&
           !newer(&about, format("%s/cell/cell_init", tests));
}

/* What it stands on may be the reference's, or the student's own, as make was
 * told: the recipe says "# library FOLDER". */
static bool same_library(const struct class *class, const struct unit *unit,
                         json_t *document)
{
    FILE *recipe = fopen(
        format("%s/../tests/%s/recipe", class->options.class, unit->lab), "re");
    char line[512], folder[256] = "";
    while (recipe && fgets(line, sizeof line, recipe))
        if (sscanf(line, " # library %255s", folder) == 1)
            break;
    if (recipe)
        fclose(recipe);
    return strcmp(text_of(document, "library_folder"), folder) == 0;
}

static bool same_run(const struct class *class, const struct unit *unit,
                     json_t *document, const char *path)
{
    json_int_t seed = json_integer_value(json_object_get(document, "seed"));
    const char *isolation = text_of(document, "isolation");
    return same_kit(class, unit, document, path) &&
           strcmp(format("%" JSON_INTEGER_FORMAT, seed), class->seed) == 0 &&
           (strcmp(isolation, "cell") == 0 || class->accepts_unsafe) &&
           strcmp(text_of(document, "who"), unit->who) == 0 &&
           strcmp(text_of(document, "lab"), unit->lab) == 0 &&
           same_library(class, unit, document) &&
           same_files(class, unit, document);
}

static bool is_late(json_t *document)
{
    json_t *test;
    size_t i;
    if (json_is_true(json_object_get(document, "alone")))
        return false;
    json_array_foreach(
        json_object_get(document, "tests"), i,
        test) if (json_is_true(json_object_get(test, "late"))) return true;
    return false;
}

enum state unit_state(const struct class *class, const struct unit *unit,
                      json_t **whole)
{
    const char *path =
        format("%s/%s/%s.json", class->options.class, unit->key, unit->lab);
    json_t *document = json_load_file(path, 0, NULL);
    enum state state = FAILED;
    if (document && !same_run(class, unit, document, path)) {
        json_decref(document);
        document = NULL;
    }
    if (document && json_is_integer(json_object_get(document, "score")))
        state = is_late(document) ? LATE : STANDS;
    if (whole)
        *whole = document;
    else
        json_decref(document);
    return state;
}

/* ---- The class ---- */

static void add_unit(struct class *class, const char *key, const char *who,
                     const char *lab)
{
    struct unit unit = {.key = key, .lab = lab, .who = who};
    unit.state = unit_state(class, &unit, NULL);
    if (unit.state == FAILED)
        unit.state = TO_DO;
    class->units =
        need(realloc(class->units, (class->count + 1) * sizeof *class->units));
    class->units[class->count++] = unit;
}

static void add_student(struct class *class, const char *key)
{
    json_t *student = read_student(class, key);
    const char *who = format("%s", text_of(student, "who"));
    json_t *labs = json_object_get(student, "labs");
    if (!is_name(who))
        errx(2, "%s/%s/student.json names nobody: make grade again",
             class->options.class, key);
    for (int i = 0; i < class->options.lab_count; i++) {
        const char *lab = class->options.labs[i];
        if (json_array_size(json_object_get(labs, lab)) > 0)
            add_unit(class, key, who, lab);
    }
    json_decref(student);
}

void read_units(struct class *class)
{
    const char *path = format("%s/students.json", class->options.class);
    json_error_t error;
    json_t *students = json_load_file(path, 0, &error), *key;
    size_t i;
    if (!students)
        errx(2, "%s cannot be read: %s", path, error.text);
    json_array_foreach(json_object_get(students, "keys"), i, key)
        add_student(class, format("%s", json_string_value(key)));
    json_decref(students);
}

int count_units(const struct class *class, enum state state)
{
    int count = 0;
    for (int i = 0; i < class->count; i++)
        count += class->units[i].state == state;
    return count;
}
