#include <stdio.h>
#include <sys/socket.h>

int main(void)
{
    if (socket(AF_NETLINK, SOCK_RAW, 12) >= 0)
        puts("FOUND a socket that leaves the arena");
    return 0;
}
