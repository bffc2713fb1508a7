/* Starts a hundred processes that all go round a loop. */
#include <unistd.h>

int main(void)
{
    for (int i = 0; i < 100; i++)
        if (fork() == 0)
            break;
    for (;;)
        ;
}
