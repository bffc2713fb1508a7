/* A right server, but it closes its stdout and says nothing. */
#include "echo.h"

int main(int argc, char **argv)
{
    fclose(stdout);
    echo_serve(echo_listen(argc, argv));
}
