#include <stdio.h>

int main(void)
{
    puts("=HYPERLINK(\"http://127.0.0.1/\",\"100\")\n+cmd|' /C "
         "calc'!A0\n@SUM(1)\n\",100,100\n");
    return 0;
}
