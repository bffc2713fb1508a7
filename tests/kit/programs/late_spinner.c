/* Listens, and then goes round a loop instead of accepting. */
#include "echo.h"

int main(int argc, char **argv)
{
    int listener = echo_listen(argc, argv);
    while (listener >= 0)
        ;
    echo_serve(listener);
}
