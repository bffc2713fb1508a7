#include <stdio.h>
#include <sys/socket.h>

int main(void)
{
    if (socket(AF_PACKET, SOCK_RAW, 0x0300) >= 0)
        puts("FOUND a socket that leaves the arena");
    return 0;
}
