/* Over UDP: answers the first datagram without end. */
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    static char data[1000];
    struct sockaddr_in here = {.sin_family = AF_INET,
                               .sin_port =
                                   htons(argc > 1 ? atoi(argv[1]) : 9999)};
    struct sockaddr_in client;
    socklen_t size = sizeof client;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(fd, (struct sockaddr *)&here, sizeof here) < 0 ||
        recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&client, &size) <
            0)
        return 1;
    for (;;)
        sendto(fd, data, sizeof data, 0, (struct sockaddr *)&client, size);
}
