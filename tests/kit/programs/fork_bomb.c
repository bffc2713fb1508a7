/* Forks without end, and so does every child; not outside a cell. */
#include <unistd.h>

int main(void)
{
    if (getpid() != 2 || getppid() != 1)
        return 1;
    for (;;)
        fork();
}
