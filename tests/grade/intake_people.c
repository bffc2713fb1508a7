/* intake_people.c: submissions become students. Two that are called the same
 * are one student, unless that would put one in the place of the other. */
#include "intake.h"

#include <stdlib.h>
#include <string.h>

/* Do two with this name lie in one download, with numbers of their own? */
static bool is_shared_name(const struct intake *in, const struct submission *of)
{
    for (int i = 0; i < in->count; i++) {
        const struct submission *s = in->submissions[i];
        if (!s->dropped && s->id && strcmp(s->name, of->name) == 0 &&
            strcmp(s->container, of->container) == 0 &&
            strcmp(s->id, of->id) != 0)
            return true;
    }
    return false;
}

/* Blind assignments call everybody "Participant", and their number is what
 * Moodle's own tables call them by. */
static char *who_is(const struct intake *in, const struct submission *of)
{
    if (!of->id)
        return clean_name(of->name);
    if (strcmp(of->name, "Participant") == 0)
        return clean_name(text("Participant %s", of->id));
    if (is_shared_name(in, of))
        return clean_name(text("%s (%s)", of->name, of->id));
    return clean_name(of->name);
}

static struct student *student_called(struct intake *in, const char *who)
{
    for (int i = 0; i < in->student_count; i++)
        if (strcmp(in->students[i].who, who) == 0)
            return &in->students[i];
    return NULL;
}

/* Would a file of this one come in the place of one that is there? */
static bool is_rival(const struct student *student,
                     const struct submission *more)
{
    for (int i = 0; i < student->count; i++) {
        const struct submission *there = student->parts[i];
        if (strcmp(there->name, more->name) != 0)
            return true;
        for (int j = 0; j < there->count; j++)
            for (int k = 0; k < more->count; k++)
                if (more->files[k].lab >= 0 &&
                    there->files[j].lab == more->files[k].lab &&
                    strcmp(base_name(there->files[j].path),
                           base_name(more->files[k].path)) == 0 &&
                    strcmp(there->files[j].sha256, more->files[k].sha256) != 0)
                    return true;
    }
    return false;
}

static void add_part(struct student *student, struct submission *part)
{
    student->parts = need(
        realloc(student->parts, (student->count + 1) * sizeof *student->parts));
    student->parts[student->count++] = part;
}

static struct student *add_student(struct intake *in, char *who,
                                   struct submission *part)
{
    in->students = need(
        realloc(in->students, (in->student_count + 1) * sizeof *in->students));
    struct student *student = &in->students[in->student_count++];
    *student = (struct student){.who = who};
    add_part(student, part);
    if (strcmp(clean_name(part->name), part->name) != 0)
        note(&student->notes,
             text("The name %s was changed to one that a folder can have.",
                  shown(part->name)));
    return student;
}

static void add_rival(struct intake *in, const char *who,
                      struct submission *part)
{
    char *numbered = NULL;
    for (int n = 2; !numbered || student_called(in, numbered); n++)
        numbered = clean_name(text("%.*s (%d)", 110, who, n));
    struct student *first = student_called(in, who);
    note(&first->notes,
         text("%s is called %s too, and holds other files: it is graded as %s. "
              "Which one counts?",
              shown(part->where), shown(who), shown(numbered)));
    char *sentence =
        text("%s and %s are both called %s, and hold different "
             "files: which one counts?",
             shown(first->parts[0]->where), shown(part->where), shown(who));
    note(&add_student(in, numbered, part)->notes, sentence);
}

static int by_who(const void *a, const void *b)
{
    return strcmp(((const struct student *)a)->who,
                  ((const struct student *)b)->who);
}

/* Somebody could look for two names with one short key. */
static void give_keys(struct intake *in)
{
    if (in->student_count)
        qsort(in->students, in->student_count, sizeof *in->students, by_who);
    for (int i = 0; i < in->student_count; i++) {
        char *key = key_of(in->students[i].who, 8);
        for (int j = 0; j < i; j++)
            if (strcmp(in->students[j].key, key) == 0) {
                key = key_of(in->students[i].who, 64);
                break;
            }
        in->students[i].key = key;
    }
}

static void note_places(struct student *student)
{
    if (student->count < 2)
        return;
    char *places = text("%s", shown(student->parts[0]->where));
    for (int i = 1; i < student->count; i++)
        places = text("%s, %s", places, shown(student->parts[i]->where));
    note(&student->notes,
         text("It was handed in in %d places: %s.", student->count, places));
}

void group(struct intake *in)
{
    struct submission **rivals = need(calloc(in->count + 1, sizeof *rivals));
    int rival_count = 0;

    for (int i = 0; i < in->count; i++) {
        struct submission *submission = in->submissions[i];
        if (submission->dropped)
            continue;
        find_labs(&in->labs, submission);
        char *who = who_is(in, submission);
        struct student *student = student_called(in, who);
        if (!student)
            add_student(in, who, submission);
        else if (is_rival(student, submission))
            rivals[rival_count++] = submission;
        else
            add_part(student, submission);
    }
    for (int i = 0; i < rival_count; i++)
        add_rival(in, who_is(in, rivals[i]), rivals[i]);
    free(rivals);
    give_keys(in);
    for (int i = 0; i < in->student_count; i++)
        note_places(&in->students[i]);
}
