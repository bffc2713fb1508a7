#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>

int main(void)
{
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) == 0)
        puts("FOUND a way to be root");
    return 0;
}
