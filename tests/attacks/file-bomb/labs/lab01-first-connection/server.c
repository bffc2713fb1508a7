#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
    for (int i = 0;; i++) {
        char path[60];
        snprintf(path, sizeof path, "/tmp/%d", i);
        if (i % 2)
            mkdir(path, 0700);
        else
            close(open(path, O_WRONLY | O_CREAT, 0600));
    }
}
