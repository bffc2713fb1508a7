/* net_time.c: deadlines: one clock, and one way to wait for it. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>

#include "net.h"

int64_t net_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int net_wait(int fd, short events, int64_t deadline_ms)
{
    struct pollfd wanted = {.fd = fd, .events = events};

    for (;;) {
        int64_t left = deadline_ms - net_now_ms();
        if (left <= 0)
            return 0;
        int ready = poll(&wanted, 1, left < INT_MAX ? (int)left : INT_MAX);
        if (ready == 1 || (ready == -1 && errno != EINTR))
            return ready;
    }
}
