/* faults_c11.c: a part of faults.so. The threads of C11 are POSIX threads here
 * too. The C library makes them without calling pthread_create, so neither
 * "late-thread" nor ThreadSanitizer would see them, nor their locks. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

struct c11_start {
    thrd_start_t run;
    void *argument;
};

static void *run_c11(void *argument)
{
    struct c11_start start = *(struct c11_start *)argument;
    free(argument);
    return (void *)(intptr_t)start.run(start.argument);
}

int thrd_create(thrd_t *thread, thrd_start_t run, void *argument)
{
    struct c11_start *start = malloc(sizeof *start);
    if (!start)
        return thrd_nomem;
    *start = (struct c11_start){run, argument};
    int error = pthread_create(thread, NULL, run_c11, start);
    if (error)
        free(start);
    return error == 0 ? thrd_success : thrd_error;
}

int thrd_join(thrd_t thread, int *result)
{
    void *value;
    if (pthread_join(thread, &value) != 0)
        return thrd_error;
    if (result)
        *result = (intptr_t)value;
    return thrd_success;
}

int thrd_detach(thrd_t thread)
{
    return pthread_detach(thread) == 0 ? thrd_success : thrd_error;
}

_Noreturn void thrd_exit(int result)
{
    pthread_exit((void *)(intptr_t)result);
}

int mtx_lock(mtx_t *lock)
{
    return pthread_mutex_lock((pthread_mutex_t *)lock) ? thrd_error
                                                       : thrd_success;
}

int mtx_trylock(mtx_t *lock)
{
    int error = pthread_mutex_trylock((pthread_mutex_t *)lock);
    return error == 0 ? thrd_success : error == EBUSY ? thrd_busy : thrd_error;
}

int mtx_unlock(mtx_t *lock)
{
    return pthread_mutex_unlock((pthread_mutex_t *)lock) ? thrd_error
                                                         : thrd_success;
}

int cnd_wait(cnd_t *changed, mtx_t *lock)
{
    return pthread_cond_wait((pthread_cond_t *)changed, (pthread_mutex_t *)lock)
               ? thrd_error
               : thrd_success;
}

int cnd_signal(cnd_t *changed)
{
    return pthread_cond_signal((pthread_cond_t *)changed) ? thrd_error
                                                          : thrd_success;
}

int cnd_broadcast(cnd_t *changed)
{
    return pthread_cond_broadcast((pthread_cond_t *)changed) ? thrd_error
                                                             : thrd_success;
}
