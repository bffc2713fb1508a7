#define _GNU_SOURCE
#include <stdio.h>
#include <sys/resource.h>

int main(void)
{
    struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY}, zero = {0, 0};
    static const enum __rlimit_resource all[] = {RLIMIT_NPROC, RLIMIT_FSIZE,
                                                 RLIMIT_CPU, RLIMIT_NOFILE};
    for (int i = 0; i < 4; i++)
        if (setrlimit(all[i], &none) == 0)
            puts("FOUND a limit that can be lifted");
    for (int pid = 1; pid < 100; pid++)
        if (pid != 2 && prlimit(pid, RLIMIT_CPU, &zero, NULL) == 0)
            puts("FOUND a limit of another process");
    return 0;
}
