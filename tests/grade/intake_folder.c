/* intake_folder.c: walks a folder that may change under it. Nothing is opened
 * by a path, no link is followed, and what was opened is looked at again. */
#include "intake.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a folder, sorted, so that every run goes the same way. */
static char **names_in(int fd, int *count)
{
    DIR *folder = fdopendir(fd);
    struct dirent *entry;
    char **names = NULL;
    int room = 0;

    *count = 0;
    if (!folder) {
        close(fd);
        return NULL;
    }
    while (*count <= ENTRY_LIMIT && (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (*count == room)
            names =
                need(realloc(names, (room = room * 2 + 16) * sizeof *names));
        names[(*count)++] = text("%s", entry->d_name);
    }
    closedir(folder);
    if (names)
        qsort(names, *count, sizeof *names, by_bytes);
    return names;
}

/* Opens what was a regular file a moment ago; -1 if it is none any more. A
 * FIFO in its place would not hold us up. */
static int open_regular(int folder, const char *name, struct stat *stat)
{
    int fd = openat(folder, name,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0 && (fstat(fd, stat) < 0 || !S_ISREG(stat->st_mode))) {
        close(fd);
        errno = ELOOP;
        return -1;
    }
    return fd;
}

static enum go leave(struct intake *in, struct entry *entry, enum kind kind)
{
    entry->kind = kind;
    return in->take(in, entry);
}

static enum go take_listed(struct intake *in, struct entry *entry, int fd,
                           const struct stat *stat)
{
    static char data[FILE_LIMIT + 1];
    size_t size = 0;
    ssize_t n = 1;

    if (stat->st_nlink > 1)
        return leave(in, entry, LEFT_HARDLINK);
    while (size < sizeof data &&
           (n = read(fd, data + size, sizeof data - size)) > 0)
        size += n;
    if (n < 0)
        return leave(in, entry, LEFT_UNREADABLE);
    if (size > FILE_LIMIT)
        return leave(in, entry, LEFT_LARGE);
    entry->data = data;
    entry->size = size;
    return in->take(in, entry);
}

static enum go take_regular(struct intake *in, int folder, const char *name,
                            struct entry *entry)
{
    struct stat stat;
    bool listed = is_listed(&in->labs, name);

    if (!listed && !archive_stem(name))
        return in->take(in, entry);
    int fd = open_regular(folder, name, &stat);
    if (fd < 0)
        return leave(in, entry,
                     errno == ELOOP ? LEFT_SYMLINK : LEFT_UNREADABLE);
    enum go go = GO_ON;
    if (listed) {
        go = take_listed(in, entry, fd, &stat);
    } else if (stat.st_nlink > 1) {
        go = leave(in, entry, LEFT_HARDLINK);
    } else {
        go = leave(in, entry, FOUND_ARCHIVE);
        if (go == GO_IN)
            go = read_archive(in, fd, entry->path, 1);
    }
    close(fd);
    return go;
}

static enum go take_folder(struct intake *in, int folder, const char *name,
                           struct entry *entry, int level)
{
    enum go go = leave(in, entry, FOUND_FOLDER);
    if (go != GO_IN)
        return go;
    int fd =
        openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return leave(in, entry,
                     errno == ELOOP || errno == ENOTDIR ? LEFT_SYMLINK
                                                        : LEFT_UNREADABLE);
    if (level == FOLDER_LIMIT) {
        close(fd);
        return leave(in, entry, LEFT_DEEP);
    }
    return read_folder(in, fd, entry->path, level + 1);
}

static enum go take_name(struct intake *in, int folder, const char *name,
                         struct entry *entry, int level)
{
    struct stat stat;
    if (fstatat(folder, name, &stat, AT_SYMLINK_NOFOLLOW) < 0)
        return leave(in, entry, LEFT_UNREADABLE);
    entry->size = stat.st_size;
    if (S_ISDIR(stat.st_mode))
        return take_folder(in, folder, name, entry, level);
    if (S_ISLNK(stat.st_mode))
        return leave(in, entry, LEFT_SYMLINK);
    if (!S_ISREG(stat.st_mode))
        return leave(in, entry, LEFT_SPECIAL);
    return take_regular(in, folder, name, entry);
}

bool is_stopped(const struct intake *in, const char *path)
{
    size_t size = in->stopped ? strlen(in->stopped) : 0;
    return size > 0 && strncmp(path, in->stopped, size) == 0 &&
           (path[size] == '/' || path[size] == '\0');
}

enum go read_folder(struct intake *in, int fd, const char *path, int level)
{
    int again = dup(fd), count;
    char **names = again < 0 ? NULL : names_in(again, &count);
    enum go go = GO_ON;

    for (int i = 0; names && i < count && go != STOP; i++) {
        char *inside =
            *path ? text("%s/%s", path, names[i]) : text("%s", names[i]);
        struct entry entry = {.kind = FOUND_FILE, .path = inside};
        go = take_name(in, fd, names[i], &entry, level);
        if (go == STOP && !is_stopped(in, path))
            go = GO_ON;
        free(inside);
    }
    for (int i = 0; names && i < count; i++)
        free(names[i]);
    free(names);
    close(fd);
    return go;
}
