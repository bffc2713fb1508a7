#include <fcntl.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <unistd.h>

int main(void)
{
    for (int pid = 1; pid < 20; pid++) {
        char path[40];
        if (pid == getpid())
            continue;
        snprintf(path, sizeof path, "/proc/%d/mem", pid);
        if (ptrace(PTRACE_ATTACH, pid, 0, 0) == 0 || open(path, O_RDWR) >= 0)
            printf("FOUND a process to write to: %d\n", pid);
    }
    return 0;
}
