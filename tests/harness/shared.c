/* shared.c: a folder in which the programs of a test, its peers and the test
 * itself can meet: for FIFOs, for sockets that have a path.
 *
 * It is a small tmpfs that is mounted for this test's process and for those
 * that it starts, and for nobody else (mount_namespaces(7)). So it is empty at
 * the start, bounded, and gone when they are: there is nothing to remove. */
#include "inside.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
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
        mount("shared", place, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
              "size=16m,nr_inodes=256,mode=0777") < 0)
        broken("cannot mount the shared folder on %s: %s", place,
               strerror(errno));
    return folder = place;
}

char *shared_path(const char *name)
{
    return format("%s/%s", shared_folder(), name);
}
