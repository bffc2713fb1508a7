/* Prints a line a hundred times a second, for ever. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    setlinebuf(stdout);
    for (;;) {
        puts("still trying");
        usleep(10000);
    }
}
