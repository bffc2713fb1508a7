#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static char stack[65536];

static int child(void *arg)
{
    puts("FOUND a way to be root");
    return arg != NULL;
}

int main(void)
{
    clone(child, stack + sizeof stack, CLONE_NEWUSER | CLONE_NEWPID | SIGCHLD,
          NULL);
    return 0;
}
