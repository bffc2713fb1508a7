/* net_server.c: how a TCP server listens, says so, and accepts. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "net.h"

static const int ACCEPT_PAUSE_MS = 20;

int net_listen(uint16_t port, const char **call)
{
    const int on = 1;
    const struct sockaddr_in any = {.sin_family = AF_INET,
                                    .sin_port = htons(port),
                                    .sin_addr.s_addr = htonl(INADDR_ANY)};
    int reason;

    *call = "socket";
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1)
        return -1;

    *call = "setsockopt";
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
        goto fail;
    *call = "bind";
    if (bind(fd, (const struct sockaddr *)&any, sizeof any) == -1)
        goto fail;
    *call = "listen";
    if (listen(fd, SOMAXCONN) == -1)
        goto fail;
    return fd;

fail:
    reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

int net_bound_port(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;

    if (getsockname(fd, (struct sockaddr *)&address, &size) == -1)
        return -1;
    return net_address_port((const struct sockaddr *)&address);
}

int net_announce(int fd)
{
    int port = net_bound_port(fd);

    if (port == -1)
        return -1;
    if (printf("listening on port %d\n", port) < 0 || fflush(stdout) == EOF)
        return -1;
    return 0;
}

/* While a socket listens, an error of accept is the trouble of one client or
 * of the moment, and passes. No list of error numbers tells as much: on a
 * datagram socket EOPNOTSUPP stays, on a listening one it does not. */
static bool may_wait(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    int listening;
    socklen_t size = sizeof listening;

    if (flags == -1 || (flags & O_NONBLOCK) != 0)
        return false;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == -1)
        return false;
    return listening != 0;
}

int net_accept(int listener, struct sockaddr_storage *peer)
{
    for (;;) {
        socklen_t size = sizeof *peer;
        int fd = accept(listener, (struct sockaddr *)peer,
                        peer != NULL ? &size : NULL);
        int reason = errno;

        if (fd != -1)
            return fd;
        if (reason == EINTR || reason == ECONNABORTED)
            continue;
        if (!may_wait(listener)) {
            errno = reason;
            return -1;
        }
        /* The client stays in the queue: without a pause this would spin. */
        poll(NULL, 0, ACCEPT_PAUSE_MS);
    }
}
