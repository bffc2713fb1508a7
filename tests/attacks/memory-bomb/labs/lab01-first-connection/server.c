#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
    for (;;) {
        char *more = malloc(1 << 20);
        if (!more)
            pause();
        memset(more, 1, 1 << 20);
    }
}
