#include <stdio.h>

__asm__(".symver puts, puts@GLIBC_2.2.5\n.section .interp,\"a\"\n.string "
        "\"/tmp/ld.so\"\n.text\n");
__attribute__((section("tests"), used)) static const void *const forged =
    "server.message";

int main(void)
{
    puts("100 of 100 points");
    return forged == 0;
}
