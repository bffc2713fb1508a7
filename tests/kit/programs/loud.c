/* A right server that writes of errors where there are none. */
#include "echo.h"

int main(int argc, char **argv)
{
    fputs("ERROR: none so far\nSUMMARY: nothing to report\n"
          "runtime error: none either\n",
          stderr);
    echo_serve(echo_listen(argc, argv));
}
