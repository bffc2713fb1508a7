/* cell_filter.c: the system calls that no program of a lab needs (seccomp(2)).
 *
 * The namespaces of a cell do not cover all that a program can reach, and its
 * limits do not cover all memory that the kernel holds for it. What is left is
 * closed here. A call with which nothing but harm is done ends the program by
 * SIGSYS, so that the report says so; one that a library may try is answered as
 * by a kernel that does not have it.
 */
#include "cell_filter.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/socket.h>

/* Other namespaces, other people's keys, the kernel's own machinery. io_uring
 * makes system calls that no filter sees. */
static const int harmful[] = {SCMP_SYS(unshare),
                              SCMP_SYS(setns),
                              SCMP_SYS(mount),
                              SCMP_SYS(umount2),
                              SCMP_SYS(pivot_root),
                              SCMP_SYS(fsopen),
                              SCMP_SYS(fsmount),
                              SCMP_SYS(open_tree),
                              SCMP_SYS(move_mount),
                              SCMP_SYS(mount_setattr),
                              SCMP_SYS(name_to_handle_at),
                              SCMP_SYS(open_by_handle_at),
                              SCMP_SYS(fanotify_init),
                              SCMP_SYS(keyctl),
                              SCMP_SYS(add_key),
                              SCMP_SYS(request_key),
                              SCMP_SYS(bpf),
                              SCMP_SYS(perf_event_open),
                              SCMP_SYS(userfaultfd),
                              SCMP_SYS(io_uring_setup),
                              SCMP_SYS(init_module),
                              SCMP_SYS(finit_module),
                              SCMP_SYS(kexec_load),
                              SCMP_SYS(reboot),
                              SCMP_SYS(swapon),
                              SCMP_SYS(syslog)};

/* Memory that belongs to no process, so that no limit of a process holds it.
 * And clone3, whose flags lie where no filter can look: the C library then
 * calls clone. */
static const int missing[] = {
    SCMP_SYS(clone3),  SCMP_SYS(memfd_create), SCMP_SYS(memfd_secret),
    SCMP_SYS(shmget),  SCMP_SYS(msgget),       SCMP_SYS(semget),
    SCMP_SYS(mq_open),
};

static int refuse_calls(scmp_filter_ctx filter)
{
    int failed = 0;
    for (size_t i = 0; i < sizeof harmful / sizeof *harmful && !failed; i++)
        failed = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, harmful[i], 0);
    for (size_t i = 0; i < sizeof missing / sizeof *missing && !failed; i++)
        failed =
            seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), missing[i], 0);
    return failed;
}

/* A process, or a thread, in the namespaces that it has. */
static int refuse_namespaces(scmp_filter_ctx filter)
{
    static const unsigned flags[] = {CLONE_NEWNS,    CLONE_NEWUTS, CLONE_NEWIPC,
                                     CLONE_NEWUSER,  CLONE_NEWPID, CLONE_NEWNET,
                                     CLONE_NEWCGROUP};
    int failed = 0;
    for (size_t i = 0; i < sizeof flags / sizeof *flags && !failed; i++)
        failed =
            seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), 1,
                             SCMP_A0(SCMP_CMP_MASKED_EQ, flags[i], flags[i]));
    return failed;
}

/* The network namespace does not cover every family: AF_VSOCK, for one, leaves
 * it. Only the families of the labs may be used, and of netlink the routes,
 * which getaddrinfo asks for. */
static int refuse_sockets(scmp_filter_ctx filter)
{
    int failed = 0;
    for (int family = 0; family <= AF_NETLINK && !failed; family++)
        if (family != AF_UNIX && family != AF_INET && family != AF_INET6 &&
            family != AF_NETLINK)
            failed = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS,
                                      SCMP_SYS(socket), 1,
                                      SCMP_A0(SCMP_CMP_EQ, (unsigned)family));
    if (!failed)
        failed =
            seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(socket), 1,
                             SCMP_A0(SCMP_CMP_GT, AF_NETLINK));
    if (!failed)
        failed = seccomp_rule_add(
            filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(socket), 2,
            SCMP_A0(SCMP_CMP_EQ, AF_NETLINK), SCMP_A2(SCMP_CMP_NE, 0));
    return failed;
}

/* A program may lower its own limits; process 1 of its cell may be one of the
 * same user. */
static int refuse_limits_of_others(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prlimit64),
                            1, SCMP_A0(SCMP_CMP_NE, 0));
}

int filter_system_calls(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int failed = filter ? refuse_calls(filter) : -ENOMEM;
    if (!failed)
        failed = refuse_namespaces(filter);
    if (!failed)
        failed = refuse_sockets(filter);
    if (!failed)
        failed = refuse_limits_of_others(filter);
    return failed ? failed : seccomp_load(filter);
}
