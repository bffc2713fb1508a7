/* launch_processes.c in another style: the self-pipe. A handler writes the
 * signal's number into a pipe, and main reads one number after the other. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int pipe_ends[2];
static char folder[8192];
static struct child {
    const char *name;
    pid_t pid;
} children[2] = {{"led_process", 0}, {"button_process", 0}};
#define EACH_CHILD(c) (struct child *c = children; c < children + 2; c++)

static void into_pipe(int number)
{
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    (void)!write(pipe_ends[1], &byte, 1);
    errno = saved;
}

static int out_of_pipe(void)
{
    unsigned char byte;
    while (read(pipe_ends[0], &byte, 1) != 1)
        ;
    return byte;
}

static int error(const char *subject)
{
    return fprintf(stderr, "launch_processes: %s: %s\n", subject,
                   strerror(errno)),
           1;
}

static int go_home(void)
{
    ssize_t n = readlink("/proc/self/exe", folder, sizeof folder - 64);
    if (n <= 0)
        return -1;
    folder[n] = 0;
    *strrchr(folder, '/') = 0;
    return 0;
}

static char *in_folder(const char *name)
{
    static char path[9000];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int leave_number(void)
{
    FILE *file = fopen(in_folder("launch_processes.pid"), "we");
    if (!file)
        return -1;
    fprintf(file, "%ld\n", (long)getpid());
    return fclose(file);
}

static void handle(void (*how)(int))
{
    struct sigaction act;
    memset(&act, 0, sizeof act);
    act.sa_handler = how;
    act.sa_flags = SA_RESTART;
    sigfillset(&act.sa_mask);
    sigaction(SIGINT, &act, 0);
    sigaction(SIGTERM, &act, 0);
    sigaction(SIGCHLD, &act, 0);
}

static void start(struct child *child)
{
    sigset_t all, old;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    child->pid = fork();
    if (child->pid == 0) {
        handle(SIG_DFL);
        sigprocmask(SIG_SETMASK, &old, 0);
        execl(in_folder(child->name), child->name, (char *)0);
        _exit(error(child->name));
    }
    sigprocmask(SIG_SETMASK, &old, 0);
}

static void pass_on(int number)
{
    for EACH_CHILD (c)
        if (c->pid > 0)
            kill(c->pid, number);
}

/* How many have ended now. */
static int reap(void)
{
    int ended = 0;
    for EACH_CHILD (c)
        if (c->pid > 0 && waitpid(c->pid, 0, WNOHANG) == c->pid) {
            c->pid = 0;
            ended++;
        }
    return ended;
}

int main(int argc, char **argv)
{
    int left = 2, told = 0, status = 0;
    if (argc != 1)
        return fprintf(stderr, "usage: %s\n", argv[0]), 2;
    if (pipe2(pipe_ends, O_CLOEXEC))
        return error("pipe");
    fcntl(pipe_ends[1], F_SETFL, O_NONBLOCK);
    if (go_home() || leave_number())
        return error("launch_processes.pid");
    handle(into_pipe);
    for EACH_CHILD (c) {
        start(c);
        if (c->pid < 0) {
            error(c->name);
            left--;
            status = told = 1;
        }
    }
    if (told)
        pass_on(SIGTERM);
    while (left > 0) {
        int number = out_of_pipe();
        if (number != SIGCHLD) {
            told = 1;
            pass_on(number);
            continue;
        }
        int ended = reap();
        left -= ended;
        if (ended && !told) {
            told = status = 1;
            pass_on(SIGTERM);
        }
    }
    return status;
}
