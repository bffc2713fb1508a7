#include <signal.h>
#include <unistd.h>

int main(void)
{
    kill(getppid(), SIGKILL);
    kill(1, SIGKILL);
    kill(1, SIGSEGV);
    kill(1, SIGSTOP);
    for (int pid = 3; pid < 33000; pid++)
        kill(pid, SIGKILL);
    kill(-1, SIGKILL);
    kill(0, SIGKILL);
    return 0;
}
