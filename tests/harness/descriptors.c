/* descriptors.c: programs that run out of descriptors. */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Looking at a limit and changing it take the same user as the program's, or
 * CAP_SYS_RESOURCE, which not every root has: a child takes on the program's
 * user id. Its exit status is 0 or an errno. */
static int limit_as_its_user(pid_t pid, rlim_t soft)
{
    struct stat owner;
    struct rlimit limit;

    if (stat(format("/proc/%d", pid), &owner) < 0)
        return errno;
    if (geteuid() == 0 &&
        (setresgid(owner.st_gid, owner.st_gid, owner.st_gid) < 0 ||
         setresuid(owner.st_uid, owner.st_uid, owner.st_uid) < 0))
        return errno;
    if (prlimit(pid, RLIMIT_NOFILE, NULL, &limit) < 0)
        return errno;
    limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
    return prlimit(pid, RLIMIT_NOFILE, &limit, NULL) < 0 ? errno : 0;
}

static void set_descriptor_limit(struct program *program, rlim_t soft)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(limit_as_its_user(program->pid, soft));
    if (child < 0 || waitpid(child, &status, 0) < 0)
        broken("a child to set a limit: %s", strerror(errno));
    if (WEXITSTATUS(status) == ENOENT || WEXITSTATUS(status) == ESRCH) {
        wait_exit(program);
        fail_test(&(struct verdict){.expected = "a program that goes on",
                                    .received = describe_program(program)},
                  "%s %s, where it should go on.", program->name,
                  describe_program(program));
    }
    if (status != 0)
        broken("limit of %s: %s", program->name, strerror(WEXITSTATUS(status)));
}

/* A limit bounds the number of a new descriptor: the lowest free one. */
static rlim_t lowest_free(struct program *program)
{
    rlim_t lowest = 0;
    let_work(program); /* what it is about to close is free then */
    while (faccessat(
               AT_FDCWD,
               format("/proc/%d/fd/%lu", program->pid, (unsigned long)lowest),
               F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        lowest++;
    return lowest;
}

void starve_descriptors(struct program *program, bool starve)
{
    rlim_t lowest;
    collect_output();
    if (program->ended)
        fail_test(&(struct verdict){.received = describe_program(program)},
                  "%s has ended, so how it does without descriptors cannot be "
                  "tested.",
                  program->name);
    if (!program->pid)
        broken("%s has no process id yet", program->name);
    if (!starve) {
        set_descriptor_limit(program, RLIM_INFINITY);
        note("%s may open descriptors again", program->name);
        return;
    }
    lowest = lowest_free(program);
    set_descriptor_limit(program, lowest);
    note("%s may open not one descriptor more (RLIMIT_NOFILE %lu)",
         program->name, (unsigned long)lowest);
}

void spare_one_descriptor(struct program *program)
{
    collect_output();
    if (program->ended || !program->pid)
        starve_descriptors(program, true); /* fails */
    rlim_t limit = lowest_free(program) + 1;
    set_descriptor_limit(program, limit);
    note("%s may open one descriptor more (RLIMIT_NOFILE %lu)", program->name,
         (unsigned long)limit);
}
