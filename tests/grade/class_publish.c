/* class_publish.c: puts the documents where the grades are:
 * GRADES/WHO/LAB.json.
 *
 * Each is written beside its place first, so on a full disk the old one stays.
 * Nothing is removed: whose grade is deleted, a person decides.
 */
#include "class.h"

#include "inside.h"
#include "result.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool same_stamp(const struct stat *a, const char *path)
{
    struct stat b;
    return stat(path, &b) == 0 && a->st_size == b.st_size &&
           a->st_mtim.tv_sec == b.st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

static bool copy_bytes(FILE *from, FILE *to)
{
    char piece[65536];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, from)) > 0)
        if (fwrite(piece, 1, n, to) != n)
            return false;
    return !ferror(from);
}

/* A copy has its original's time: so it is seen that it is one. */
static bool copy_document(const char *from, const char *to)
{
    const char *beside = format("%s.new", to);
    struct stat about;
    FILE *in = fopen(from, "re");
    if (in && fstat(fileno(in), &about) == 0 && same_stamp(&about, to)) {
        fclose(in);
        return true;
    }
    FILE *out = in ? fopen(beside, "we") : NULL;
    bool copied =
        out && copy_bytes(in, out) && fflush(out) == 0 &&
        futimens(fileno(out),
                 (struct timespec[]){about.st_atim, about.st_mtim}) == 0;
    copied = out && fclose(out) == 0 && copied && rename(beside, to) == 0;
    if (!copied)
        fprintf(stderr, "%s cannot be written: %s.\n", to, strerror(errno));
    if (!copied && out)
        unlink(beside);
    if (in)
        fclose(in);
    return copied;
}

/* No grade, and why: the old document, if there is one, was of other files. */
static json_t *without_score(const struct class *class, const struct unit *unit)
{
    return json_pack("{s:i, s:s, s:s, s:n, s:i, s:I, s:s, s:s, s:[], s:[], "
                     "s:[s]}",
                     "schema", 1, "who", unit->who, "lab", unit->lab, "score",
                     "max_score", 100, "seed",
                     (json_int_t)strtoll(class->seed, NULL, 10), "isolation",
                     class->accepts_unsafe ? "none" : "cell", "kit_version",
                     class->options.kit_version, "tests", "submission", "look",
                     format("GRADER_ERROR: %s", unit->said));
}

static bool publish_failure(const struct class *class, const struct unit *unit,
                            const char *to)
{
    json_t *document;
    unit_state(class, unit, &document);
    if (!document)
        document = without_score(class, unit);
    bool written = document_write(document, to);
    json_decref(document);
    return written;
}

bool publish(const struct class *class, const struct unit *unit)
{
    const char *folder = format("%s/%s", class->options.grades, unit->who);
    const char *to = format("%s/%s.json", folder, unit->lab);
    if (mkdir(folder, 0755) < 0 && errno != EEXIST) {
        fprintf(stderr, "%s cannot be made: %s.\n", folder, strerror(errno));
        return false;
    }
    if (unit->state == FAILED)
        return publish_failure(class, unit, to);
    return copy_document(
        format("%s/%s/%s.json", class->options.class, unit->key, unit->lab),
        to);
}

/* ---- Grades of what is not there now ---- */

static bool is_unit(const struct class *class, const char *who, const char *lab)
{
    for (int i = 0; i < class->count; i++)
        if (strcmp(class->units[i].who, who) == 0 &&
            strcmp(class->units[i].lab, lab) == 0)
            return true;
    return false;
}

static int count_others(const struct class *class, const char *who)
{
    int others = 0;
    for (int i = 0; i < class->options.lab_count; i++) {
        const char *lab = class->options.labs[i];
        const char *path =
            format("%s/%s/%s.json", class->options.grades, who, lab);
        others += !is_unit(class, who, lab) && access(path, F_OK) == 0;
    }
    return others;
}

void tell_of_others(const struct class *class)
{
    DIR *grades = opendir(class->options.grades);
    struct dirent *entry;
    int others = 0;
    char *first = NULL;
    while (grades && (entry = readdir(grades))) {
        int more =
            *entry->d_name == '.' ? 0 : count_others(class, entry->d_name);
        if (more && (!first || strcmp(entry->d_name, first) < 0))
            first = format("%s", entry->d_name);
        others += more;
    }
    if (grades)
        closedir(grades);
    if (others)
        printf("%s also holds %d grade%s of what is not among these "
               "submissions (see %s): the table shows\nthem, too. Delete what "
               "should not be there.\n",
               class->options.grades, others, others == 1 ? "" : "s",
               show_line(first));
}
