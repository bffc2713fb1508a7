/* net_client.c: how a TCP client reaches a server known by its name. */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net.h"

/* A connect that a signal interrupts goes on by itself, and calling it again
 * is an error: wait for it and ask how it ended (connect(2), EINPROGRESS). */
static int finish_connect(int fd)
{
    int reason;
    socklen_t size = sizeof reason;

    if (net_wait(fd, POLLOUT, INT64_MAX) == -1)
        return -1;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &size) == -1)
        return -1;
    errno = reason;
    return reason == 0 ? 0 : -1;
}

static int connect_to(const struct addrinfo *address)
{
    int fd =
        socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    if (fd == -1)
        return -1;
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return fd;
    if (errno == EINTR && finish_connect(fd) == 0)
        return fd;

    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

int net_connect(const char *host, uint16_t port, int *error)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICSERV};
    struct addrinfo *addresses, *a;
    char service[sizeof "65535"];
    int fd = -1, reason = 0;

    snprintf(service, sizeof service, "%u", port);
    *error = getaddrinfo(host, service, &hints, &addresses);
    if (*error != 0)
        return -1;

    /* The first failure tells most: addresses that this machine can not use at
     * all come last (RFC 6724, section 6, rule 1). */
    for (a = addresses; a != NULL && fd == -1; a = a->ai_next) {
        fd = connect_to(a);
        if (fd == -1 && reason == 0)
            reason = errno;
    }
    freeaddrinfo(addresses);
    if (fd == -1) {
        *error = EAI_SYSTEM;
        errno = reason;
    }
    return fd;
}

const char *net_reason(int error)
{
    return error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error);
}
