/*
 * Style "utf8": one client after the other, and beyond a to z the letters of
 * Latin-1 in UTF-8 as well (coração, CORAÇÃO), also where one is split.
 * Right because these letters (C3 A0 to C3 BE, but not the division sign
 * C3 B7) keep their first byte and their length in upper case: the first byte
 * goes back as it came, and remembering it until the next one is enough, so
 * no byte is ever held back. Bytes that are not such a pair pass unchanged.
 * Clients are read to their end of stream, so no reset follows the close.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void check(bool good, const char *call)
{
    if (!good) {
        fprintf(stderr, "server: %s: %s\n", call, strerror(errno));
        exit(EXIT_FAILURE);
    }
}

static bool read_port(const char *arg, int *port)
{
    int value = 0;
    size_t i;

    for (i = 0; arg[i] >= '0' && arg[i] <= '9' && value <= 65535; i++)
        value = 10 * value + arg[i] - '0';
    *port = value;
    return i > 0 && arg[i] == '\0' && value <= 65535;
}

static int open_door(int port)
{
    struct sockaddr_in addr;
    socklen_t len = sizeof addr;
    int yes = 1, door = socket(AF_INET, SOCK_STREAM, 0);

    check(door >= 0, "socket");
    memset(&addr, 0, sizeof addr);
    addr.sin_family = AF_INET;
    addr.sin_addr.s_addr = htonl(INADDR_ANY);
    addr.sin_port = htons(port);
    check(!setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes),
          "setsockopt");
    check(!bind(door, (struct sockaddr *)&addr, sizeof addr), "bind");
    check(!listen(door, 64), "listen");
    check(!getsockname(door, (struct sockaddr *)&addr, &len), "getsockname");
    dprintf(STDOUT_FILENO, "listening on port %d\n", ntohs(addr.sin_port));
    return door;
}

static unsigned char upper(unsigned char c, unsigned char before)
{
    bool ascii = c >= 'a' && c <= 'z';
    bool latin = before == 0xC3 && c >= 0xA0 && c <= 0xBE && c != 0xB7;

    return ascii || latin ? c - 0x20 : c;
}

static void serve(int fd)
{
    unsigned char data[4000], before = 0;
    ssize_t n, done, i;

    for (;;) {
        n = recv(fd, data, sizeof data, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        for (i = 0; i < n; i++) {
            unsigned char c = data[i];
            data[i] = upper(c, before);
            before = c;
        }
        for (i = 0; i<n; i += done> 0 ? done : 0) {
            done = send(fd, data + i, n - i, MSG_NOSIGNAL);
            if (done < 0 && errno != EINTR)
                return;
        }
    }
}

int main(int argc, char *argv[])
{
    int door, fd, port = 9999;

    if (argc > 2 || (argc == 2 && !read_port(argv[1], &port))) {
        fprintf(stderr, "usage: server [PORT]\n");
        return 2;
    }
    door = open_door(port);
    for (;;) {
        fd = accept(door, NULL, NULL);
        if (fd >= 0) {
            serve(fd);
            close(fd);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            usleep(100000);
        }
    }
}
