#define _GNU_SOURCE
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static char parameters[4096];

int main(void)
{
    if (syscall(SYS_io_uring_setup, 8, parameters) >= 0)
        puts("FOUND a ring");
    return 0;
}
