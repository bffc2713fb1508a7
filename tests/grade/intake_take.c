/* intake_take.c: what becomes of an entry. A regular file of a listed name is
 * kept, in the spool; of the rest there is a tally, or not even that where the
 * kit itself handed it out. */
#include "intake.h"

#include <sha256.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* What systems and tools leave behind. */
bool is_junk(const char *name)
{
    static const char *const junk[] = {".git",      ".svn",  "__MACOSX",
                                       ".DS_Store", ".idea", ".vscode",
                                       "Thumbs.db", ".cache"};
    for (size_t i = 0; i < sizeof junk / sizeof *junk; i++)
        if (strcmp(name, junk[i]) == 0)
            return true;
    return strncmp(name, "._", 2) == 0;
}

/* "x/.git" for "x/.git/objects/ab"; null if there is no such part. */
static char *junk_in(const char *path)
{
    for (const char *part = path; *part;) {
        size_t size = strcspn(part, "/");
        char *name = text("%.*s", (int)size, part);
        bool junk = is_junk(name);
        free(name);
        if (junk)
            return text("%.*s", (int)(part + size - path), path);
        part += size + (part[size] == '/');
    }
    return NULL;
}

static bool is_in_kit(const char *path, uint64_t size)
{
    struct stat stat;
    return lstat(path, &stat) == 0 && S_ISREG(stat.st_mode) &&
           (uint64_t)stat.st_size == size;
}

/* Is it a file of the kit, as far as its path and its size tell? Nothing hangs
 * on that but whether it is told of. We run at the top of the kit. */
static bool is_handed_out(const struct intake *in, const char *path,
                          uint64_t size)
{
    const char *part = path;
    for (int i = 0; i < 12 && part && *part; i++) {
        if (is_in_kit(part, size))
            return true;
        part = strchr(part, '/');
        part += part != NULL;
    }
    for (int i = 0; i < in->labs.count; i++) {
        char *there = text("labs/%s/%s", in->labs.lab[i].name, base_name(path));
        bool known = is_in_kit(there, size);
        free(there);
        if (known)
            return true;
    }
    return false;
}

/* The tests, and the solutions where there are any, have files of listed names,
 * too: whoever hands in the whole kit does not hand in those. */
static bool is_copy_of_kit(const struct intake *in, const char *path,
                           uint64_t size)
{
    return (strncmp(path, "tests/", 6) == 0 || strstr(path, "/tests/") ||
            strncmp(path, "solutions/", 10) == 0 ||
            strstr(path, "/solutions/")) &&
           is_handed_out(in, path, size);
}

/* Of another lab than those that are looked at. */
static bool is_elsewhere(const struct intake *in, const char *path)
{
    char *parts = text("%s", path), *rest = parts;
    int lab = NO_LAB;
    bool exactly;

    for (char *part = strsep(&rest, "/"); part && rest;
         part = strsep(&rest, "/")) {
        int named = lab_named(&in->labs, part, &exactly);
        lab = named == NO_LAB ? lab : named;
    }
    free(parts);
    return lab == OTHER_LAB;
}

static enum kind left_as(const struct intake *in, const char *path,
                         uint64_t size)
{
    const char *name = base_name(path), *dot = strrchr(name, '.');

    if (is_elsewhere(in, path) || is_handed_out(in, path, size))
        return KINDS;
    if (listed_otherwise(&in->labs, name))
        return LEFT_CASE;
    if (strcasecmp(name, "makefile") == 0 || strcmp(name, "GNUmakefile") == 0)
        return LEFT_MAKEFILE;
    if (dot && strcmp(dot, ".h") == 0)
        return LEFT_HEADER;
    if (dot && (strcasecmp(dot, ".7z") == 0 || strcasecmp(dot, ".rar") == 0))
        return LEFT_FOREIGN;
    return LEFT_OUT;
}

static void keep(struct intake *in, struct submission *of, const char *path,
                 const struct entry *entry)
{
    struct candidate *file = NULL;

    if (entry->size > FILE_LIMIT) {
        tally(&of->tallies[LEFT_LARGE], path);
        return;
    }
    if (of->count == FILES_LIMIT || of->bytes + entry->size > STUDENT_LIMIT) {
        tally(&of->tallies[LEFT_OVER], path);
        return;
    }
    of->bytes += entry->size;
    for (int i = 0; i < of->count && !file; i++)
        if (strcmp(of->files[i].path, path) == 0) {
            file = &of->files[i];
            tally(&of->tallies[TWICE], path);
        }
    if (!file) {
        of->files =
            need(realloc(of->files, (of->count + 1) * sizeof *of->files));
        file = &of->files[of->count++];
        *file = (struct candidate){.path = text("%s", path)};
    }
    file->size = entry->size;
    file->at = spool(in, entry->data, entry->size);
    SHA256Data((const uint8_t *)entry->data, entry->size, file->sha256);
}

static enum go take_archive(struct submission *of, const char *path,
                            const struct entry *entry)
{
    if (entry->depth - of->depth >= 2)
        tally(&of->tallies[LEFT_NESTED], path);
    else if (of->archives++ > NESTED_LIMIT) /* the first is the outer one */
        tally(&of->tallies[LEFT_OVER], path);
    else
        return GO_IN;
    return GO_ON;
}

static enum go take_of(struct intake *in, struct submission *of,
                       const char *path, const struct entry *entry)
{
    enum kind kind = entry->kind;
    char *junk = junk_in(path);

    if (junk) {
        tally(&of->tallies[LEFT_OUT], junk);
        free(junk);
        return GO_ON;
    }
    if (kind == FOUND_FOLDER)
        return GO_IN;
    of->events += *path != '\0';
    path = *path ? path : of->where;
    if (kind == FOUND_ARCHIVE)
        return take_archive(of, path, entry);
    if (kind == FOUND_FILE && is_listed(&in->labs, base_name(path))) {
        if (!is_copy_of_kit(in, path, entry->size))
            keep(in, of, path, entry);
        return GO_ON;
    }
    if (kind == FOUND_FILE)
        kind = left_as(in, path, entry->size);
    if (kind < KINDS)
        tally(&of->tallies[kind], path);
    return GO_ON;
}

/* What lies beside the students' folders. */
static enum kind left_at_top(const struct intake *in, const struct entry *entry)
{
    if (entry->kind >= LEFT_OUT)
        return entry->kind;
    if (entry->kind == FOUND_FILE && is_listed(&in->labs, entry->path))
        return LEFT_LOOSE;
    enum kind kind = entry->kind == FOUND_FILE
                         ? left_as(in, entry->path, entry->size)
                         : LEFT_OUT;
    return kind == KINDS ? LEFT_OUT : kind;
}

enum go take(struct intake *in, const struct entry *entry)
{
    const char *path;
    struct submission *of = route(in, entry, &path);

    if (!of) {
        tally(&in->whole.tallies[left_at_top(in, entry)], entry->path);
        return GO_ON;
    }
    if (++of->entries > ENTRY_LIMIT) {
        if (of->entries == ENTRY_LIMIT + 1)
            note(&of->notes, "It has more than 20,000 files and folders: the "
                             "rest was not looked at.");
        in->stopped = of->where;
        return STOP;
    }
    return take_of(in, of, path, entry);
}

void tell(struct intake *in, const char *path, int depth, const char *said)
{
    struct entry entry = {
        .kind = FOUND_ARCHIVE, .path = path, .depth = depth - 1};
    const char *inner;
    struct submission *of = *path ? route(in, &entry, &inner) : NULL;
    char *name = shown(!of ? in->name : *inner ? inner : path);

    note(of ? &of->notes : &in->whole.notes,
         text("%s %s.", name, escaped(said, 300)));
}
