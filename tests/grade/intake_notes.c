/* intake_notes.c: a sentence for each kind of thing that was not taken, however
 * many there are of it. */
#include "intake.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *one, *many; /* of one name; of a number and a list of names */
} sentences[KINDS] = {
    [LEFT_OUT] = {"1 other file was left out: %s.",
                  "%d other files were left out: %s."},
    [LEFT_HEADER] = {"%s is not used: headers are the kit's own.",
                     "%d headers are not used, they are the kit's own: %s."},
    [LEFT_MAKEFILE] = {"%s is not used: every submission is built in the same "
                       "way, by the kit.",
                       "%d makefiles are not used, every submission is built "
                       "in the same way, by the kit: %s."},
    [LEFT_CASE] = {"%s was not taken: capital and small letters count in a "
                   "file's name.",
                   "%d files were not taken because capital and small letters "
                   "count in a file's name: %s."},
    [LEFT_SYMLINK] = {"%s is a symbolic link: it was not followed.",
                      "%d symbolic links were not followed: %s."},
    [LEFT_HARDLINK] = {"%s is a hard link, another name of some file: it was "
                       "not taken.",
                       "%d hard links, other names of some files, were not "
                       "taken: %s."},
    [LEFT_SPECIAL] = {"%s is a FIFO, a socket or a device: it was not opened.",
                      "%d FIFOs, sockets or devices were not opened: %s."},
    [LEFT_ABSOLUTE] =
        {"%s is an absolute path in an archive: it was not taken.",
         "%d absolute paths in archives were not taken: %s."},
    [LEFT_UPWARD] = {"%s leads out of its archive: it was not taken.",
                     "%d paths that lead out of their archive were not taken: "
                     "%s."},
    [LEFT_LONG] = {"%s has a name that is too long: it was not taken.",
                   "%d files whose names are too long were not taken: %s."},
    [LEFT_LARGE] = {"%s is too large (a source file may have 256 KiB, an "
                    "archive inside another 16 MiB): it was not taken.",
                    "%d files are too large (a source file may have 256 KiB, "
                    "an archive inside another 16 MiB) and were not taken: "
                    "%s."},
    [LEFT_OVER] =
        {"%s was not taken: what was found before it is the most "
         "that one student may hand in (4 MiB, 1,000 files, 50 archives).",
         "%d files were not taken, because what was found before "
         "them is the most that one student may hand in (4 MiB, "
         "1,000 files): %s."},
    [LEFT_ENCRYPTED] = {"%s is encrypted: it cannot be read without its "
                        "password.",
                        "%d files are encrypted and cannot be read without "
                        "their password: %s."},
    [LEFT_DAMAGED] = {"%s is damaged in its archive: it was not taken.",
                      "%d files are damaged in their archive and were not "
                      "taken: %s."},
    [LEFT_UNREADABLE] = {"%s cannot be read here: look at its permissions.",
                         "%d files or folders cannot be read here, look at "
                         "their permissions: %s."},
    [LEFT_NESTED] = {"%s lies in an archive in an archive: it was not opened.",
                     "%d archives in archives in archives were not opened: "
                     "%s."},
    [LEFT_FOREIGN] = {"%s is of a kind that is not read: ask for a zip or a "
                      "tar.",
                      "%d archives are of a kind that is not read, ask for zip "
                      "or tar: %s."},
    [LEFT_LAB] = {"%s is named after a lab, not after a student, and was left "
                  "out: give the folder that holds one folder or archive for "
                  "each student.",
                  "%d folders are named after labs, not after students, and "
                  "were left out: %s. Give the folder that holds one folder or "
                  "archive for each student."},
    [LEFT_LOOSE] = {"%s lies in no student's folder or archive: nobody knows "
                    "whose it is, and it was not taken.",
                    "%d files lie in no student's folder or archive, nobody "
                    "knows whose they are, and they were not taken: %s."},
    [LEFT_DEEP] = {"%s lies in more than 32 folders: it was not looked into.",
                   "%d folders lie in more than 32 others and were not looked "
                   "into: %s."},
    [LEFT_UNCLEAR] = {"%s could be of several labs, and lies in no lab's "
                      "folder: it was not taken.",
                      "%d files could be of several labs, and lie in no lab's "
                      "folder: they were not taken: %s."},
    [TWICE] = {"%s is there twice in one archive: the last one counts, as when "
               "it is unpacked.",
               "%d files are there twice in one archive, and the last one "
               "counts: %s."},
};

enum { NAMES = sizeof((struct tally *)0)->names / sizeof(char *) };

void tally(struct tally *tally, const char *name)
{
    char *readable = shown(name);
    int i = 0;

    tally->count++;
    while (i < NAMES && tally->names[i] &&
           strcmp(tally->names[i], readable) != 0)
        i++;
    if (i < NAMES && !tally->names[i])
        tally->names[i] = readable;
    else
        free(readable);
}

/* "a, b, c, …" */
static char *list(const struct tally *tally)
{
    char *names = text("%s", tally->names[0]);
    int there = 1;

    for (; there < NAMES && tally->names[there]; there++) {
        char *longer = text("%s, %s", names, tally->names[there]);
        free(names);
        names = longer;
    }
    return there < tally->count ? text("%s, …", names) : names;
}

void note_tallies(struct notes *notes, const struct tally tallies[KINDS])
{
    for (int kind = 0; kind < KINDS; kind++) {
        if (tallies[kind].count == 1)
            note(notes, text(sentences[kind].one, tallies[kind].names[0]));
        else if (tallies[kind].count > 1)
            note(notes, text(sentences[kind].many, tallies[kind].count,
                             list(&tallies[kind])));
    }
}
