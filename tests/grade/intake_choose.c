/* intake_choose.c: of all that a student handed in, the one file for each name
 * that a lab lists; and a sentence wherever that was not plain. */
#include "intake.h"

#include <stdlib.h>
#include <string.h>

static int depth_of(const char *path)
{
    int depth = 0;
    for (; *path; path++)
        depth += *path == '/';
    return depth;
}

/* Smaller is surer. */
static int compare(const struct candidate *a, const struct candidate *b)
{
    return a->rank != b->rank ? a->rank - b->rank
                              : depth_of(a->path) - depth_of(b->path);
}

/* Where there are several, one must be the surest, or the same as that. */
static const struct candidate *pick(struct student *student,
                                    const struct lab *lab, int number,
                                    const char *name)
{
    const struct candidate *best = NULL, *other = NULL;

    for (int i = 0; i < student->count; i++)
        for (int j = 0; j < student->parts[i]->count; j++) {
            const struct candidate *file = &student->parts[i]->files[j];
            if (file->lab != number || strcmp(base_name(file->path), name) != 0)
                continue;
            const struct candidate *loser = file;
            if (!best || compare(file, best) < 0) {
                loser = best;
                best = file;
            }
            if (loser && strcmp(loser->sha256, best->sha256) != 0 &&
                (!other || compare(loser, other) < 0))
                other = loser;
        }
    if (!other || strcmp(other->sha256, best->sha256) == 0)
        return best;
    if (compare(other, best) == 0) {
        note(&student->notes,
             text("%s: %s and %s differ, and neither is the surer one: neither "
                  "was taken.",
                  short_name(lab), shown(best->path), shown(other->path)));
        return NULL;
    }
    note(&student->notes,
         text("%s: there is more than one %s; %s was taken, %s was not.",
              short_name(lab), name, shown(best->path), shown(other->path)));
    return best;
}

static char *folder_of(const struct candidate *file)
{
    const char *name = base_name(file->path);
    return name > file->path
               ? shown(text("%.*s", (int)(name - file->path) - 1, file->path))
               : text("%s", "no folder");
}

/* By what the lab was told, where its folder did not say so. */
static void note_guess(struct intake *in, struct student *student,
                       const struct lab *lab, const struct candidate *file)
{
    const struct submission *part = student->parts[0];
    char *name = short_name(lab);

    switch (file->rank) {
    case BELOW:
        note(&student->notes,
             text("%s: %s lies deeper than in the lab's own folder, in %s.",
                  name, base_name(file->path), folder_of(file)));
        break;
    case SPELLED:
        note(&student->notes, text("%s: %s was taken for this lab's folder.",
                                   name, folder_of(file)));
        break;
    case HINTED:
        note(&student->notes,
             text("%s: its files lie in no lab's folder; the name %s was taken "
                  "to say which lab they are.",
                  name, shown(part->hint ? part->hint : part->where)));
        break;
    case SHARED:
        note_once(&in->whole.notes,
                  text("Files in no lab's folder were taken for %s's, after "
                       "the name %s.",
                       name, shown(part->shared)));
        break;
    case INFERRED:
        if (in->labs.count == 1)
            note_once(&in->whole.notes,
                      text("Files in no lab's folder were taken for %s's, the "
                           "only lab that is graded.",
                           name));
        else
            note(&student->notes,
                 text("%s: %s lies in no lab's folder, but none of the other "
                      "labs that are graded has such files.",
                      name, shown(file->path)));
        break;
    }
}

static void note_missing(struct student *student, const struct lab *lab,
                         const char *missing, int count)
{
    if (count > 0)
        note(&student->notes, text("%s: %s %s missing.", short_name(lab),
                                   missing, count == 1 ? "is" : "are"));
}

static void choose_lab(struct intake *in, struct student *student, int number)
{
    const struct lab *lab = &in->labs.lab[number];
    int before = student->taken_count, missing = 0;
    const struct candidate *guessed = NULL;
    char *names = "";

    for (int i = 0; i < lab->count; i++) {
        const struct candidate *file =
            pick(student, lab, number, lab->files[i]);
        if (!file) {
            names = text("%s%s%s", names, missing++ ? ", " : "", lab->files[i]);
            continue;
        }
        student->taken =
            need(realloc(student->taken,
                         (student->taken_count + 1) * sizeof *student->taken));
        student->taken[student->taken_count++] =
            (struct taken){.lab = number, .file = lab->files[i], .from = file};
        if (file->rank >= BELOW && (!guessed || guessed->rank < file->rank))
            guessed = file;
    }
    if (guessed)
        note_guess(in, student, lab, guessed);
    if (student->taken_count > before)
        note_missing(student, lab, names, missing);
}

void choose(struct intake *in, struct student *student)
{
    for (int i = 0; i < in->labs.count; i++)
        choose_lab(in, student, i);
    for (int i = 0; i < student->count; i++) {
        struct submission *part = student->parts[i];
        for (int j = 0; j < part->count; j++)
            if (part->files[j].lab == AMBIGUOUS)
                tally(&part->tallies[LEFT_UNCLEAR], part->files[j].path);
        for (int j = 0; j < part->notes.count; j++)
            note(&student->notes, part->notes.text[j]);
        note_tallies(&student->notes, part->tallies);
    }
    if (student->taken_count == 0)
        note(&student->notes, "No file of a lab that is graded was found.");
}
