/* Forks without end, and so does every child. */
#include <unistd.h>

int main(void)
{
    for (;;)
        fork();
}
