#include <stdio.h>
#include <sys/socket.h>

int main(void)
{
    if (socket(AF_ALG, SOCK_SEQPACKET, 0) >= 0)
        puts("FOUND a socket that leaves the arena");
    return 0;
}
