/* common_listen_test.c: how a server listens and says so: net_listen,
 * net_bound_port, net_announce.
 */
#include "common_test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

TEST("common.listen-everywhere",
     .title = "net_listen serves every IPv4 address, many clients at once")
{
    int listener = listen_somewhere();
    int clients[100];

    for (int i = 0; i < 100; i++)
        clients[i] = connect_or_fail(i % 2 ? "127.0.0.1" : "127.9.9.9",
                                     port_of(listener));
    for (int i = 0; i < 100; i++) {
        int client = net_accept(listener, NULL);
        ck_assert_int_ge(client, 0);
        close(client);
        close(clients[i]);
    }
}

TEST("common.listen-restart",
     .title = "net_listen takes its port though old connections are in "
              "TIME_WAIT",
     .arena = true)
{
    const char *call;
    char byte;
    int listener = listen_somewhere();
    uint16_t port = port_of(listener);
    int client = connect_or_fail("127.0.0.1", port);
    int server = net_accept(listener, NULL);

    close(server); /* the side that closes first keeps the port busy */
    ck_assert_int_eq(recv(client, &byte, 1, 0), 0);
    close(client);
    close(listener);
    listener = net_listen(port, &call);
    ck_assert_msg(listener >= 0, "%s: %s", call, strerror(errno));
    ck_assert_uint_eq(port_of(listener), port);
}

static void expect_failure(uint16_t port, int error, const char *failing)
{
    const char *call = NULL;

    ck_assert_int_eq(net_listen(port, &call), -1);
    ck_assert_int_eq(errno, error);
    ck_assert_str_eq(call, failing);
}

TEST("common.listen-errors",
     .title = "net_listen names the call that failed, and closes its socket")
{
    uint16_t taken = port_of(listen_somewhere());
    int before = open_descriptors();

    starve();
    expect_failure(0, EMFILE, "socket");
    feed();

    stand_ins.setsockopt = ERRORS(ENOBUFS);
    expect_failure(0, ENOBUFS, "setsockopt");

    expect_failure(taken, EADDRINUSE, "bind");

    stand_ins.listen = ERRORS(EADDRINUSE);
    expect_failure(0, EADDRINUSE, "listen");

    ck_assert_int_eq(open_descriptors(), before);
}

TEST("common.bound-port",
     .title = "net_bound_port knows TCP and UDP, IPv4 and IPv6")
{
    ck_assert_int_eq(net_bound_port(socket(AF_INET, SOCK_DGRAM, 0)), 0);
    ck_assert_int_gt(net_bound_port(bound_socket(SOCK_DGRAM, "0.0.0.0")), 0);

    int tcp6 = bound_socket(SOCK_STREAM, "::");
    if (tcp6 != -1)
        ck_assert_int_gt(net_bound_port(tcp6), 0);
}

TEST("common.bound-port-errors",
     .title = "net_bound_port fails for what is no socket")
{
    ck_assert_int_eq(net_bound_port(-1), -1);
    ck_assert_int_eq(errno, EBADF);

    ck_assert_int_eq(net_bound_port(open("/dev/null", O_RDONLY)), -1);
    ck_assert_int_eq(errno, ENOTSOCK);
}

/* Calls net_announce while stdout is `out`. */
static int announce_on(int out, int fd)
{
    int old = dup(STDOUT_FILENO);

    ck_assert_int_eq(fflush(stdout), 0);
    ck_assert_int_eq(dup2(out, STDOUT_FILENO), STDOUT_FILENO);
    int result = net_announce(fd);
    int error = errno;
    dup2(old, STDOUT_FILENO);
    errno = error;
    return result;
}

TEST("common.announce",
     .title = "net_announce prints the ready line, flushed, once")
{
    int listener = listen_somewhere();
    int out[2];
    char printed[64] = "";

    ck_assert_int_eq(pipe(out), 0);
    ck_assert_int_eq(announce_on(out[1], listener), 0);
    close(out[1]);
    ck_assert_int_gt(read(out[0], printed, sizeof printed - 1), 0);
    ck_assert_str_eq(printed,
                     format("listening on port %d\n", port_of(listener)));
}

TEST("common.announce-errors",
     .title = "net_announce fails without a socket or a working stdout")
{
    int full = open("/dev/full", O_WRONLY);

    ck_assert_int_ge(full, 0);
    ck_assert_int_eq(net_announce(-1), -1);
    ck_assert_int_eq(errno, EBADF);
    ck_assert_int_eq(announce_on(full, listen_somewhere()), -1);
    ck_assert_int_eq(errno, ENOSPC);
}
