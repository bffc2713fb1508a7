/* Never listens, and wakes up a hundred times a second to do nothing. */
#include <unistd.h>

int main(void)
{
    for (;;)
        usleep(10000);
}
