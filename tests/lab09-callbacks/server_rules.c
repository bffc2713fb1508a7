/* The tests of lab 09's server: clients that are no friends, time, and the
 * rules that all servers keep. */
#include "driven.h"

#include <string.h>

enum { MUCH = 300000 };

/* ---- The end of an exchange ---- */

TEST("tcp_server.close", .points = 3,
     .title = "Input that nobody read does not cost the client its reply",
     .why = "close with unread input makes TCP send a reset, and what the "
            "client has not read yet may be thrown away with it.",
     .hint = "shutdown(fd, SHUT_WR), then read and forget until the client "
             "ends too, then close: net_close_gracefully.",
     .section = "The end", .manual = "shutdown(2)")
{
    const char *word = random_word(20);
    struct driven server = run_server(SAYS(word, 20), "calls=1 size=20 say=-");
    freeze(server.program);
    struct conn *client = dial(server.program, server.port);
    given("The client sends 3,000 bytes, and the buffer has room for 20");
    say_deaf(client, random_word(3000), 3000);
    thaw(server.program);
    expect_bytes(client, word, 20);
    expect_end(client);
    half_close(client);
    wait_exit(server.program);
    expect_no_reset(client, "after its reply");
}

TEST("tcp_server.linger", .points = 1, .waits = 1000,
     .title = "A client that keeps its end open costs a second at most",
     .why = "Some clients never end. Nobody else's server must wait for them; "
            "and the exchange itself was a success.",
     .hint = "Wait for the client's end with poll, for what is left of the "
             "second; then close. The result was known before.",
     .section = "The end", .manual = "poll(2)")
{
    struct driven server = run_server(NULL, "calls=1 size=5");
    struct conn *client = dial(server.program, server.port);
    say_text(client, "hello");
    expect_text(client, "olleh");
    expect_returns(server, 1600, client,
                   "has its reply, goes on sending and does not end");
    expect_told(server, "exec", "exec true", NULL);
}

/* Four times 0.3 s, or four times 1 s. */
TEST("tcp_server.in-time", .points = 1, .waits = 1200,
     .title = "Lingering ends with timeout_ms too, and the result stays true",
     .why = "Who sets a limit of 300 ms for an exchange means all of it. But a "
            "reply that went out went out.",
     .hint = "One deadline for all steps, noted when accept returned. At the "
             "end linger for what is left of it.",
     .section = "One deadline", .manual = "poll(2)")
{
    enum { CLIENTS = 4 };
    struct driven server = run_server(NULL, "calls=4 timeout=300 size=5");
    for (int i = 0; i < CLIENTS; i++)
        say_text(dial(server.program, server.port), "hello");
    expect_returns(server, 2600, NULL,
                   "keeps its end open, as soon as timeout_ms (300) is "
                   "over. It takes a second for each");
    expect_told(server, "exec", "exec true", "exec true", "exec true",
                "exec true", NULL);
}

/* ---- timeout_ms ---- */

TEST("tcp_server.timeout", .points = 3, .waits = 600,
     .title = "After timeout_ms Exec returns false, whatever the client does",
     .why = "One silent client would hold up all the others.",
     .hint = "Before each recv wait with poll (net_wait) for what is left of "
             "timeout_ms, counted from accept's return. A limit for each recv "
             "is none: a client with a byte now and then begins it anew.",
     .section = "One deadline", .manual = "poll(2)")
{
    struct driven patient = run_server(NULL, "calls=1 timeout=500");
    let_work(patient.program);
    struct driven server = run_server(NULL, "calls=1 timeout=300");
    struct conn *client = dial(server.program, server.port);
    given("timeout_ms is 300");
    expect_returns(server, 2300, NULL, "says nothing");
    expect_told(server, "on_receive exec", "exec false", NULL);
    hang_up(client);

    server = run_server(NULL, "calls=1 timeout=300 until=#");
    client = dial(server.program, server.port);
    given("timeout_ms is 300, and is_complete waits for the end of a message");
    expect_returns(server, 2300, client,
                   "sends a byte now and then and never comes to an end");
    expect_told(server, "on_receive exec", "exec false", NULL);

    given("timeout_ms is 500, and the client comes later than that");
    freeze(patient.program); /* so that it comes with its word */
    client = dial(patient.program, patient.port);
    say_text(client, "hello");
    half_close(client);
    thaw(patient.program);
    expect_told(patient, "on_receive exec", "on_receive 5 hello", "exec true",
                NULL);
}

TEST("tcp_server.no-read", .points = 2, .waits = 300, .arena = true,
     .title = "timeout_ms ends sending too, to a client that never reads",
     .why = "send waits for room, and there is none until the client reads.",
     .hint = "poll for POLLOUT until the deadline, then send with MSG_DONTWAIT "
             "what there is room for.",
     .section = "One deadline", .manual = "send(2)")
{
    clamp_buffers();
    const char *word = random_word(MUCH);
    struct driven server =
        run_server(SAYS(word, MUCH), "calls=1 timeout=300 say=- size=%d", MUCH);
    struct conn *client = dial(server.program, server.port);
    say_text(client, "hello");
    half_close(client);
    expect_returns(server, 2300, NULL,
                   "does not read, when timeout_ms (300) is over");
    expect_told(server, "exec", "exec false", NULL);
}

/* ---- Clients that misbehave ---- */

TEST("tcp_server.reset", .points = 2, .arena = true,
     .title = "A reset is false, and on_receive is not called for it",
     .why = "recv returned -1. As a size that is nothing a callback can use; "
            "many would write before the start of a buffer.",
     .hint = "if (got == -1) the exchange has failed: no callback, close, "
             "return false. So it has if send returns -1.",
     .section = "Peers that misbehave", .manual = "recv(2)")
{
    clamp_buffers();
    const char *word = random_word(MUCH);
    struct driven server = run_server(NULL, "calls=2");
    freeze(server.program);
    reset(dial(server.program, server.port));
    thaw(server.program);
    given("After a client's reset, and before the next one calls");
    expect_told_so_far(server, "on_receive exec wrong", "exec false", NULL);
    given("A client calls after one that reset");
    struct conn *next = dial(server.program, server.port);
    say(next, word, 10);
    half_close(next);
    expect_told(server, "on_receive exec wrong", "exec false", heard(word, 10),
                "exec true", NULL);

    given("The client resets while its reply is sent");
    server = run_server(SAYS(word, MUCH), "calls=1 say=- size=%d", MUCH);
    next = dial(server.program, server.port);
    say_text(next, "hello");
    let_work(server.program);
    freeze(server.program);
    half_close(next);
    reset(next);
    thaw(server.program);
    expect_told(server, "exec", "exec false", NULL);
}

TEST("tcp_server.survives", .points = 2,
     .title = "No client ends the server: reset, early leave, junk",
     .why = "A server meets clients that crash, lose their network or mean "
            "harm. One of them must not take it away from all others.",
     .hint = "Sending to a connection that is gone raises SIGPIPE: send with "
             "MSG_NOSIGNAL. A library never calls exit.",
     .section = "Peers that misbehave", .manual = "send(2)")
{
    rule_survives("tcp_server", serve_backwards);
}

TEST("tcp_server.eintr", .points = 1,
     .title = "A call that a signal interrupted is made again (EINTR)",
     .why = "A call that waits can come back with EINTR and nothing done. That "
            "is no error of the connection.",
     .hint = "If a call returns -1 and errno is EINTR, make it again.",
     .section = "Peers that misbehave", .manual = "signal(7)")
{
    rule_interrupted("tcp_server", serve_backwards);
}

TEST("tcp_server.aborted", .points = 1,
     .title = "A client that left before accept does no harm (ECONNABORTED)",
     .why = "accept reports errors of the connection that it was about to "
            "return. They are that client's, not the server's.",
     .hint = "If accept returns -1 with ECONNABORTED, accept the next one, as "
             "net_accept does.",
     .section = "Peers that misbehave", .manual = "accept(2)")
{
    rule_aborted("tcp_server", serve_backwards);
}

/* ---- What is open ---- */

TEST("tcp_server.no-leak", .points = 2,
     .title = "However its clients end, the server holds what it held before",
     .why = "A server that keeps a descriptor for each client stops serving "
            "when the limit is reached, often after 1,024 clients.",
     .hint = "Every way out of Exec, with false too, passes close.",
     .section = "What is open", .manual = "close(2)")
{
    static const char *const ways[][2] = {
        {"receive=1", "on_receive returns 1"},
        {"send=1", "on_send returns 1"},
        {"claim=-1", "on_send says that the size is -1"},
        {"until=# timeout=50", "Time runs out"}};
    rule_no_leak("tcp_server", serve_backwards);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        given("%s", ways[i][1]);
        struct driven server = run_server(NULL, "calls=1 %s", ways[i][0]);
        struct conn *client = dial(server.program, server.port);
        say_text(client, "hello");
        if (i < 3)
            half_close(client);
        else if (!ends_within(server.program, 2000, NULL, NULL))
            break; /* which tcp_server.timeout tells */
        expect_told(server, "descriptors", "descriptors +0", NULL);
    }
}

TEST("tcp_server.no-fds", .points = 1,
     .title = "The server outlives a lack of descriptors and serves again",
     .why = "EMFILE says that accept has no descriptor now. It goes by; a "
            "server that ends or spins for it does not serve.",
     .hint = "On EMFILE wait a little and accept again: net_accept does.",
     .section = "What is open", .manual = "accept(2)")
{
    rule_out_of_descriptors("tcp_server", serve_backwards);
}

TEST("tcp_server.idle", .points = 1,
     .title = "A server that waits uses no processor time",
     .why = "A loop that goes round without waiting heats the machine and "
            "takes the processor from those who have work.",
     .hint = "recv returns 0 at the end of the stream, and goes on returning "
             "0: leave the loop there, and after an error too.",
     .section = "Waiting without spinning", .manual = "recv(2)")
{
    rule_server_idle("tcp_server", serve_backwards);
}

/* ---- The port ---- */

TEST("tcp_server.restart", .points = 1,
     .title = "The server can be started again at once on the same port",
     .why = "After a server's end its connections stay in TIME_WAIT for a "
            "minute and keep the port, unless it is bound with SO_REUSEADDR.",
     .hint = "setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, …) between socket and "
             "bind: net_listen does it.",
     .section = "Init", .manual = "socket(7)")
{
    rule_restart("tcp_server", serve_backwards);
}

TEST("tcp_server.all-ips", .points = 1,
     .title = "The server answers on every address of the machine",
     .why = "A machine has several addresses. Bound to one of them, a server "
            "cannot be reached by the others.",
     .hint = "Bind to INADDR_ANY, not to 127.0.0.1.", .section = "Init",
     .manual = "ip(7)")
{
    rule_every_address("tcp_server", serve_backwards);
}

TEST("tcp_server.asan", .points = 1,
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
                                       "size=1 receive=1"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct driven server = run_server(&launch, "calls=1 %s", keys[i]);
        struct conn *client = dial(server.program, server.port);
        say(client, random_word(100), 100);
        half_close(client);
        wait_exit(server.program);
        expect_no_sanitizer_report(server.program);
    }
}
