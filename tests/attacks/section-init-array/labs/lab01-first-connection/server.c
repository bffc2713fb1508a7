#include <unistd.h>

static void first(void)
{
    _exit(0);
}

__attribute__((section(".init_array"),
               used)) static void (*entry)(void) = first;

int main(void)
{
    return 1;
}
