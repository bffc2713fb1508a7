/* intake_labs.c: which lab a file is of, told by the folders it lies in. What
 * is not clear is not guessed. */
#include "intake.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* "lab02-uppercase-echo=server.c,client.c" */
void parse_lab(struct labs *labs, const char *word)
{
    const char *equals = strchr(word, '=');
    if (!equals || strncmp(word, "lab", 3) != 0 || !isdigit(word[3]))
        fail(STATUS_USAGE, "intake: \"%s\" is not of the form LAB=file,file.",
             word);
    labs->lab = need(realloc(labs->lab, (labs->count + 1) * sizeof *labs->lab));
    struct lab *lab = &labs->lab[labs->count++];
    *lab = (struct lab){.name = text("%.*s", (int)(equals - word), word),
                        .number = atoi(word + 3)};
    char *rest = text("%s", equals + 1);
    for (char *file = strsep(&rest, ","); file; file = strsep(&rest, ",")) {
        if (!*file || strchr(file, '/') || *file == '.')
            fail(STATUS_USAGE, "intake: \"%s\" lists a name that is none.",
                 word);
        lab->files =
            need(realloc(lab->files, (lab->count + 1) * sizeof *lab->files));
        lab->files[lab->count++] = file;
    }
}

static bool is_of(const struct lab *lab, const char *name)
{
    for (int i = 0; i < lab->count; i++)
        if (strcmp(lab->files[i], name) == 0)
            return true;
    return false;
}

bool is_listed(const struct labs *labs, const char *name)
{
    for (int i = 0; i < labs->count; i++)
        if (is_of(&labs->lab[i], name))
            return true;
    return false;
}

const char *listed_otherwise(const struct labs *labs, const char *name)
{
    for (int i = 0; i < labs->count; i++)
        for (int j = 0; j < labs->lab[i].count; j++)
            if (strcasecmp(labs->lab[i].files[j], name) == 0)
                return labs->lab[i].files[j];
    return NULL;
}

const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *short_name(const struct lab *lab)
{
    return text("%.*s", (int)strcspn(lab->name, "-"), lab->name);
}

/* The number in "Lab 2", "cs1-lab02-ann", "LAB_2"; -1 if there is none, or more
 * than one. */
static int number_in(const char *part)
{
    int number = -1;
    for (const char *s = part; (s = strcasestr(s, "lab")) != NULL; s += 3) {
        const char *digits = s + 3 + strspn(s + 3, " _-");
        char *end;
        if ((s > part && isalnum((unsigned char)s[-1])) ||
            !isdigit((unsigned char)*digits))
            continue;
        long found = strtol(digits, &end, 10);
        if (end - digits > 3 || isalnum((unsigned char)*end))
            continue;
        if (number >= 0 && number != found)
            return -1;
        number = (int)found;
    }
    return number;
}

int lab_named(const struct labs *labs, const char *part, bool *exactly)
{
    size_t size = archive_stem(part);
    char *name = size ? text("%.*s", (int)size, part) : text("%s", part);
    int number = number_in(name), lab = number < 0 ? NO_LAB : OTHER_LAB;

    *exactly = false;
    for (int i = 0; i < labs->count; i++)
        if (labs->lab[i].number == number) {
            char *alone = short_name(&labs->lab[i]);
            lab = i;
            *exactly = strcmp(name, labs->lab[i].name) == 0 ||
                       strcmp(name, alone) == 0;
            free(alone);
        }
    free(name);
    return lab;
}

/* By the folders inside the submission: the innermost that names a lab. */
static void look_at_folders(const struct labs *labs, struct candidate *file)
{
    char *path = text("%s", file->path), *parts[FOLDER_LIMIT * 4], *rest = path;
    int count = 0;

    for (char *part = strsep(&rest, "/"); part && rest;
         part = strsep(&rest, "/"))
        if (count < (int)(sizeof parts / sizeof *parts))
            parts[count++] = part;
    file->lab = NO_LAB;
    for (int i = count - 1; i >= 0 && file->lab == NO_LAB; i--) {
        bool exactly;
        file->lab = lab_named(labs, parts[i], &exactly);
        file->rank = !exactly                            ? SPELLED
                     : i < count - 1                     ? BELOW
                     : i == 0                            ? IN_LAB
                     : strcmp(parts[i - 1], "labs") == 0 ? IN_LABS
                                                         : IN_LAB;
    }
    free(path);
}

static bool is_beside(const struct candidate *a, const struct candidate *b)
{
    size_t size = base_name(a->path) - a->path;
    return size == (size_t)(base_name(b->path) - b->path) &&
           strncmp(a->path, b->path, size) == 0;
}

/* By the names alone: the one lab that lists this file, or else the one that
 * lists all that lie beside it. */
static void look_at_names(const struct labs *labs, struct submission *all,
                          struct candidate *file)
{
    int listing = 0, one = NO_LAB, complete = 0, whole = NO_LAB;

    for (int i = 0; i < labs->count; i++) {
        if (!is_of(&labs->lab[i], base_name(file->path)))
            continue;
        bool lists_all = true;
        for (int j = 0; j < all->count; j++)
            if (is_beside(file, &all->files[j]))
                lists_all &=
                    is_of(&labs->lab[i], base_name(all->files[j].path));
        listing++;
        one = i;
        complete += lists_all;
        whole = lists_all ? i : whole;
    }
    file->rank = INFERRED;
    file->lab = listing == 1 ? one : complete == 1 ? whole : AMBIGUOUS;
}

static bool look_at_hint(const struct labs *labs, struct candidate *file,
                         const char *hint, enum rank rank)
{
    bool exactly;
    int lab = hint ? lab_named(labs, hint, &exactly) : NO_LAB;
    if (lab == NO_LAB ||
        (lab >= 0 && !is_of(&labs->lab[lab], base_name(file->path))))
        return false;
    file->lab = lab;
    file->rank = rank;
    return true;
}

void find_labs(const struct labs *labs, struct submission *submission)
{
    for (int i = 0; i < submission->count; i++) {
        struct candidate *file = &submission->files[i];
        look_at_folders(labs, file);
        if (file->lab >= 0 &&
            !is_of(&labs->lab[file->lab], base_name(file->path)))
            file->lab = OTHER_LAB;
        if (file->lab == NO_LAB &&
            !look_at_hint(labs, file, submission->hint, HINTED) &&
            !look_at_hint(labs, file, submission->shared, SHARED))
            look_at_names(labs, submission, file);
    }
}
