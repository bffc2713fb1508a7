/* Kills all that it may kill, its own cell first. */
#include <signal.h>
#include <unistd.h>

int main(void)
{
    for (pid_t pid = 1; pid < 100; pid++)
        kill(pid, SIGKILL);
    kill(-1, SIGKILL);
}
