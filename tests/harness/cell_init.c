/* cell_init.c: process 1 of a cell.
 *
 *     cell_init UID PROCESSES MEMORY_MIB CPU_S PROGRAM [ARGUMENT…]
 *
 * It sets the limits, gives up every privilege, runs PROGRAM in a session of
 * its own, reaps whatever the program leaves behind, and reports on descriptor
 * 3. When the harness closes that socket it ends, and with process 1 the kernel
 * ends all that runs in the cell (pid_namespaces(7)). Where there are no
 * namespaces it finds its descendants and kills them itself.
 */
#include "cell_filter.h"
#include "inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { CONTROL = 3 };

static void report(int kind, int value)
{
    struct cell_message message = {.kind = kind, .value = value};
    if (send(CONTROL, &message, sizeof message, MSG_NOSIGNAL) < 0)
        _exit(126);
}

/* Never above what we may have ourselves. */
static void limit(int resource, rlim_t soft, rlim_t hard)
{
    struct rlimit now, next = {soft, hard};
    if (getrlimit(resource, &now) == 0 && now.rlim_max < next.rlim_max)
        next.rlim_max = now.rlim_max;
    if (next.rlim_cur > next.rlim_max)
        next.rlim_cur = next.rlim_max;
    if (setrlimit(resource, &next) < 0) {
        report(CELL_NOT_STARTED, errno);
        _exit(127);
    }
}

static void give_up_privileges(uid_t uid)
{
    if (uid && (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 ||
                setresuid(uid, uid, uid) < 0)) {
        report(CELL_NOT_STARTED, errno);
        _exit(127);
    }
    int failed = filter_system_calls();
    if (failed) {
        report(CELL_NOT_STARTED, -failed);
        _exit(127);
    }
}

static void run_program(char **argv)
{
    sigset_t none;
    for (int signal_number = 1; signal_number < NSIG; signal_number++)
        signal(signal_number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();

    rlim_t mebibyte = 1 << 20;
    rlim_t processes = strtoul(argv[1], NULL, 10);
    rlim_t memory = strtoul(argv[2], NULL, 10) * mebibyte;
    rlim_t cpu = strtoul(argv[3], NULL, 10);
    limit(RLIMIT_NPROC, processes, processes);
    if (memory)
        limit(RLIMIT_AS, memory, memory);
    limit(RLIMIT_CPU, cpu, cpu + 1); /* SIGXCPU first, then SIGKILL */
    limit(RLIMIT_FSIZE, 16 * mebibyte, 16 * mebibyte);
    limit(RLIMIT_CORE, 0, 0);
    limit(RLIMIT_NOFILE, 1024, 1024);
    give_up_privileges(strtoul(argv[0], NULL, 10));

    const char *preload = getenv("CELL_PRELOAD");
    if (preload)
        setenv("LD_PRELOAD", preload, 1);
    unsetenv("CELL_PRELOAD");
    /* ThreadSanitizer knows where things lie, and ends a program if they are
       elsewhere. Where this is refused, they may still be right. */
    if (getenv("CELL_FIXED_ADDRESSES"))
        personality(ADDR_NO_RANDOMIZE);
    unsetenv("CELL_FIXED_ADDRESSES");
    report(CELL_STARTED, 0);
    execv(argv[4], argv + 4);
    report(CELL_NOT_EXECUTED, errno);
    _exit(127);
}

/* Parent of a process, by /proc/PID/stat (proc(5)): "pid (name) state ppid". */
static pid_t parent_of(pid_t pid)
{
    char path[40], line[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return -1;
    line[n] = '\0';
    char *name_end = strrchr(line, ')');
    return name_end ? (pid_t)strtol(name_end + 3, NULL, 10) : -1;
}

/* Killed children leave their own children to us, the subreaper: so, again
 * until there are none. */
static void kill_descendants(void)
{
    do {
        DIR *proc = opendir("/proc");
        struct dirent *entry;
        while (proc && (entry = readdir(proc))) {
            pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
            if (pid > 0 && parent_of(pid) == getpid())
                kill(pid, SIGKILL);
        }
        if (proc)
            closedir(proc);
    } while (waitpid(-1, NULL, 0) > 0);
}

static void reap(pid_t program)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        if (pid == program)
            report(CELL_ENDED, status);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "probe") == 0)
        return 0;
    if (argc < 6) {
        fputs("cell_init is started by the harness alone\n", stderr);
        return 2;
    }
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    fcntl(CONTROL, F_SETFD, FD_CLOEXEC);
    int ended = signalfd(-1, &child, SFD_CLOEXEC);
    if (ended < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return 126;
    /* Nobody looks into us, but who records what we start. */
    if (!getenv("CELL_RECORDED") && prctl(PR_SET_DUMPABLE, 0) < 0)
        return 126;
    unsetenv("CELL_RECORDED");
    report(CELL_HELLO, 0);

    pid_t program = fork();
    if (program == 0)
        run_program(argv + 1);
    if (program < 0)
        report(CELL_NOT_STARTED, errno);
    /* The streams are the program's alone: their end is its end. */
    for (int fd = 0; fd < CONTROL; fd++)
        close(fd);

    struct pollfd watched[] = {{.fd = CONTROL, .events = POLLIN},
                               {.fd = ended, .events = POLLIN}};
    while (poll(watched, 2, -1) > 0 || errno == EINTR) {
        if (watched[1].revents) {
            struct signalfd_siginfo info;
            if (read(ended, &info, sizeof info) > 0)
                reap(program);
        }
        if (watched[0].revents)
            break;
    }
    if (getpid() != 1)
        kill_descendants();
    return 0;
}
