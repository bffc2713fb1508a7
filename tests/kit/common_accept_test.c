/* common_accept_test.c: the next client, whatever happened to the one before:
 * net_accept.
 */
#include "common_test.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

TEST("common.accept-peer",
     .title = "net_accept gives the client's socket and its address")
{
    struct sockaddr_storage peer;
    char text[NET_ADDRESS_SIZE], byte;
    int listener = listen_somewhere();
    int client = connect_or_fail("127.0.0.1", port_of(listener));
    int server = net_accept(listener, &peer);

    ck_assert_int_ge(server, 0);
    ck_assert_str_eq(net_format_address((struct sockaddr *)&peer, text),
                     "127.0.0.1");
    ck_assert_uint_eq(net_address_port((struct sockaddr *)&peer),
                      port_of(client));
    put(client, TEXT("x"));
    ck_assert_int_eq(recv(server, &byte, 1, 0), 1);
}

TEST("common.accept-interrupted",
     .title = "net_accept goes on waiting after signals")
{
    int listener = listen_somewhere();

    catch_signals();
    pid_t child = start_child();
    if (child == 0) {
        int error;
        interrupt_three_times();
        _exit(net_connect("127.0.0.1", port_of(listener), &error) == -1);
    }
    ck_assert_int_ge(net_accept(listener, NULL), 0);
    expect_child_ok(child);
}

TEST("common.accept-transient",
     .title = "net_accept outlives every error that accept(2) calls passing")
{
    int listener = listen_somewhere();

    connect_or_fail("127.0.0.1", port_of(listener));
    stand_ins.accept =
        ERRORS(EINTR, ECONNABORTED, ENETDOWN, EPROTO, ENOPROTOOPT, EHOSTDOWN,
               ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH, EPERM, ENOBUFS,
               ENOMEM, EMFILE, ENFILE, ETIMEDOUT);
    ck_assert_int_ge(net_accept(listener, NULL), 0);
    ck_assert_int_eq(*stand_ins.accept, 0);
}

TEST("common.accept-starved",
     .title = "net_accept pauses while descriptors have run out, then serves")
{
    struct rusage before, after;
    int listener = listen_somewhere();

    connect_or_fail("127.0.0.1", port_of(listener));
    stand_ins.spare = open("/dev/null", O_RDONLY);
    starve();
    getrusage(RUSAGE_SELF, &before);
    int server = net_accept(listener, NULL);
    getrusage(RUSAGE_SELF, &after);
    feed();

    ck_assert_int_eq(server, stand_ins.spare);
    ck_assert_int_eq(stand_ins.starved_accepts, 3);
    /* It slept after each of the three. */
    ck_assert_int_ge(after.ru_nvcsw - before.ru_nvcsw, 3);
}

TEST("common.accept-nonblocking",
     .title = "net_accept never waits on a non-blocking listener")
{
    int listener = listen_somewhere();

    ck_assert_int_eq(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(net_accept(listener, NULL), -1);
    ck_assert_int_eq(errno, EAGAIN);

    connect_or_fail("127.0.0.1", port_of(listener));
    ck_assert_int_eq(net_wait(listener, POLLIN, INT64_MAX), 1);
    starve();
    ck_assert_int_eq(net_accept(listener, NULL), -1);
    ck_assert_int_eq(errno, EMFILE);
    ck_assert_int_eq(stand_ins.starved_accepts, 1);
    feed();

    stand_ins.accept = ERRORS(EINTR, ECONNABORTED);
    ck_assert_int_ge(net_accept(listener, NULL), 0);
}

TEST("common.accept-errors",
     .title = "net_accept fails for a socket that does not listen")
{
    const struct {
        int fd, error;
    } cases[] = {{-1, EBADF},
                 {open("/dev/null", O_RDONLY), ENOTSOCK},
                 {socket(AF_INET, SOCK_STREAM, 0), EINVAL},
                 {socket(AF_INET, SOCK_DGRAM, 0), EOPNOTSUPP}};
    int before = open_descriptors();

    for (size_t i = 0; i < COUNT(cases); i++) {
        ck_assert_int_eq(net_accept(cases[i].fd, NULL), -1);
        ck_assert_int_eq(errno, cases[i].error);
    }
    ck_assert_int_eq(open_descriptors(), before);
}
