/* class_ready.c: what must be so before a class is graded: nobody else does it,
 * there is a seed, and the machine gives isolation.
 */
#include "class.h"

#include "compile.h"
#include "inside.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

long number(const char *text, const char *what, long least)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || *end || *text < '0' || *text > '9' || value < least ||
        value > INT32_MAX)
        errx(2, "%s must be a number from %ld to 2147483647, not \"%s\"", what,
             least, text);
    return value;
}

enum { ENOUGH_MIB = 32 };

/* On a full disk every unit would fail, and none of them be to blame. */
void require_disk(const struct class *class)
{
    struct statvfs disk;
    if (statvfs(class->options.class, &disk) < 0)
        err(2, "%s", class->options.class);
    unsigned long mib = disk.f_bavail * (disk.f_frsize / 1024) / 1024;
    if (mib >= ENOUGH_MIB && (disk.f_favail > 64 || disk.f_files == 0))
        return;
    progress_end();
    errx(3,
         "the disk of %s is full (%lu MiB left). What is graded is kept: make "
         "room, and the same command goes on from here",
         class->options.class, mib);
}

/* One grading of a class at a time. The lock is the kernel's: it is gone when
 * we are, however we end. */
void lock_class(const struct class *class)
{
    const char *path = format("%s/.lock", class->options.class);
    char other[32] = "";
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        err(2, "%s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (read(fd, other, sizeof other - 1) < 0)
            *other = '\0';
        errx(2,
             "another make grade is grading this class (process %d): wait for "
             "its end, or stop it with Ctrl-C",
             atoi(other));
    }
    const char *own = format("%d\n", (int)getpid());
    if (ftruncate(fd, 0) < 0 || write(fd, own, strlen(own)) < 0)
        err(1, "%s", path);
}

void make_folder(const char *path)
{
    if (mkdir(path, 0755) < 0 && errno != EEXIST)
        err(1, "%s", path);
}

/* What GNU parallel writes on the way. */
void make_own_folder(const struct class *class)
{
    const char *folder = format("%s/.parallel", class->options.class);
    remove_folder(folder);
    make_folder(folder);
    make_folder(format("%s/home", folder));
    make_folder(format("%s/tmp", folder));
}

static char *fresh_seed(void)
{
    uint32_t seed;
    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        broken("getrandom: %s", strerror(errno));
    return format("%u", seed % 1000000);
}

/* The one that was given, or the class's own: so that a grading that goes on,
 * and one of what was handed in later, has the same input. */
void choose_seed(struct class *class)
{
    const char *path = format("%s/seed", class->options.class);
    char kept[32] = "";
    FILE *file = fopen(path, "re");
    if (file && !fgets(kept, sizeof kept, file))
        *kept = '\0';
    if (file)
        fclose(file);
    kept[strcspn(kept, "\n")] = '\0';
    if (class->options.seed)
        class->seed = format("%ld", number(class->options.seed, "SEED", 0));
    else if (*kept)
        class->seed = format("%ld", number(kept, path, 0));
    else
        class->seed = fresh_seed();
    if (strcmp(class->seed, kept) == 0)
        return;
    const char *beside = format("%s.new", path);
    file = fopen(beside, "we");
    if (!file || fprintf(file, "%s\n", class->seed) < 0 || fclose(file) != 0 ||
        rename(beside, path) < 0)
        err(1, "%s", path);
}

/* Without isolation a program could forge its own grade. Other machines look
 * for themselves. */
void require_isolation(struct class *class)
{
    const char *why;
    bool here = class->host_count == 0;
    for (int i = 0; i < class->host_count; i++)
        here |= is_this_machine(&class->hosts[i]);
    config.tools = format("%s/../tests", class->options.class);
    config.programs = ".";
    if (!here || isolation_probe(&why) != ISOLATION_NONE)
        return;
    if (!class->options.allow_unsafe)
        errx(2,
             "no isolation on this machine: %s. A program could forge its own "
             "grade, so nothing is graded. make doctor says what to do; "
             "ALLOW_UNSAFE=1 grades all the same, and says so in each report",
             why);
    class->accepts_unsafe = true;
}
