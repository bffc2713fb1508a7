#include <stdio.h>
#include <sys/mount.h>

int main(void)
{
    if (mount("none", "/lab", "tmpfs", 0, "") == 0 ||
        mount("/", "/tmp", NULL, MS_BIND, NULL) == 0)
        puts("FOUND a way to mount");
    return 0;
}
