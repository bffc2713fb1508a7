#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <unistd.h>

static char block[1 << 20];

int main(void)
{
    int ends[2];
    for (int i = 0; i < 500; i++) {
        int fd = memfd_create("more", 0),
            id = shmget(IPC_PRIVATE, sizeof block, IPC_CREAT | 0600);
        if (fd >= 0 && write(fd, block, sizeof block) > 0)
            puts("FOUND memory without a limit (memfd)");
        if (id >= 0 && memset(shmat(id, NULL, 0), 1, sizeof block))
            puts("FOUND memory without a limit (System V)");
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0)
            send(ends[0], block, sizeof block, MSG_DONTWAIT);
    }
    return 0;
}
