/* launch_processes.c in another style: signals are a signalfd, children are
 * pidfds, and all of it is one poll. The folder is a descriptor, too. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

enum { LED, BUTTON, SIGNALS, ALL };

static const char *const names[] = {"led_process", "button_process"};
static struct pollfd watched[ALL];

static void complain(const char *what)
{
    fprintf(stderr, "launch_processes: %s: %s\n", what, strerror(errno));
}

static int own_folder(void)
{
    char self[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (size == -1)
        return -1;
    self[size] = '\0';
    return open(dirname(self), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* It appears whole: under another name first. */
static int write_number(int folder)
{
    int fd = openat(folder, "launch_processes.pid.new",
                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd == -1)
        return -1;
    int size = dprintf(fd, "%d\n", (int)getpid());
    if (close(fd) == -1 || size < 0)
        return -1;
    return renameat(folder, "launch_processes.pid.new", folder,
                    "launch_processes.pid");
}

static int launch(int folder, const char *name, const sigset_t *before)
{
    pid_t pid = fork();
    if (pid == -1)
        return -1;
    if (pid == 0) {
        char *arguments[] = {(char *)name, NULL};
        sigprocmask(SIG_SETMASK, before, NULL);
        execveat(folder, name, arguments, environ, 0);
        complain(name);
        _exit(1);
    }
    return pidfd_open(pid, 0);
}

static int tell(int number)
{
    for (int i = LED; i <= BUTTON; i++)
        if (watched[i].fd != -1)
            pidfd_send_signal(watched[i].fd, number, NULL, 0);
    return 1;
}

static void reap(struct pollfd *child)
{
    siginfo_t how;
    while (waitid(P_PIDFD, (id_t)child->fd, &how, WEXITED) == -1 &&
           errno == EINTR)
        continue;
    close(child->fd);
    child->fd = -1;
}

int main(int argc, char *argv[])
{
    sigset_t stop, before;
    int asked = 0, status = 0;
    (void)argv;
    if (argc > 1) {
        fprintf(stderr, "usage: launch_processes\n");
        return 2;
    }
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, &before);
    int folder = own_folder();
    int signals = signalfd(-1, &stop, SFD_CLOEXEC);
    if (folder == -1 || signals == -1 || write_number(folder) == -1) {
        complain("launch_processes.pid");
        return 1;
    }
    watched[SIGNALS] = (struct pollfd){.fd = signals, .events = POLLIN};
    for (int i = LED; i <= BUTTON; i++)
        watched[i] = (struct pollfd){.fd = launch(folder, names[i], &before),
                                     .events = POLLIN};

    for (int i = LED; i <= BUTTON; i++)
        if (watched[i].fd == -1) {
            complain("fork");
            status = 1;
            asked = tell(SIGTERM);
        }
    while (watched[LED].fd != -1 || watched[BUTTON].fd != -1) {
        if (poll(watched, ALL, -1) == -1)
            continue;
        if (watched[SIGNALS].revents) {
            struct signalfd_siginfo signal;
            if (read(signals, &signal, sizeof signal) == sizeof signal)
                asked = tell((int)signal.ssi_signo);
        }
        for (int i = LED; i <= BUTTON; i++)
            if (watched[i].revents) {
                reap(&watched[i]);
                if (!asked) {
                    status = 1;
                    asked = tell(SIGTERM);
                }
            }
    }
    return status;
}
