/* Listens, and then goes round a loop instead of accepting. */
#include "echo.h"

int main(int argc, char **argv)
{
    echo_listen(argc, argv);
    for (;;)
        ;
}
