/* launch_processes.c in another style: posix_spawn, and a thread for each child
 * that waits for its end. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const names[] = {"led_process", "button_process"};
static pid_t pids[2];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool told, failed;

static void signal_all(int number)
{
    for (int i = 0; i < 2; i++)
        if (pids[i] > 0)
            kill(pids[i], number);
}

static void *watch(void *arg)
{
    int i = arg == pids ? 0 : 1;
    siginfo_t info;
    /* It stays a zombie until nobody signals it any more. */
    while (waitid(P_PID, pids[i], &info, WEXITED | WNOWAIT) == -1 &&
           errno == EINTR)
        ;
    pthread_mutex_lock(&lock);
    while (waitpid(pids[i], NULL, 0) == -1 && errno == EINTR)
        ;
    pids[i] = 0;
    if (!told) {
        told = failed = true;
        signal_all(SIGTERM);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void *pass_on(void *set)
{
    int number;
    for (;;)
        if (sigwait(set, &number) == 0) {
            pthread_mutex_lock(&lock);
            told = true;
            signal_all(number);
            pthread_mutex_unlock(&lock);
        }
    return NULL;
}

static bool write_pid(const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        fprintf(stderr, "launch_processes: %s: %s\n", path, strerror(errno));
        return false;
    }
    fprintf(file, "%d\n", getpid());
    fclose(file);
    return true;
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        fprintf(stderr, "usage: %s\n", argv[0]);
        return 2;
    }

    static sigset_t both, none;
    char path[4096], *end;
    posix_spawnattr_t attributes;
    pthread_t threads[2], signals;
    int error = 0;

    sigemptyset(&none);
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    sigprocmask(SIG_BLOCK, &both, NULL);
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 40);
    if (n == -1)
        return 1;
    path[n] = '\0';
    end = strrchr(path, '/') + 1;
    strcpy(end, "launch_processes.pid");
    if (!write_pid(path))
        return 1;

    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &both);
    for (int i = 0; i < 2 && error == 0; i++) {
        char *argv[] = {path, NULL};
        strcpy(end, names[i]);
        error = posix_spawn(&pids[i], path, NULL, &attributes, argv,
                            (char *[]){NULL});
        if (error) {
            pids[i] = 0;
            fprintf(stderr, "launch_processes: %s: %s\n", path,
                    strerror(error));
        }
    }
    if (error) {
        signal_all(SIGTERM);
        while (wait(NULL) > 0)
            ;
        return 1;
    }
    pthread_create(&signals, NULL, pass_on, &both);
    pthread_create(&threads[0], NULL, watch, pids);
    pthread_create(&threads[1], NULL, watch, pids + 1);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    return failed;
}
