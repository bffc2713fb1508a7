/* common_stream_test.c: sending all, and ending a connection so that all
 * arrives: net_send_all, net_close_gracefully.
 */
#include "common_test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static char many[1 << 20];

/* Buffers of this size, where the kernel would make them grow. */
static void limit_buffers(int fd, int size)
{
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size),
                     0);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size),
                     0);
}

/* ---- Sending ------------------------------------------------------------- */

/* For a child: reads to the end of the stream, a little at a time; true if
 * `many` came, no byte more or less. */
static bool takes_many(int fd)
{
    char piece[1000];
    size_t at = 0;
    ssize_t got;

    while ((got = recv(fd, piece, sizeof piece, 0)) > 0) {
        if ((size_t)got > sizeof many - at ||
            memcmp(piece, many + at, (size_t)got) != 0)
            return false;
        at += (size_t)got;
    }
    return got == 0 && at == sizeof many;
}

/* The reader is slow; it may also interrupt the sender before it reads. */
static void expect_many_arrive(struct connection pair, bool interrupted)
{
    for (size_t i = 0; i < sizeof many; i++)
        many[i] = (char)(i * 7 + i / 251);
    limit_buffers(pair.server, 4096);
    catch_signals();
    pid_t child = start_child();
    if (child == 0) {
        close(pair.server);
        if (interrupted)
            interrupt_three_times(); /* the buffer is full by then */
        _exit(!takes_many(pair.client));
    }
    close(pair.client);
    ck_assert_int_eq(net_send_all(pair.server, many, sizeof many), 0);
    close(pair.server);
    expect_child_ok(child);
}

TEST("common.send-all-slow-reader",
     .title = "net_send_all sends everything, in whatever pieces it goes out")
{
    expect_many_arrive(tcp_connection(), false);
}

TEST("common.send-all-interrupted",
     .title = "net_send_all goes on after signals and short counts")
{
    expect_many_arrive(local_connection(SOCK_STREAM), true);
}

TEST("common.send-all-broken-pipe",
     .title = "net_send_all reports a peer that has gone; no SIGPIPE")
{
    struct connection pair = local_connection(SOCK_STREAM);

    close(pair.client);
    signal(SIGPIPE, SIG_DFL);
    ck_assert_int_eq(net_send_all(pair.server, "x", 1), -1);
    ck_assert_int_eq(errno, EPIPE);
}

TEST("common.send-all-reset", .title = "net_send_all reports a reset")
{
    struct connection pair = tcp_connection();

    reset_connection(pair.client);
    ck_assert_int_eq(net_wait(pair.server, POLLIN, INT64_MAX), 1);
    ck_assert_int_eq(net_send_all(pair.server, "x", 1), -1);
    ck_assert_int_eq(errno, ECONNRESET);
}

TEST("common.send-all-nothing", .title = "net_send_all sends nothing as asked")
{
    struct connection pair = local_connection(SOCK_SEQPACKET);
    char byte;

    ck_assert_int_eq(net_send_all(pair.server, "", 0), 0);
    ck_assert_int_eq(recv(pair.client, &byte, 1, MSG_DONTWAIT), -1);
    ck_assert_int_eq(errno, EAGAIN);
}

/* ---- Closing ------------------------------------------------------------- */

/* For a child: sends much, and only then reads a reply and the end. */
static bool gets_reply(int fd)
{
    char buffer[64], *line;
    size_t length;
    struct net_reader reader;

    net_reader_init(&reader, fd, buffer, sizeof buffer);
    return net_send_all(fd, many, sizeof many) == 0 &&
           net_read_line(&reader, &line, &length) == 1 && length == 7 &&
           net_read_line(&reader, &line, &length) == 0; /* no reset */
}

TEST("common.close-with-unread-input",
     .title = "net_close_gracefully delivers the reply though input is unread")
{
    struct connection pair = tcp_connection();

    limit_buffers(pair.server, 1 << 16);
    limit_buffers(pair.client, 1 << 16);
    pid_t child = start_child();
    if (child == 0) {
        close(pair.server);
        _exit(!gets_reply(pair.client));
    }
    close(pair.client);
    ck_assert_int_eq(net_send_all(pair.server, TEXT("welcome\n")), 0);
    net_close_gracefully(pair.server, FOREVER_MS);
    ck_assert(!is_open(pair.server));
    expect_child_ok(child);
}

TEST("common.close-silent-peer",
     .title = "net_close_gracefully waits as long as it may, and no longer")
{
    static const int timeouts[] = {5, 0, -1000};

    for (size_t i = 0; i < COUNT(timeouts); i++) {
        struct connection pair = tcp_connection();
        char byte;
        int64_t start = net_now_ms();

        net_close_gracefully(pair.server, timeouts[i]);
        ck_assert_int_ge(net_now_ms() - start, timeouts[i]);
        ck_assert(!is_open(pair.server));
        ck_assert_int_eq(recv(pair.client, &byte, 1, 0), 0);
    }
}

TEST("common.close-endless-peer",
     .title = "net_close_gracefully ends though the peer sends for ever")
{
    struct connection pair = tcp_connection();

    pid_t child = start_child();
    if (child == 0) {
        close(pair.server);
        while (net_send_all(pair.client, many, sizeof many) == 0) {
        }
        _exit(errno != EPIPE && errno != ECONNRESET);
    }
    close(pair.client);
    /* Longer than a delayed ACK, which holds up the sender for 40 ms: else a
     * deadline that each byte renews would run out all the same. */
    net_close_gracefully(pair.server, 150);
    ck_assert(!is_open(pair.server));
    expect_child_ok(child);
}

TEST("common.close-interrupted",
     .title = "net_close_gracefully goes on waiting after signals")
{
    struct connection pair = local_connection(SOCK_STREAM);

    catch_signals();
    pid_t child = start_child();
    if (child == 0) {
        char byte;
        close(pair.server);
        if (recv(pair.client, &byte, 1, 0) != 0)
            _exit(1);
        interrupt_three_times();
        /* Had it closed, this would fail with EPIPE. */
        _exit(send(pair.client, "x", 1, MSG_NOSIGNAL) != 1);
    }
    close(pair.client);
    net_close_gracefully(pair.server, FOREVER_MS);
    expect_child_ok(child);
}

TEST("common.close-broken",
     .title = "net_close_gracefully closes what is broken without waiting")
{
    struct connection pair = tcp_connection();
    int broken[] = {pair.server, socket(AF_INET, SOCK_STREAM, 0),
                    open("/dev/null", O_RDONLY)};

    reset_connection(pair.client);
    ck_assert_int_eq(net_wait(pair.server, POLLIN, INT64_MAX), 1);
    for (size_t i = 0; i < COUNT(broken); i++) {
        net_close_gracefully(broken[i], FOREVER_MS);
        ck_assert(!is_open(broken[i]));
    }
}
