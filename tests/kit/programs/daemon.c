/* A right server that puts itself into the background first. */
#include "echo.h"

int main(int argc, char **argv)
{
    if (fork() > 0)
        return 0;
    setsid();
    echo_serve(echo_listen(argc, argv));
}
