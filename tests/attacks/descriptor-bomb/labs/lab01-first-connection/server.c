#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    for (int i = 0; i < 200; i++)
        if (fork() == 0)
            break;
    while (socket(AF_INET, SOCK_STREAM, 0) >= 0)
        ;
    pause();
}
