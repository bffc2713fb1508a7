#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
    for (int i = 0; i < 40; i++)
        if (fork() == 0) {
            memset(malloc(100 << 20), 1, 100 << 20);
            pause();
        }
    pause();
}
