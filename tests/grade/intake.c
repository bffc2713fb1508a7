/* intake.c: reads DIR, sorts it out, fills CLASS; see intake.h. */
#include "intake.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Noreturn void fail(enum status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(status);
}

/* "class" of "x/class/" */
static char *last_name(const char *path)
{
    char *copy = text("%s", path);
    while (strlen(copy) > 1 && copy[strlen(copy) - 1] == '/')
        copy[strlen(copy) - 1] = '\0';
    return text("%s", *base_name(copy) ? base_name(copy) : copy);
}

static void read_submissions(struct intake *in)
{
    struct stat stat;
    int fd = open(in->dir, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &stat) < 0)
        fail(STATUS_USAGE, "SUBMISSIONS=%s cannot be read: %s.", in->dir,
             strerror(errno));
    if (S_ISDIR(stat.st_mode))
        read_folder(in, fd, "", 0);
    else if (S_ISREG(stat.st_mode))
        read_whole_archive(in, fd);
    else
        fail(STATUS_USAGE, "SUBMISSIONS=%s is neither a folder nor an archive.",
             in->dir);
    settle(in);
    group(in);
    note_tallies(&in->whole.notes, in->whole.tallies);
}

static void refuse_nothing(const struct intake *in)
{
    fail(STATUS_USAGE,
         "SUBMISSIONS=%s holds no submission.%s%s Give a folder, or an archive "
         "of one, that holds a folder or an archive for each student, or a "
         "Moodle download.",
         in->dir, in->whole.notes.count ? " " : "",
         in->whole.notes.count ? in->whole.notes.text[0] : "");
}

static void summarize(const struct intake *in, int labs)
{
    int notes = in->whole.notes.count;
    for (int i = 0; i < in->student_count; i++)
        notes += in->students[i].notes.count;
    printf("%d student%s, %d lab%s handed in; ", in->student_count,
           in->student_count == 1 ? "" : "s", labs, labs == 1 ? "" : "s");
    if (notes)
        printf("%d note%s (see the report).\n", notes, notes == 1 ? "" : "s");
    else
        puts("nothing to note.");
    for (int i = 0; i < in->whole.notes.count; i++)
        printf("  %s\n", in->whole.notes.text[i]);
}

int main(int argc, char **argv)
{
    struct intake in = {.take = take};
    int labs = 0;

    if (argc < 4)
        fail(STATUS_USAGE, "usage: intake DIR CLASS LAB=file,file…");
    /* Archives hold names in UTF-8, which libarchive makes the locale's. */
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        fail(STATUS_FAILED, "This machine has no locale C.UTF-8, in which the "
                            "names in archives are read.");
    in.dir = argv[1];
    in.class = argv[2];
    in.name = last_name(in.dir);
    for (int i = 3; i < argc; i++)
        parse_lab(&in.labs, argv[i]);
    if (access(in.dir, F_OK) < 0)
        fail(STATUS_USAGE, "SUBMISSIONS=%s cannot be read: %s.", in.dir,
             strerror(errno));
    store_open(&in);
    read_submissions(&in);
    if (in.student_count == 0)
        refuse_nothing(&in);
    for (int i = 0; i < in.student_count; i++) {
        choose(&in, &in.students[i]);
        labs += store_student(&in, &in.students[i]);
    }
    store_class(&in);
    summarize(&in, labs);
    if (fflush(stdout) != 0)
        fail(STATUS_FAILED, "The summary cannot be written: %s.",
             strerror(errno));
    return 0;
}
