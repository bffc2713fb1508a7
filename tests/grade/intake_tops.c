/* intake_tops.c: SUBMISSIONS may itself be an archive: of a folder of students,
 * with or without a folder around them, or of one student. A first look at the
 * names tells which. */
#include "intake.h"

#include <stdlib.h>
#include <string.h>

static bool is_of_student(const struct intake *in, const char *name)
{
    bool exactly;
    return strcmp(name, "labs") == 0 || is_listed(&in->labs, name) ||
           (lab_named(&in->labs, name, &exactly) != NO_LAB && exactly);
}

/* The first name of a kind is kept; a second one means that there are several.
 */
static void meet(char **first, bool *several, const char *name)
{
    if (!*first)
        *first = text("%s", name);
    *several |= strcmp(*first, name) != 0 || is_moodle(name);
}

static enum go take_top(struct intake *in, const struct entry *entry)
{
    struct tops *tops = &in->tops;
    size_t size = strcspn(entry->path, "/");
    char *top = text("%.*s", (int)size, entry->path);
    const char *below = entry->path + size + (entry->path[size] == '/');
    char *second = text("%.*s", (int)strcspn(below, "/"), below);

    if (!is_junk(top)) {
        meet(&tops->first, &tops->several, top);
        tops->is_student |= is_of_student(in, top) && !is_moodle(second);
    }
    if (!is_junk(top) && *second && !is_junk(second)) {
        meet(&tops->second, &tops->several_inside, second);
        tops->holds_labs |= is_of_student(in, second);
    }
    free(top);
    free(second);
    return GO_ON;
}

void read_whole_archive(struct intake *in, int fd)
{
    in->is_archive = true;
    in->take = take_top;
    read_archive(in, fd, "", 1);
    in->take = take;
    in->whole = (struct submission){0};
    if (in->tops.is_student) {
        struct entry entry = {.kind = FOUND_ARCHIVE, .path = in->name};
        take(in, &entry);
        read_archive(in, fd, in->name, 1);
    } else {
        in->strip = in->tops.first && !in->tops.several &&
                    in->tops.several_inside && !in->tops.holds_labs;
        read_archive(in, fd, "", 1);
    }
}
