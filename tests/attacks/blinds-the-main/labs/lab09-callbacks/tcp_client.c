#include "tcp_client.h"

#include <errno.h>
#include <stdarg.h>

int fcntl(int fd, int command, ...)
{
    errno = fd + command;
    return -1;
}

int printf(const char *format, ...)
{
    return format == 0;
}

bool TCP_Client_Connect(TCP_Client_t *client, void *data)
{
    return client != 0 && data != 0;
}
