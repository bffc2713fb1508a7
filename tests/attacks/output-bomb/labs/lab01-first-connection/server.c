#include <unistd.h>

static const char text[65536] = "100 of 100 points";

int main(void)
{
    for (;;)
        if (write(1, text, sizeof text) < 0)
            return 1;
}
