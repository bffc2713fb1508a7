/* class_watch.c: nothing is left running, whoever is killed.
 *
 *     make → class, the guard → class, which works → GNU parallel → units → …
 *
 * Both of ours adopt whom their descendants leave behind
 * (PR_SET_CHILD_SUBREAPER in prctl(2)): when GNU parallel or a unit is killed,
 * all that it had started becomes ours to end. When the working one is killed,
 * it becomes the guard's. When the guard is, the working one is told to stop.
 */
#include "class.h"

#include "inside.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

static int signals = -1, asked;
static sigset_t watched;

int signals_fd(void)
{
    return signals;
}

void restore_signals(void)
{
    sigprocmask(SIG_UNBLOCK, &watched, NULL);
}

int stop_asked(void)
{
    struct signalfd_siginfo news;
    while (read(signals, &news, sizeof news) == sizeof news)
        if (news.ssi_signo != SIGCHLD && !asked)
            asked = (int)news.ssi_signo;
    return asked;
}

static void watch_signals(void)
{
    sigemptyset(&watched);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGHUP);
    sigaddset(&watched, SIGCHLD);
    sigprocmask(SIG_BLOCK, &watched, NULL);
    signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0)
        broken("signalfd: %s", strerror(errno));
}

/* ---- Children ---- */

static pid_t parent_of(const char *pid)
{
    char text[512];
    int parent = 0;
    read_proc(format("/proc/%s/stat", pid), text, sizeof text);
    const char *after_name = strrchr(text, ')');
    if (after_name)
        sscanf(after_name, ") %*c %d", &parent);
    return parent;
}

/* Ends whom we are the parent of; how many those were. */
static int end_each_child(pid_t spared)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    int ended = 0;
    while (proc && (entry = readdir(proc))) {
        pid_t pid = atoi(entry->d_name);
        if (pid <= 0 || pid == spared || parent_of(entry->d_name) != getpid())
            continue;
        kill(pid, SIGKILL);
        ended += waitpid(pid, NULL, __WALL) == pid;
    }
    if (proc)
        closedir(proc);
    return ended;
}

/* The children of one that has ended are ours then, so look again. */
void end_children(pid_t spared)
{
    while (end_each_child(spared) > 0)
        ;
}

/* ---- The guard ---- */

static int end_of(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0 && errno == ESRCH)
        raise(SIGTERM); /* it has ended already */
    return fd;
}

static _Noreturn void wait_for_child(pid_t child, pid_t caller)
{
    struct pollfd news[] = {
        {.fd = signals, .events = POLLIN},
        {.fd = caller ? end_of(caller) : -1, .events = POLLIN}};
    int status;
    pid_t ended;
    while ((ended = waitpid(child, &status, WNOHANG)) == 0) {
        poll(news, 2, -1);
        if (news[1].revents) {
            news[1].fd = -1;
            raise(SIGTERM);
        }
        if (stop_asked()) {
            kill(child, asked);
            asked = 0;
        }
    }
    end_children(0);
    if (ended < 0 || WIFSIGNALED(status))
        fputs("\nThe grading was killed. What is graded is kept; the same "
              "command goes on from here.\n",
              stderr);
    exit(ended > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 137);
}

void guard(pid_t caller)
{
    pid_t guard = getpid();
    watch_signals();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    pid_t child = fork();
    if (child < 0)
        broken("fork: %s", strerror(errno));
    if (child > 0)
        wait_for_child(child, caller);
    close(signals);
    watch_signals();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != guard)
        raise(SIGTERM);
}
