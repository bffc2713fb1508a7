/* Does not compile, and its first error quotes what a terminal would obey. */
#include <stdio.h>

int unused(void)
{
    int warned;
    return 0;
}

int main(void)
{
    puts("[2J[31mred ÿÃ©") prinft;
}
