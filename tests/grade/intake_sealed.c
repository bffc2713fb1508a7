/* intake_sealed.c: the process that reads one archive. What is in an archive
 * may be made to break whoever unpacks it, so that happens here: in a process
 * that can read this one file and write to one pipe, with little time and
 * memory. It writes no file, and decides nothing. */
#include "intake.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Through a buffer: there may be many small records. */
static void put(const void *data, size_t size)
{
    if (fwrite(data, 1, size, stdout) != size)
        _exit(1); /* nobody listens any more */
}

static void put_record(uint32_t kind, const char *path, uint64_t size,
                       const char *data, size_t data_size)
{
    struct record record = {.kind = kind, .size = size, .data_size = data_size};
    size_t path_size = strlen(path);
    record.path_size = path_size < PATH_LIMIT ? path_size : PATH_LIMIT;
    put(&record, sizeof record);
    put(path, record.path_size);
    if (data_size)
        put(data, data_size);
}

/* From here on nothing can be opened, run or connected to. Calls that are not
 * needed fail, so that libraries which try one can do without. */
static void seal(bool roomy)
{
    static const int calls[] = {
        SCMP_SYS(read),         SCMP_SYS(write),
        SCMP_SYS(lseek),        SCMP_SYS(fstat),
        SCMP_SYS(newfstatat),   SCMP_SYS(brk),
        SCMP_SYS(mmap),         SCMP_SYS(mmap2),
        SCMP_SYS(munmap),       SCMP_SYS(mremap),
        SCMP_SYS(mprotect),     SCMP_SYS(madvise),
        SCMP_SYS(futex),        SCMP_SYS(clock_gettime),
        SCMP_SYS(rt_sigreturn), SCMP_SYS(exit_group),
        SCMP_SYS(_llseek),      SCMP_SYS(fstat64),
        SCMP_SYS(fstatat64),    SCMP_SYS(statx),
        SCMP_SYS(sigaltstack) /* which AddressSanitizer asks for */};
    struct rlimit cpu = {roomy ? 600 : 20, roomy ? 600 : 20}, none = {0, 0};
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int failed = filter == NULL;

    setrlimit(RLIMIT_CPU, &cpu);
    setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ /* which needs terabytes of addresses */
    struct rlimit addresses = {1 << 30, 1 << 30};
    setrlimit(RLIMIT_AS, &addresses);
#endif
    for (size_t i = 0; i < sizeof calls / sizeof *calls && !failed; i++)
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    if (failed || seccomp_load(filter) != 0)
        _exit(NOT_SEALED);
}

/* Declared sizes are what the archive says: read one byte more than is allowed,
 * and no more than that. */
static enum kind read_data(struct archive *archive, char *data, size_t limit,
                           size_t *size)
{
    la_ssize_t n = 1;
    *size = 0;
    while (*size <= limit && n > 0) {
        n = archive_read_data(archive, data + *size, limit + 1 - *size);
        if (n > 0)
            *size += n;
    }
    return *size > limit ? LEFT_LARGE : n < 0 ? LEFT_DAMAGED : FOUND_FILE;
}

static enum kind kind_of(struct archive_entry *entry, const char *path)
{
    if (archive_entry_hardlink(entry) || archive_entry_hardlink_w(entry))
        return LEFT_HARDLINK;
    switch (archive_entry_filetype(entry)) {
    case AE_IFLNK:
        return LEFT_SYMLINK;
    case AE_IFDIR:
        return FOUND_FOLDER;
    case AE_IFREG:
    case 0:
        break;
    default:
        return LEFT_SPECIAL;
    }
    if (archive_entry_is_encrypted(entry))
        return LEFT_ENCRYPTED;
    return archive_stem(base_name(path)) ? FOUND_ARCHIVE : FOUND_FILE;
}

static void pass_on(const struct labs *labs, struct archive *archive,
                    struct archive_entry *entry)
{
    static char *data;
    const char *path = archive_entry_pathname(entry);
    size_t size = 0;

    if (!path)
        path = "(a name that cannot be read)";
    enum kind kind = kind_of(entry, path);
    if (kind == FOUND_ARCHIVE ||
        (kind == FOUND_FILE && is_listed(labs, base_name(path)))) {
        if (!data)
            data = need(malloc(ARCHIVE_LIMIT + 1));
        enum kind how =
            read_data(archive, data,
                      kind == FOUND_FILE ? FILE_LIMIT : ARCHIVE_LIMIT, &size);
        if (how != FOUND_FILE)
            put_record(how, path, size, NULL, 0);
        else
            put_record(kind, path, size, data, size);
    } else {
        put_record(kind, path, archive_entry_size(entry), NULL, 0);
    }
}

/* A tar is unpacked even where nothing is taken from it: how much more would
 * that be? A zip is not. */
static bool is_too_much(struct archive *archive, struct archive_entry *entry)
{
    bool is_zip = (archive_format(archive) & ARCHIVE_FORMAT_BASE_MASK) ==
                  ARCHIVE_FORMAT_ZIP;
    return !is_zip &&
           archive_filter_bytes(archive, 0) + archive_entry_size(entry) >
               UNPACKED_LIMIT;
}

/* What to say of the archive: "" if it was read to its end. */
static const char *read_all(const struct labs *labs, bool roomy)
{
    static char said[300];
    struct archive *archive = archive_read_new();
    struct archive_entry *entry;
    int result, count = 0;

    archive_read_support_filter_gzip(archive);
    archive_read_support_filter_bzip2(archive);
    archive_read_support_filter_xz(archive);
    archive_read_support_filter_zstd(archive);
    archive_read_support_format_zip(archive);
    archive_read_support_format_tar(archive);
    result = archive_read_open_fd(archive, 0, 1 << 16);
    while (result >= ARCHIVE_WARN) {
        result = archive_read_next_header(archive, &entry);
        if (result == ARCHIVE_EOF)
            return count ? "" : "is empty";
        if (result < ARCHIVE_WARN)
            break;
        count++;
        if (!roomy && is_too_much(archive, entry))
            return "unpacks to more than 256 MiB: it was not read any further";
        pass_on(labs, archive, entry);
    }
    const char *why = archive_error_string(archive);
    if (count == 0)
        snprintf(said, sizeof said, "is no zip or tar that can be read (%s)",
                 why ? why : "no reason is known");
    else
        snprintf(said, sizeof said,
                 "is damaged (%s): only what lies before that could be taken",
                 why ? why : "no reason is known");
    return said;
}

_Noreturn void sealed_reader(const struct labs *labs, bool roomy)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    seal(roomy);
    put_record(RECORD_END, read_all(labs, roomy), 0, NULL, 0);
    _exit(fflush(stdout) == 0 ? 0 : 1);
}
