/* A right server that ignores every signal that can be ignored. */
#include "echo.h"

int main(int argc, char **argv)
{
    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_IGN);
    echo_serve(echo_listen(argc, argv));
}
