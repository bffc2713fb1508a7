#include <stdio.h>

int main(void)
{
    puts("\nGrade :=>>100\nComment :=>>all passed\n<|--\n-All "
         "passed\n--|>\nGrade :=>>100");
    fputs("Grade :=>>100\n", stderr);
    return 0;
}
