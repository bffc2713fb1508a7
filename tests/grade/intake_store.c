/* intake_store.c: what was taken goes to CLASS. A file that is as it was is not
 * touched; any other is written beside its place first, so that whoever reads
 * CLASS after a crash or on a full disk finds each file whole. */
#include "intake.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct intake *intake;

static _Noreturn void cannot(const char *what)
{
    fail(STATUS_FAILED,
         "The submissions cannot be kept: %s in %s: %s. What was graded before "
         "is still there.",
         what, intake->class, strerror(errno));
}

int open_folder(int parent, const char *name)
{
    if (mkdirat(parent, name, 0755) < 0 && errno != EEXIST)
        cannot(name);
    int fd =
        openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        cannot(name);
    return fd;
}

/* Of a run that was killed, the process that read an archive may live on for a
 * moment. */
static bool lock_within_a_second(int lock)
{
    for (int tries = 0; tries < 100; tries++) {
        if (flock(lock, LOCK_EX | LOCK_NB) == 0)
            return true;
        poll(NULL, 0, 10);
    }
    return false;
}

void store_open(struct intake *in)
{
    intake = in;
    if (mkdir(in->class, 0755) < 0 && errno != EEXIST)
        cannot("the folder");
    in->class_fd = open(in->class, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (in->class_fd < 0)
        cannot("the folder");
    int lock =
        openat(in->class_fd, ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock < 0)
        cannot(".lock");
    if (!lock_within_a_second(lock)) {
        char other[32] = "";
        ssize_t n = pread(lock, other, sizeof other - 1, 0);
        fail(STATUS_USAGE,
             "another make grade is grading this class (process %d): wait for "
             "its end, or stop it with Ctrl-C",
             n > 0 ? atoi(other) : 0);
    }
    in->spool = openat(in->class_fd, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    if (in->spool < 0) {
        in->spool = openat(in->class_fd, ".spool",
                           O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        unlinkat(in->class_fd, ".spool", 0);
    }
    if (in->spool < 0)
        cannot("a file for what is read");
}

off_t spool(struct intake *in, const void *data, size_t size)
{
    off_t at = in->spooled;
    for (size_t done = 0; done < size;) {
        ssize_t n = pwrite(in->spool, (const char *)data + done, size - done,
                           at + done);
        if (n < 0)
            cannot("a file for what is read");
        done += n;
    }
    in->spooled += size;
    return at;
}

static bool is_as_it_was(int folder, const char *name, const char *data,
                         size_t size)
{
    struct stat stat;
    int fd =
        openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool same = fd >= 0 && fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) &&
                (stat.st_mode & 07777) == 0644 && (size_t)stat.st_size == size;
    char *there = same ? need(malloc(size + 1)) : NULL;

    same = same && read(fd, there, size) == (ssize_t)size &&
           memcmp(there, data, size) == 0;
    free(there);
    if (fd >= 0)
        close(fd);
    return same;
}

void put_file(int folder, const char *name, const char *data, size_t size)
{
    if (is_as_it_was(folder, name, data, size))
        return;
    char *beside = text(".%s.new", name);
    unlinkat(folder, beside, 0);
    int fd = openat(folder, beside,
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    bool written = fd >= 0 && fchmod(fd, 0644) == 0;
    for (size_t done = 0; written && done < size;) {
        ssize_t n = write(fd, data + done, size - done);
        written = n > 0;
        done += written ? n : 0;
    }
    if (fd >= 0 && close(fd) != 0)
        written = false;
    if (!written || renameat(folder, beside, folder, name) != 0) {
        int why = errno;
        unlinkat(folder, beside, 0);
        errno = why;
        cannot(name);
    }
    free(beside);
}

void put_json(int folder, const char *name, json_t *document)
{
    char *dumped = json_dumps(document, JSON_INDENT(1) | JSON_SORT_KEYS);
    char *written = text("%s\n", (char *)need(dumped));
    put_file(folder, name, written, strlen(written));
    free(written);
    free(dumped);
    json_decref(document);
}

/* Of CLASS, where nobody but we and the grader writes. */
void remove_all(int parent, const char *name)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return;
    int fd =
        openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    while (folder && (entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            remove_all(fd, entry->d_name);
    if (folder)
        closedir(folder);
    if (unlinkat(parent, name, AT_REMOVEDIR) < 0)
        cannot(name);
}
