/* shared.c: a folder in which the programs of a test, its peers and the test
 * itself can meet: for FIFOs, for sockets that have a path.
 *
 * It is a small tmpfs that is mounted for this test's process and for those
 * that it starts, and for nobody else (mount_namespaces(7)). So it is empty at
 * the start, bounded, and gone when they are: there is nothing to remove. */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static bool lies_in(const char *path, const char *folder)
{
    char *whole = realpath(path, NULL);
    size_t length = strlen(folder);
    bool inside = whole && strncmp(whole, folder, length) == 0 &&
                  (whole[length] == '/' || whole[length] == '\0');
    free(whole);
    return inside;
}

/* The mount hides what is there. So it must be a folder that every machine has,
 * and in which nothing lies that the test needs. */
static const char *choose_place(void)
{
    static const char *const places[] = {"/mnt", "/media", "/srv", "/opt"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (access(places[i], F_OK) == 0 && !lies_in(".", places[i]) &&
            !lies_in(config.programs, places[i]) &&
            !lies_in(config.tools, places[i]))
            return places[i];
    broken("none of /mnt, /media, /srv and /opt can be mounted on");
}

const char *shared_folder(void)
{
    static const char *folder;
    if (folder)
        return folder;
    if (isolation_now() != ISOLATION_CELL)
        skip_test("It needs a folder that only this test's programs see, and "
                  "this machine gives none: make doctor says why.");
    const char *place = choose_place();
    /* Whoever the programs run as may write, and remove what others made. */
    if (unshare(CLONE_NEWNS) < 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("shared", place, "tmpfs", MS_NOSUID | MS_NODEV,
              "size=16m,nr_inodes=256,mode=0777") < 0)
        broken("cannot mount the shared folder on %s: %s", place,
               strerror(errno));
    return folder = place;
}

char *shared_path(const char *name)
{
    return format("%s/%s", shared_folder(), name);
}

void give_to_programs(const char *name)
{
    uid_t user = cell_user();
    if (user && lchown(shared_path(name), user, user) < 0)
        broken("%s: %s", name, strerror(errno));
}

/* ---- Programs that lie there ---- */

static void copy_program(const char *from, const char *to)
{
    enum { MOST = 16 << 20 };
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    ssize_t n = in < 0 || out < 0 ? -1 : 1;
    while (n > 0)
        n = sendfile(out, in, NULL, MOST);
    if (n < 0 || fchmod(out, 0755) < 0 || close(in) < 0 || close(out) < 0)
        broken("cannot copy %s to %s: %s", from, to, strerror(errno));
}

void fill_bin(const struct launch *launch, const char *program)
{
    const char *bin = shared_path("bin");
    const char *standin = format("%s/%s/standin", config.tools, config.lab);
    if (mkdir(bin, 0777) < 0 && errno != EEXIST)
        broken("%s: %s", bin, strerror(errno));
    if (chmod(bin, 0777) < 0)
        broken("%s: %s", bin, strerror(errno));
    copy_program(program, format("%s/%s", bin, launch->name));
    for (int i = 0; launch->beside[i]; i++)
        copy_program(standin, format("%s/%s", bin, launch->beside[i]));
    if (launch->stage)
        copy_program(standin, format("%s/standin", bin));
}
