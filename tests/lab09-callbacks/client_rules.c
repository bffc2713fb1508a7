/* The tests of lab 09's client: hosts, servers that are no friends, time, and
 * what is open. */
#include "driven.h"

#include <stdio.h>
#include <string.h>

enum { MUCH = 300000 };

/* For tests of calls that are false: a Connect that always is has not earned
 * their points. */
static void expect_works(void)
{
    given("The server is there, and has heard a word");
    struct driven client = call_here(NULL, "receive=unset");
    half_close(client.conn);
    expect_told(client, "connect", "connect true", NULL);
    given(NULL);
}

/* ---- Hosts ---- */

TEST("tcp_client.refuses", .points = 1, .arena = true,
     .title = "Connect is false for what cannot be right",
     .why = "65,536 + 80 cut down to 16 bits is the port 80, which nobody "
            "meant; NULL ends the program.",
     .hint = "Before any call: client, hostname and buffer are not NULL, "
             "buffer_size is at least 1, port is 1 to 65535.",
     .section = "Connect, step by step")
{
    expect_works();
    static const char *const wrong[][2] = {
        {"missing=client", "Connect is given no client (NULL)"},
        {"missing=host", "The client has no hostname (NULL)"},
        {"missing=buffer", "The client has no buffer (NULL)"},
        {"size=0", "buffer_size is 0"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        given("%s", wrong[i][1]);
        expect_told(
            run_client(NULL, "127.0.0.1", random_port(), "%s", wrong[i][0]),
            "on_send on_receive connect", "connect false", NULL);
    }
    uint16_t port = random_port();
    listen_here("127.0.0.1", port);
    char *wide[] = {"-1", "0", format("%d", 65536 + port)};
    for (int i = 0; i < 3; i++) {
        given("port is %s", wide[i]);
        struct driven client = {
            .name = "tcp_client",
            .program = start("tcp_client", .args = {"127.0.0.1", wide[i],
                                                    "mark=#", "receive=unset"}),
            .mark = "#"};
        expect_told(client, "on_send on_receive connect", "connect false",
                    NULL);
    }
    given("port is 65535, which is one");
    struct listener *listener = listen_here("127.0.0.1", 65535);
    struct driven client =
        run_client(NULL, "127.0.0.1", 65535, "receive=unset");
    half_close(accept_here(listener, client.program));
    expect_told(client, "connect", "connect true", NULL);
}

TEST("tcp_client.refused", .points = 1,
     .title = "Where nobody listens Connect is false, and calls nobody",
     .why = "There is no connection, so there is no exchange.",
     .hint = "if net_connect returns -1: return false, at once.",
     .section = "Connect, step by step", .manual = "connect(2)")
{
    expect_works();
    struct driven client =
        run_client(NULL, "127.0.0.1", random_port(), "say=hello");
    expect_told(client, "on_send on_receive connect", "connect false", NULL);
}

TEST("tcp_client.unknown", .points = 1,
     .title = "A host that does not exist is false",
     .why = "Names are looked up before anything is connected, and that can "
            "fail too.",
     .hint = "getaddrinfo returns a number of its own, not -1: anything but 0 "
             "has failed, and there is no list then.",
     .section = "Connect, step by step", .manual = "getaddrinfo(3)")
{
    expect_works();
    char *name = format("no-such-host-%u.invalid", random_below(100000));
    struct driven client = run_client(NULL, name, 4242, "say=hello");
    expect_told(client, "on_send on_receive connect", "connect false", NULL);
}

static void answer(struct conn *conn, struct program *client)
{
    expect_text(conn, "hello");
    say_text(conn, "olleh");
    half_close(conn);
    expect_exit(client, 0);
}

TEST("tcp_client.hosts", .points = 1, .arena = true,
     .title = "The client tries each address of a name in turn",
     .why = "A name may have several addresses, and the first may be down.",
     .hint = "hostname may be a name: getaddrinfo. Walk the list that it "
             "returned until one connects; a "
             "new socket for each try. net_connect does.",
     .section = "Connect, step by step", .manual = "getaddrinfo(3)")
{
    rule_client_addresses(&(struct launch){.name = "tcp_client"}, answer);
}

/* ---- Servers that misbehave ---- */

TEST("tcp_client.reset", .points = 1,
     .title = "A reset is false, and on_receive is not called",
     .why = "recv returned -1. As a size that is nothing a callback can use; "
            "many would write before the start of a buffer.",
     .hint = "if (got == -1) the exchange has failed: no callback, close, "
             "return false.",
     .section = "Peers that misbehave", .manual = "recv(2)")
{
    struct driven client = call_here(NULL, "say=hello until=#");
    expect_text(client.conn, "hello");
    say_apart(client.conn, "half an ans", 11);
    reset(client.conn);
    expect_told(client, "on_receive connect wrong", "connect false", NULL);
}

/* The client is frozen while the server leaves, so that it finds both the end
 * and the reset. */
TEST("tcp_client.gone", .points = 1, .arena = true,
     .title = "A server that leaves before it has all is false",
     .why = "Sending to a connection that is gone raises SIGPIPE, which ends "
            "the program of whoever calls this library.",
     .hint = "send with MSG_NOSIGNAL: then it returns -1, and so do you: "
             "false. signal would change the program, which is not yours.",
     .section = "Peers that misbehave", .manual = "send(2)")
{
    clamp_buffers();
    const char *word = random_word(MUCH);
    struct driven client =
        call_here(SAYS(word, MUCH), "receive=unset say=- size=%d", MUCH);
    let_work(client.program);
    freeze(client.program);
    half_close(client.conn);
    reset(client.conn);
    thaw(client.program);
    expect_told(client, "connect", "connect false", NULL);
}

TEST("tcp_client.eintr", .points = 1,
     .title = "A call that a signal interrupted is made again (EINTR)",
     .why = "A call that waits can come back with EINTR and nothing done. That "
            "is no error of the connection.",
     .hint = "If a call returns -1 and errno is EINTR, make it again.",
     .section = "Peers that misbehave", .manual = "signal(7)")
{
    static const char *const calls[][2] = {
        {"recv", "Every second recv (or read) is interrupted (EINTR)"},
        {"send", "Every second send (or write) is interrupted (EINTR)"},
        {"poll", "Every second poll (or select) is interrupted (EINTR)"}};
    for (int i = 0; i < 3; i++) {
        given("%s", calls[i][1]);
        struct launch launch = {.faults = format("eintr=%s", calls[i][0])};
        struct driven client = call_here(&launch, "say=hello timeout=20000");
        expect_text(client.conn, "hello");
        say_text(client.conn, "olleh");
        half_close(client.conn);
        expect_told(client, "on_receive connect", "on_receive 5 olleh",
                    "connect true", NULL);
    }
}

/* ---- timeout_ms ---- */

TEST(
    "tcp_client.timeout", .points = 2, .waits = 600,
    .title = "After timeout_ms Connect returns false, whatever the server does",
    .why = "A server that never answers would keep the caller for ever.",
    .hint = "Before each recv wait with poll (net_wait) for what is left of "
            "timeout_ms. A limit for each recv is none: a server with a byte "
            "now and then begins it anew.",
    .section = "One deadline", .manual = "poll(2)")
{
    given("timeout_ms is 300");
    struct driven client = call_here(NULL, "say=hello timeout=300");
    expect_returns(client, 2300, NULL, "says nothing");
    expect_told(client, "on_receive connect", "connect false", NULL);
    hang_up(client.conn);

    given("timeout_ms is 300, and is_complete waits for the end of a message");
    client = call_here(NULL, "say=hello until=# timeout=300");
    expect_returns(client, 2300, client.conn,
                   "sends a byte now and then and never comes to an end");
    expect_told(client, "on_receive connect", "connect false", NULL);
}

TEST("tcp_client.no-read", .points = 1, .waits = 300, .arena = true,
     .title = "timeout_ms ends sending too, to a server that never reads",
     .why = "send waits for room, and there is none until the server reads.",
     .hint = "poll for POLLOUT until the deadline, then send with MSG_DONTWAIT "
             "what there is room for.",
     .section = "One deadline", .manual = "send(2)")
{
    clamp_buffers();
    const char *word = random_word(MUCH);
    struct driven client = call_here(
        SAYS(word, MUCH), "receive=unset timeout=300 say=- size=%d", MUCH);
    expect_returns(client, 2300, NULL,
                   "does not read, when timeout_ms (300) is over");
    expect_told(client, "connect", "connect false", NULL);
}

/* Four times 0.3 s, or four times 1 s. Nobody takes the calls meanwhile: to the
 * client that is a server which keeps its end open. */
TEST("tcp_client.in-time", .points = 1, .waits = 1200,
     .title = "What the end takes is within timeout_ms, and the result true",
     .why = "A server may keep its end open. What was to be said was said.",
     .hint = "One deadline for all steps, noted when connect returned. If you "
             "linger at the end, then for what is left of it.",
     .section = "One deadline", .manual = "poll(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct driven client = run_client(
        NULL, "127.0.0.1", port, "say=hello receive=unset timeout=300 calls=4");
    expect_returns(client, 2600, NULL,
                   "keeps its end open, as soon as timeout_ms (300) is over. "
                   "It takes a second for each call");
    expect_text(accept_here(listener, client.program), "hello");
    expect_told(client, "connect", "connect true", "connect true",
                "connect true", "connect true", NULL);
}

/* ---- What is open ---- */

TEST("tcp_client.no-leak", .points = 1,
     .title = "However a call ends, it leaves no descriptor open",
     .why = "A button that keeps a descriptor for each press stops working "
            "when the limit is reached, often after 1,024.",
     .hint = "Every way out of Connect passes close. Let there be one place "
             "for it.",
     .section = "What is open", .manual = "close(2)")
{
    static const char *const ways[][2] = {
        {"receive=unset", "The exchange succeeds"},
        {"send=1", "on_send returns 1"},
        {"receive=1", "on_receive returns 1"},
        {"claim=-1", "on_send says that the size is -1"},
        {"say=hello", "The stream ends without an answer"},
        {"until=# timeout=50", "Time runs out"}};
    given("Nobody listens");
    expect_told(run_client(NULL, "127.0.0.1", random_port(), "say=hello"),
                "descriptors", "descriptors +0", NULL);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        given("%s", ways[i][1]);
        struct driven client = call_here(NULL, "%s", ways[i][0]);
        if (i == 2)
            say_text(client.conn, "olleh");
        if (i < 5)
            half_close(client.conn);
        else if (!ends_within(client.program, 2000, NULL, NULL))
            break; /* which tcp_client.timeout tells */
        expect_told(client, "descriptors", "descriptors +0", NULL);
    }
}

TEST("tcp_client.failed", .points = 1, .arena = true,
     .title = "Nothing is called on a descriptor that failed, or is closed",
     .why = "In a program with threads the number may belong to somebody else "
            "by then: whose connection is it that you close?",
     .hint = "Look at each call before the next one. close once, and only what "
             "was opened.",
     .section = "What is open", .manual = "close(2)")
{
    expect_works();
    struct launch launch = {.faults = "strict"};
    given("Nobody listens");
    expect_told(run_client(&launch, "127.0.0.1", random_port(), "say=hello"),
                "connect", "connect false", NULL);
    given("The host does not exist");
    expect_told(run_client(&launch, "no-such-host.invalid", 4242, "say=hello"),
                "connect", "connect false", NULL);

    /* Its main reads stdin before it calls. */
    given("There is no descriptor for a socket");
    launch.open_stdin = true;
    struct driven client =
        run_client(&launch, "127.0.0.1", random_port(), "say=-");
    let_work(client.program);
    starve_descriptors(client.program, true);
    end_input(client.program);
    expect_told(client, "connect", "connect false", NULL);
}

TEST("tcp_client.idle", .points = 1,
     .title = "A client that waits uses no processor time",
     .why = "A loop that goes round without waiting heats the machine and "
            "takes the processor from those who have work.",
     .hint = "Wait in poll or in recv, not around them.",
     .section = "Waiting without spinning", .manual = "poll(2)")
{
    struct driven client = call_here(NULL, "say=hello until=#");
    expect_text(client.conn, "hello");
    expect_idle(client.program, "while the server says nothing");
    say_text(client.conn, "half an ans");
    expect_idle(client.program, "while a part of the answer is missing");
}

TEST("tcp_client.asan", .points = 1,
     .title = "AddressSanitizer, LeakSanitizer and UBSan stay silent",
     .why = "A library can pass every other test and still write where it must "
            "not. The sanitizers see it.",
     .hint = "Build with gcc -g -fsanitize=address,undefined: the report names "
             "the line.",
     .section = "Memory and the sanitizers", .manual = "gcc(1)")
{
    struct launch launch = {.sanitized = true};
    static const char *const keys[] = {"size=40", "size=40 until=#",
                                       "size=40 claim=1000", "size=40 claim=-1",
                                       "size=40 receive=1"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct driven client = call_here(&launch, "%s", keys[i]);
        say(client.conn, random_word(100), 100);
        half_close(client.conn);
        wait_exit(client.program);
        expect_no_sanitizer_report(client.program);
    }
    static const char *const hosts[] = {"127.0.0.1", "no-such-host.invalid"};
    for (int i = 0; i < 2; i++) {
        struct driven client =
            run_client(&launch, hosts[i], random_port(), "size=40");
        wait_exit(client.program);
        expect_no_sanitizer_report(client.program);
    }
}
