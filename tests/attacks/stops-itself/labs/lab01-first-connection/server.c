#include <signal.h>

int main(void)
{
    kill(0, SIGSTOP);
    return 0;
}
