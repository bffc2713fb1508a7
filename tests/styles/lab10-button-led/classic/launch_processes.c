/* launch_processes.c in another style: handlers that set flags, and sigsuspend
 * to wait for them. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t asked, child_ended;

static void handler(int sig)
{
    if (sig == SIGCHLD)
        child_ended = 1;
    else
        asked = sig;
}

static pid_t launch(const char *folder, const char *name, const sigset_t *mask)
{
    char path[4200];
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    execl(path, name, (char *)NULL);
    fprintf(stderr, "launch_processes: %s: %s\n", name, strerror(errno));
    _exit(127);
}

static int write_pid_file(const char *folder)
{
    char file[4200];
    snprintf(file, sizeof file, "%s/launch_processes.pid", folder);
    FILE *f = fopen(file, "w");
    if (!f) {
        fprintf(stderr, "launch_processes: %s: %s\n", file, strerror(errno));
        return -1;
    }
    fprintf(f, "%ld", (long)getpid());
    fclose(f);
    return 0;
}

int main(int argc, char **argv)
{
    char folder[4096];
    sigset_t block, old;
    struct sigaction sa = {.sa_handler = handler};
    pid_t pids[2];
    int left = 0, failed = 0, status;

    (void)argv;
    if (argc != 1) {
        fprintf(stderr, "usage: launch_processes\n");
        return 2;
    }
    ssize_t n = readlink("/proc/self/exe", folder, sizeof folder - 1);
    if (n < 0)
        return 1;
    folder[n] = '\0';
    *strrchr(folder, '/') = '\0';
    sigemptyset(&block);
    sigaddset(&block, SIGINT);
    sigaddset(&block, SIGTERM);
    sigaddset(&block, SIGCHLD);
    sigprocmask(SIG_BLOCK, &block, &old);
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGCHLD, &sa, NULL);

    pids[0] = launch(folder, "led_process", &old);
    pids[1] = launch(folder, "button_process", &old);
    left = (pids[0] > 0) + (pids[1] > 0);
    failed = left < 2 || write_pid_file(folder) < 0;
    int kill_with = failed ? SIGTERM : 0, told = 0;
    while (left > 0) {
        pid_t pid;
        for (int i = 0; i < 2 && kill_with; i++)
            if (pids[i] > 0)
                kill(pids[i], kill_with);
        kill_with = 0;
        sigsuspend(&old);
        if (asked) {
            kill_with = asked;
            told = 1;
            asked = 0;
        }
        if (!child_ended)
            continue;
        child_ended = 0;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
            left--;
            for (int i = 0; i < 2; i++)
                if (pids[i] == pid)
                    pids[i] = 0;
            if (!told) {
                failed = 1;
                kill_with = SIGTERM;
            }
        }
    }
    return failed;
}
