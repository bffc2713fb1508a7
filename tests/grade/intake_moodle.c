/* intake_moodle.c: whose is it? An item of DIR is a student's, unless its name,
 * or those of the folders in it, are the ones that Moodle gives:
 *
 *     Full Name_12345_assignsubmission_file/         from Moodle 4.1
 *     Full Name_12345_assignsubmission_file_/        before
 *     Full Name_12345_assignsubmission_file_NAME     without folders
 *
 * The number is the student's in one assignment, and another one in the next.
 */
#include "intake.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool moodle_parse(const char *part, struct moodle *found)
{
    static const char mark[] = "_assignsubmission_";
    const char *here = NULL, *digits;

    for (const char *s = part; (s = strstr(s, mark)) != NULL; s++)
        here = s;
    if (!here)
        return false;
    for (digits = here; digits > part && isdigit((unsigned char)digits[-1]);)
        digits--;
    if (digits == here || digits - part < 2 || digits[-1] != '_')
        return false;
    const char *plugin = here + sizeof mark - 1;
    const char *rest = plugin + strcspn(plugin, "_");
    *found =
        (struct moodle){.name = text("%.*s", (int)(digits - 1 - part), part),
                        .id = text("%.*s", (int)(here - digits), digits),
                        .rest = *rest ? rest + 1 : rest};
    return true;
}

static void moodle_free(struct moodle *found)
{
    free(found->name);
    free(found->id);
}

bool is_moodle(const char *part)
{
    struct moodle found;
    if (!moodle_parse(part, &found))
        return false;
    moodle_free(&found);
    return true;
}

static struct submission *find(struct intake *in, const char *container,
                               const char *name, const char *id)
{
    /* The last one first: entries of one come one after the other. */
    for (int i = in->count - 1; i >= 0; i--) {
        struct submission *s = in->submissions[i];
        if (strcmp(s->name, name) == 0 &&
            strcmp(s->container, container) == 0 &&
            (id && s->id ? strcmp(s->id, id) == 0 : id == s->id))
            return s;
    }
    return NULL;
}

static struct submission *add(struct intake *in, struct submission is)
{
    if (in->count == in->room)
        in->submissions =
            need(realloc(in->submissions, (in->room = in->room * 2 + 64) *
                                              sizeof *in->submissions));
    struct submission *s = need(malloc(sizeof *s));
    *s = is;
    return in->submissions[in->count++] = s;
}

static char *first_parts(const char *path, int count)
{
    const char *end = path;
    for (int i = 0; i < count && *end; i++)
        end += (i > 0) + strcspn(end + (i > 0), "/");
    return text("%.*s", (int)(end - path), path);
}

static struct submission *of_moodle(struct intake *in,
                                    const struct entry *entry,
                                    const char *container,
                                    const struct moodle *found)
{
    struct submission *s = find(in, container, found->name, found->id);
    if (s)
        return s;
    return add(in, (struct submission){
                       .where = first_parts(entry->path, *container ? 2 : 1),
                       .container = text("%s", container),
                       .name = text("%s", found->name),
                       .id = text("%s", found->id),
                       .shared = text("%s", *container ? container : in->name),
                       .depth = entry->depth});
}

static struct submission *of_item(struct intake *in, const char *top,
                                  const struct entry *entry)
{
    size_t stem = archive_stem(top);

    for (int i = in->count - 1; i >= 0; i--)
        if (strcmp(in->submissions[i]->where, top) == 0)
            return in->submissions[i];
    return add(in,
               (struct submission){.where = text("%s", top),
                                   .container = "",
                                   .name = stem ? text("%.*s", (int)stem, top)
                                                : text("%s", top),
                                   .hint = text("%s", top),
                                   .shared = in->name,
                                   .depth = entry->depth});
}

struct submission *route(struct intake *in, const struct entry *entry,
                         const char **inner)
{
    struct moodle found;
    struct submission *submission = NULL;
    char *top = first_parts(entry->path, 1), *two = first_parts(entry->path, 2);
    const char *below = entry->path + strlen(top), *second = base_name(two);

    below += *below == '/';
    *inner = below;
    if (*top == '.' || is_junk(top)) {
        submission = NULL;
    } else if (moodle_parse(top, &found)) {
        submission = of_moodle(in, entry, "", &found);
        if (*found.rest) /* without folders: what follows is the file's name */
            *inner = entry->path + (found.rest - top);
        moodle_free(&found);
    } else if (*below && moodle_parse(second, &found)) {
        submission = of_moodle(in, entry, top, &found);
        *inner += *found.rest ? (size_t)(found.rest - second) : strlen(second);
        *inner += !*found.rest && **inner == '/';
        moodle_free(&found);
    } else if (*below || entry->kind == FOUND_FOLDER ||
               entry->kind == FOUND_ARCHIVE) {
        submission = of_item(in, top, entry);
    }
    free(top);
    free(two);
    return submission;
}

/* A download that lies in DIR is no student, though it was taken for one while
 * only its own name was known. But where a student's folder holds others that
 * are named as Moodle does, those are not believed. */
static void settle_container(struct intake *in, struct submission *item)
{
    int students = 0;
    for (int i = 0; i < in->count; i++) {
        struct submission *s = in->submissions[i];
        if (strcmp(s->container, item->where) != 0)
            continue;
        students++;
        s->dropped = item->events > 0;
    }
    if (students > 0 && item->events > 0) {
        note(&item->notes, "It holds folders that are named as in a Moodle "
                           "download, after other students: they were not "
                           "taken.");
    } else if (students > 0) {
        item->dropped = true;
        note(&in->whole.notes,
             text("%s was read as a Moodle download, of %d student%s.",
                  shown(item->where), students, students == 1 ? "" : "s"));
        for (int i = 0; i < item->notes.count; i++)
            note(&in->whole.notes, item->notes.text[i]);
        note_tallies(&in->whole.notes, item->tallies);
    }
}

void settle(struct intake *in)
{
    for (int i = 0; i < in->count; i++) {
        struct submission *item = in->submissions[i];
        bool exactly;
        if (item->id)
            continue;
        settle_container(in, item);
        if (!item->dropped &&
            (strcmp(item->where, "labs") == 0 ||
             (lab_named(&in->labs, item->where, &exactly) != NO_LAB &&
              exactly))) {
            item->dropped = true;
            tally(&in->whole.tallies[LEFT_LAB], item->where);
        }
    }
}
