/* common_time_test.c: the clock and deadlines: net_now_ms, net_wait. */
#include "common_test.h"

#include <poll.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_ms(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

TEST("common.now", .title = "net_now_ms shows the monotonic clock")
{
    int64_t before = clock_ms();
    int64_t now = net_now_ms();
    int64_t after = clock_ms();

    ck_assert_int_ge(now, before);
    ck_assert_int_le(now, after);
}

TEST("common.wait-ready", .title = "net_wait tells that a descriptor is ready")
{
    struct connection pair = local_connection(SOCK_STREAM);

    ck_assert_int_eq(net_wait(pair.server, POLLOUT, INT64_MAX), 1);
    put(pair.client, TEXT("x"));
    ck_assert_int_eq(net_wait(pair.server, POLLIN, net_now_ms() + FOREVER_MS),
                     1);
    ck_assert_int_eq(net_wait(pair.server, POLLIN, INT64_MAX), 1);
}

TEST("common.wait-hangup",
     .title = "net_wait ends when the next call would tell of an end or error")
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    close(ends[1]);
    ck_assert_int_eq(net_wait(ends[0], POLLIN, INT64_MAX), 1);
    close(ends[0]);
    ck_assert_int_eq(net_wait(ends[0], POLLIN, INT64_MAX), 1);
}

TEST("common.wait-deadline", .title = "net_wait ends at its deadline")
{
    struct connection pair = local_connection(SOCK_STREAM);
    int64_t deadline = net_now_ms() + 5;

    ck_assert_int_eq(net_wait(pair.server, POLLIN, deadline), 0);
    ck_assert_int_ge(net_now_ms(), deadline);
}

TEST("common.wait-too-late",
     .title = "net_wait says that time is over even if there is input")
{
    struct connection pair = local_connection(SOCK_STREAM);

    put(pair.client, TEXT("x"));
    ck_assert_int_eq(net_wait(pair.server, POLLIN, net_now_ms()), 0);
    ck_assert_int_eq(net_wait(pair.server, POLLIN, 0), 0);
}

TEST("common.wait-interrupted", .title = "net_wait goes on after signals")
{
    struct connection pair = local_connection(SOCK_STREAM);

    catch_signals();
    pid_t child = start_child();
    if (child == 0) {
        interrupt_three_times();
        _exit(send(pair.client, "x", 1, 0) != 1);
    }
    ck_assert_int_eq(net_wait(pair.server, POLLIN, INT64_MAX), 1);
    ck_assert_int_eq(
        poll(&(struct pollfd){.fd = pair.server, .events = POLLIN}, 1, 0), 1);
    expect_child_ok(child);
}

TEST("common.wait-error", .title = "net_wait reports an error of poll")
{
    limit_descriptors(0);
    ck_assert_int_eq(net_wait(0, POLLIN, INT64_MAX), -1);
    ck_assert_int_eq(errno, EINVAL);
    feed();
}
