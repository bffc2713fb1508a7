#include <pthread.h>
#include <unistd.h>

static void *wait_here(void *arg)
{
    pause();
    return arg;
}

int main(void)
{
    pthread_attr_t small;
    pthread_t thread;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 16384);
    for (;;)
        pthread_create(&thread, &small, wait_here, NULL);
}
