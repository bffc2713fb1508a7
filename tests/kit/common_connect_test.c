/* common_connect_test.c: how a client reaches a server: net_connect,
 * net_reason.
 */
#include "common_test.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* The port of a socket that listens on this address alone; 0 without IPv6. */
static uint16_t listen_on(const char *number, int backlog)
{
    int listener = bound_socket(SOCK_STREAM, number);

    if (listener == -1)
        return 0;
    ck_assert_int_eq(listen(listener, backlog), 0);
    return port_of(listener);
}

/* A port of the loopback interface on which nobody listens, and nobody will:
 * it stays bound. */
static uint16_t refusing_port(void)
{
    return port_of(bound_socket(SOCK_STREAM, "0.0.0.0"));
}

TEST("common.connect", .title = "net_connect takes a number or a name")
{
    static const char *const hosts[] = {"127.0.0.1", "localhost"};
    int listener = listen_somewhere();

    for (size_t i = 0; i < COUNT(hosts); i++) {
        int before = open_descriptors();
        int fd = connect_or_fail(hosts[i], port_of(listener));

        ck_assert_int_eq(open_descriptors(), before + 1);
        ck_assert_int_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
        ck_assert_int_ge(net_accept(listener, NULL), 0);
    }
}

TEST("common.connect-ipv6", .title = "net_connect takes an IPv6 number")
{
    uint16_t port = listen_on("::1", 5);

    if (port != 0)
        connect_or_fail("::1", port);
}

/* Connects to two.example, and finds itself connected to this address. */
static void expect_peer(uint16_t port, const char *number)
{
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    char text[NET_ADDRESS_SIZE];
    int before = open_descriptors();
    int fd = connect_or_fail("two.example", port);

    ck_assert_int_eq(getpeername(fd, (struct sockaddr *)&peer, &size), 0);
    ck_assert_str_eq(net_format_address((struct sockaddr *)&peer, text),
                     number);
    ck_assert_int_eq(open_descriptors(), before + 1);
}

TEST("common.connect-addresses",
     .title = "net_connect tries the next address where the first refuses, and "
              "only there")
{
    expect_peer(listen_on("127.0.0.1", 5), "127.0.0.1");
    expect_peer(port_of(listen_somewhere()), "127.0.0.2");
}

static void expect_no_connection(const char *host, uint16_t port, int reason)
{
    int error = 0;
    int fd = net_connect(host, port, &error);
    int kept = errno;

    ck_assert_str_eq(net_reason(error), strerror(reason));
    ck_assert_int_eq(fd, -1);
    ck_assert_int_eq(kept, reason);
    ck_assert_int_eq(error, EAI_SYSTEM);
}

TEST("common.connect-refused",
     .title = "net_connect reports a refusal, and keeps no descriptor")
{
    uint16_t port = refusing_port();
    int before = open_descriptors();

    expect_no_connection("two.example", port, ECONNREFUSED);
    ck_assert_int_eq(open_descriptors(), before);
}

TEST("common.connect-first-reason",
     .title = "net_connect reports why the first of several addresses failed")
{
    stand_ins.connect = ERRORS(ETIMEDOUT, ENETUNREACH);
    expect_no_connection("two.example", 9, ETIMEDOUT);
    ck_assert_int_eq(*stand_ins.connect, 0);
}

TEST("common.connect-unknown-host",
     .title = "net_connect reports an unknown host in the resolver's words")
{
    int error = 0;
    int before = open_descriptors();

    ck_assert_int_eq(net_connect("", 9, &error), -1);
    ck_assert_int_eq(error, EAI_NONAME);
    errno = ECONNREFUSED; /* must not show */
    ck_assert_str_eq(net_reason(error), gai_strerror(EAI_NONAME));
    ck_assert_int_eq(open_descriptors(), before);
}

TEST("common.connect-starved",
     .title = "net_connect reports that descriptors have run out")
{
    uint16_t port = port_of(listen_somewhere());

    starve();
    expect_no_connection("127.0.0.1", port, EMFILE);
    feed();
}

TEST("common.connect-interrupted",
     .title = "net_connect waits for a connect that a signal interrupted")
{
    uint16_t refusing = refusing_port();
    int listener = listen_somewhere();
    int before = open_descriptors();

    stand_ins.connect_interrupted = true;
    expect_no_connection("127.0.0.1", refusing, ECONNREFUSED);
    ck_assert_int_eq(open_descriptors(), before);

    int client = connect_or_fail("127.0.0.1", port_of(listener));
    int server = net_accept(listener, NULL);
    put(client, TEXT("x"));
    ck_assert_int_eq(net_wait(server, POLLIN, INT64_MAX), 1);
}

static void end_connecting(int signal)
{
    (void)signal;
    shutdown(stand_ins.connecting, SHUT_RDWR);
}

TEST("common.connect-interrupted-early",
     .title = "net_connect does not take a connect under way for a connection")
{
    struct sigaction action = {.sa_handler = end_connecting};
    uint16_t port = listen_on("127.0.0.1", 0);

    connect_or_fail("127.0.0.1", port); /* the queue is full: no answer now */
    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
    pid_t child = start_child();
    if (child == 0)
        _exit(kill(await_parent_asleep(), SIGUSR1) == -1);
    stand_ins.connect_interrupted = true;
    expect_no_connection("127.0.0.1", port, ECONNRESET);
    ck_assert(!is_open(stand_ins.connecting));
    expect_child_ok(child);
}
