/* A right server that writes a sanitizer's report of its own, which would clear
 * a terminal. */
#include "echo.h"

int main(int argc, char **argv)
{
    fputs("==1==ERROR: AddressSanitizer: stack-overflow on address 0x1\n"
          "    #0 0x1 in \033[2Jmain /lab02-uppercase-echo/\033[Hserver.c:1\n",
          stderr);
    echo_serve(echo_listen(argc, argv));
}
