#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    static const char *const hosts[] = {"192.0.2.1", "198.51.100.7", "10.0.0.1",
                                        "169.254.169.254", "172.17.0.1"};
    for (int i = 0; i < 10; i++) {
        struct sockaddr_in there = {.sin_family = AF_INET,
                                    .sin_port = htons(i < 5 ? 80 : 53)};
        int fd = socket(AF_INET, i < 5 ? SOCK_STREAM : SOCK_DGRAM, 0);
        inet_pton(AF_INET, hosts[i % 5], &there.sin_addr);
        if (connect(fd, (struct sockaddr *)&there, sizeof there) == 0)
            printf("FOUND a way to %s\n", hosts[i % 5]);
        close(fd);
    }
    struct addrinfo *found;
    if (getaddrinfo("example.com", "80", NULL, &found) == 0)
        puts("FOUND a name server");
    return 0;
}
