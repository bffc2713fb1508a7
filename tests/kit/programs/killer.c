/* Kills all that it may kill. Outside a cell, where that would be much, it
 * does nothing. */
#include <signal.h>
#include <unistd.h>

int main(void)
{
    if (getpid() != 2 || getppid() != 1)
        return 1;
    for (pid_t pid = 1; pid < 100; pid++)
        kill(pid, SIGKILL);
    kill(-1, SIGKILL);
}
