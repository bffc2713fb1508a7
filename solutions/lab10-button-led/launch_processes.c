/*
 * launch_processes.c - runs led_process and button_process together
 *
 * Shows a parent's whole duty: start its children, pass on what it is told, see
 * how each ends, and leave nobody behind. All signals are blocked and taken one
 * by one with sigwaitinfo(2), so no handler can come at a bad moment.
 *
 *     build/solutions/lab10-button-led/launch_processes
 *     build/solutions/lab10-button-led/kill_process.sh
 */
#include <err.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 2 };

static const char *const names[CHILDREN] = {"led_process", "button_process"};
static pid_t children[CHILDREN]; /* 0: not started, or reaped */

/* Our own folder: wherever we were called from. */
static const char *find_folder(void)
{
    static char path[PATH_MAX];

    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length == -1)
        err(1, "/proc/self/exe");
    path[length] = '\0';
    return dirname(path);
}

static void write_pid_file(const char *folder)
{
    char path[PATH_MAX + 32];

    snprintf(path, sizeof path, "%s/launch_processes.pid", folder);
    FILE *file = fopen(path, "w");
    if (file == NULL || fprintf(file, "%d\n", (int)getpid()) < 0 ||
        fclose(file) == EOF)
        err(1, "%s", path);
}

/* ---- The children ---- */

/* A blocked signal stays blocked over exec(2), for a program that knows nothing
   of it. One that has come meanwhile takes effect here. */
static _Noreturn void become(const char *folder, const char *name,
                             const sigset_t *unblocked)
{
    char path[PATH_MAX + 32];

    sigprocmask(SIG_SETMASK, unblocked, NULL);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    execl(path, path, (char *)NULL);
    warn("%s", path);
    _exit(1);
}

static bool start_children(const char *folder, const sigset_t *unblocked)
{
    for (int i = 0; i < CHILDREN; i++) {
        pid_t child = fork();
        if (child == 0)
            become(folder, names[i], unblocked);
        if (child == -1) {
            warn("fork");
            return false;
        }
        children[i] = child;
    }
    return true;
}

static void signal_children(int number)
{
    for (int i = 0; i < CHILDREN; i++)
        if (children[i] != 0)
            kill(children[i], number);
}

static bool any_left(void)
{
    return children[0] != 0 || children[1] != 0;
}

/* Signals do not queue: one SIGCHLD may stand for both. Returns how many have
   ended. */
static int reap(void)
{
    int ended = 0;
    pid_t child;

    while ((child = waitpid(-1, NULL, WNOHANG)) > 0)
        for (int i = 0; i < CHILDREN; i++)
            if (children[i] == child) {
                children[i] = 0;
                ended++;
            }
    return ended;
}

/* ---- The parent ---- */

static void block_signals(sigset_t *ours, sigset_t *unblocked)
{
    sigemptyset(ours);
    sigaddset(ours, SIGINT);
    sigaddset(ours, SIGTERM);
    sigaddset(ours, SIGCHLD);
    /* Ignored, as some parents leave it, there would be nothing to reap. */
    signal(SIGCHLD, SIG_DFL);
    if (sigprocmask(SIG_BLOCK, ours, unblocked) == -1)
        err(1, "sigprocmask");
}

/* Returns when both have ended: was that because we were told so? */
static bool run(const sigset_t *ours)
{
    bool told = false, failed = false;

    while (any_left()) {
        int number = sigwaitinfo(ours, NULL);
        if (number == SIGINT || number == SIGTERM) {
            told = true;
            signal_children(number);
        } else if (number == SIGCHLD && reap() > 0 && !told && !failed) {
            failed = true;
            signal_children(SIGTERM); /* one alone is of no use */
        }
    }
    return !failed;
}

int main(int argc, char **argv)
{
    sigset_t ours, unblocked;

    (void)argv;
    if (argc > 1) {
        fprintf(stderr, "usage: launch_processes\n");
        return 2;
    }
    const char *folder = find_folder();
    block_signals(&ours, &unblocked);
    write_pid_file(folder);
    bool started = start_children(folder, &unblocked);
    if (!started)
        signal_children(SIGTERM);
    return run(&ours) && started ? 0 : 1;
}
