/* Has a warning first, and then an error. */
#include <stdio.h>

static int unused;

int main(void)
{
    puts("hello") prinft;
}
