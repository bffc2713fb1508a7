/* intake_tops.c: SUBMISSIONS may itself be an archive: of a folder of students,
 * with or without a folder around them, or of one student. A first look at the
 * names tells which. */
#include "intake.h"

#include <string.h>

static bool is_of_student(const struct intake *in, const char *name)
{
    bool exactly;
    return strcmp(name, "labs") == 0 || is_listed(&in->labs, name) ||
           (lab_named(&in->labs, name, &exactly) != NO_LAB && exactly);
}

static enum go take_top(struct intake *in, const struct entry *entry)
{
    struct tops *tops = &in->tops;
    char *top = text("%.*s", (int)strcspn(entry->path, "/"), entry->path);
    const char *below =
        entry->path + strlen(top) + (entry->path[strlen(top)] != '\0');
    char *second = text("%.*s", (int)strcspn(below, "/"), below);
    struct moodle found;

    if (is_junk(top))
        return GO_ON;
    tops->first = tops->first ? tops->first : top;
    tops->several |= strcmp(tops->first, top) != 0;
    if (moodle_parse(top, &found))
        tops->several = true;
    tops->is_student |= is_of_student(in, top) && !moodle_parse(second, &found);
    if (*second && !is_junk(second)) {
        tops->second = tops->second ? tops->second : second;
        tops->several_inside |=
            strcmp(tops->second, second) != 0 || moodle_parse(second, &found);
        tops->holds_labs |= is_of_student(in, second);
    }
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
