#include <unistd.h>

void exit(int status)
{
    (void)status;
    _exit(0);
}

void abort(void)
{
    _exit(0);
}

int puts(const char *text)
{
    return text == 0;
}

int main(void)
{
    return 3;
}
