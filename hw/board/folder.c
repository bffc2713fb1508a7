/* folder.c: the folder of a run: sockets, FIFOs and the pid file have their
 * places there, and go with it.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "run.h"

/* The others are started by a launcher, which knows them by their names alone.
 * Each becomes the program that is meant, once its output has a place. */
static const char script[] =
    "#!/bin/sh\n"
    "name=${0##*/}\n"
    "exec \"$RUN_PROGRAMS/$name\" \"$@\" > \"$RUN_FOLDER/$name.log\" 2>&1\n";

char *folder_path(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);

    if (path == NULL)
        err(1, "%s", name);
    snprintf(path, size, "%s/%s", folder, name);
    return path;
}

static bool too_long(const char *folder)
{
    char *path = folder_path(folder, "board");
    size_t length = strlen(path);

    free(path);
    return length >= sizeof((struct sockaddr_un *)0)->sun_path;
}

/* Held until we end, however we end: the kernel gives it back. */
static void lock(const char *folder)
{
    struct stat what;

    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd == -1 || fstat(fd, &what) == -1)
        err(1, "%s", folder);
    if (what.st_uid != geteuid())
        errx(1, "%s belongs to someone else", folder);
    if (flock(fd, LOCK_EX | LOCK_NB) == -1)
        errx(1, "a make run or make board is at work here already: end it with "
                "Ctrl-C where it was started");
    if (fchmod(fd, 0700) == -1)
        err(1, "%s", folder);
}

const char *folder_make(const char *build, const char *name)
{
    const char *tmp = getenv("TMPDIR");
    char *folder = folder_path(build, name);

    if (!too_long(folder)) {
        if (mkdir(folder, 0700) == -1 && errno != EEXIST)
            err(1, "%s", folder);
    } else {
        free(folder);
        folder = folder_path(tmp != NULL ? tmp : "/tmp", "run-XXXXXX");
        if (mkdtemp(folder) == NULL)
            err(1, "%s", folder);
        if (too_long(folder)) {
            rmdir(folder);
            errx(1, "%s is too long for a socket's address: set TMPDIR",
                 folder);
        }
    }
    lock(folder);
    return folder;
}

static void copy(const char *from, const char *to)
{
    struct stat what;

    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in == -1 || fstat(in, &what) == -1)
        err(1, "%s", from);
    unlink(to);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    if (out == -1)
        err(1, "%s", to);
    while (what.st_size > 0) {
        ssize_t sent = sendfile(out, in, NULL, (size_t)what.st_size);
        if (sent <= 0)
            err(1, "%s", to);
        what.st_size -= sent;
    }
    close(in);
    if (close(out) == -1)
        err(1, "%s", to);
}

static void write_script(const char *path)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    if (fd == -1 ||
        write(fd, script, sizeof script - 1) != (ssize_t)sizeof script - 1 ||
        close(fd) == -1)
        err(1, "%s", path);
}

void folder_fill(const char *folder, const char *programs)
{
    static const char *const scripts[] = {"led_process", "button_process"};
    char *from = folder_path(programs, "launch_processes");
    char *to = folder_path(folder, "launch_processes");

    copy(from, to);
    free(from);
    free(to);
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        char *path = folder_path(folder, scripts[i]);
        write_script(path);
        free(path);
    }
}

void folder_remove(const char *folder)
{
    DIR *all = opendir(folder);
    struct dirent *entry;

    while (all != NULL && (entry = readdir(all)) != NULL)
        unlinkat(dirfd(all), entry->d_name, 0); /* . and .. stay */
    if (all != NULL)
        closedir(all);
    if (rmdir(folder) == -1)
        warn("%s", folder);
}
