/* intake_archive.c: an archive as a folder. What the process that reads it
 * (intake_sealed.c) writes is not believed either: sizes are bounded, names are
 * names, and only the bytes of listed files are kept. */
#include "intake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SILENCE_MS = 60000 };

size_t archive_stem(const char *name)
{
    static const char *const ends[] = {
        ".zip",  ".tar",    ".tar.gz", ".tgz",     ".tar.bz2", ".tbz",
        ".tbz2", ".tar.xz", ".txz",    ".tar.zst", ".tzst"};
    size_t size = strlen(name);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t end = strlen(ends[i]);
        if (size > end && strcasecmp(name + size - end, ends[i]) == 0)
            return size - end;
    }
    return 0;
}

static pid_t start_reader(struct intake *in, int fd, int depth, int *from)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        fail(STATUS_FAILED, "Archives cannot be read: %s.", strerror(errno));
    pid_t pid = fork();
    if (pid < 0)
        fail(STATUS_FAILED, "Archives cannot be read: %s.", strerror(errno));
    if (pid == 0) {
        if (dup2(fd, 0) < 0 || dup2(ends[1], 1) < 0 ||
            close_range(3, ~0U, 0) < 0 || lseek(0, 0, SEEK_SET) < 0)
            _exit(1);
        sealed_reader(&in->labs, depth == 1 && in->is_archive);
    }
    close(ends[1]);
    *from = ends[0];
    return pid;
}

struct source {
    int fd;
    size_t at, end;
    char bytes[1 << 14];
};

/* Where the pipe says nothing for so long, its archive is no good. */
static bool refill(struct source *from)
{
    struct pollfd readable = {.fd = from->fd, .events = POLLIN};
    ssize_t n;
    do
        n = poll(&readable, 1, SILENCE_MS);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        n = read(from->fd, from->bytes, sizeof from->bytes);
    from->at = 0;
    from->end = n > 0 ? n : 0;
    return n > 0;
}

static bool get(struct source *from, void *data, size_t size)
{
    for (char *to = data; size > 0;) {
        if (from->at == from->end && !refill(from))
            return false;
        size_t n = from->end - from->at < size ? from->end - from->at : size;
        memcpy(to, from->bytes + from->at, n);
        from->at += n;
        to += n;
        size -= n;
    }
    return true;
}

/* "x/lab02/server.c" for "./lab02//server.c" in x. Windows writes "\". */
static char *path_inside(const char *prefix, char *raw, enum kind *kind)
{
    char *path = need(malloc(strlen(prefix) + strlen(raw) + 2));
    char *to = stpcpy(path, prefix);

    if (!strchr(raw, '/'))
        for (char *s = raw; (s = strchr(s, '\\')) != NULL;)
            *s = '/';
    if (*raw == '/')
        *kind = LEFT_ABSOLUTE;
    for (char *part = strsep(&raw, "/"); part; part = strsep(&raw, "/")) {
        if (!*part || strcmp(part, ".") == 0)
            continue;
        if (strcmp(part, "..") == 0)
            *kind = LEFT_UPWARD;
        else if (strlen(part) > NAME_LIMIT)
            *kind = LEFT_LONG;
        if (to > path)
            *to++ = '/';
        to = stpcpy(to, part);
    }
    if (to - path >= PATH_LIMIT)
        *kind = LEFT_LONG;
    return path;
}

/* A file in memory, of an archive's bytes; -1 if there is no room for it. */
static int in_memory(const char *data, size_t size)
{
    int fd = memfd_create("archive", MFD_CLOEXEC);
    for (ssize_t n; fd >= 0 && size > 0; data += n, size -= n)
        if ((n = write(fd, data, size)) <= 0) {
            close(fd);
            return -1;
        }
    return fd;
}

static enum go open_nested(struct intake *in, const struct entry *entry)
{
    int fd = in_memory(entry->data, entry->size);
    if (fd < 0)
        fail(STATUS_FAILED, "Archives cannot be read: %s.", strerror(errno));
    enum go go = read_archive(in, fd, entry->path, entry->depth + 1);
    close(fd);
    return go;
}

/* One record; true and `go`, or false at the end, with what was said then. */
static bool take_record(struct intake *in, struct source *from,
                        const char *prefix, int depth, enum go *go, char **said)
{
    struct record record;
    char name[PATH_LIMIT + 1];

    *said = NULL;
    if (!get(from, &record, sizeof record) || record.path_size > PATH_LIMIT ||
        record.kind > RECORD_END || record.data_size > ARCHIVE_LIMIT ||
        !get(from, name, record.path_size))
        return false;
    name[record.path_size] = '\0';
    if (record.kind == RECORD_END) {
        *said = text("%s", name);
        return false;
    }
    char *data = record.data_size ? need(malloc(record.data_size)) : NULL;
    bool whole = !data || get(from, data, record.data_size);
    if (whole) {
        enum kind kind = record.kind;
        char *path = path_inside(prefix, name, &kind), *from_top = path;
        if (in->strip && !*prefix)
            from_top += strcspn(path, "/") + (strchr(path, '/') != NULL);
        struct entry entry = {.kind = kind,
                              .path = from_top,
                              .size = data ? record.data_size : record.size,
                              .data = data ? data : "",
                              .depth = depth};
        if (strcmp(from_top, prefix) != 0)
            *go = in->take(in, &entry);
        if (*go == GO_IN)
            *go = kind == FOUND_ARCHIVE ? open_nested(in, &entry) : GO_ON;
        free(path);
    }
    free(data);
    return whole;
}

enum go read_archive(struct intake *in, int fd, const char *path, int depth)
{
    struct source from = {0};
    int how;
    enum go go = GO_ON;
    char *said = NULL;
    pid_t pid = start_reader(in, fd, depth, &from.fd);

    while (take_record(in, &from, path, depth, &go, &said)) {
        if (go == STOP && is_stopped(in, path))
            break;
        go = GO_ON;
    }
    if (go == STOP || !said)
        kill(pid, SIGKILL);
    close(from.fd);
    while (waitpid(pid, &how, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(how) && WEXITSTATUS(how) == NOT_SEALED)
        fail(STATUS_FAILED,
             "Archives are not read: this machine has no seccomp, with which "
             "the process that reads them is sealed off.");
    if (said && *said)
        tell(in, path, depth, said);
    else if (!said && go != STOP)
        tell(in, path, depth,
             "took too long to read, or broke the program that reads archives: "
             "only what lies before that could be taken");
    free(said);
    return go;
}
