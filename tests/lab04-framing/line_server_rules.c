/* line_server_rules.c: the rules of all servers, kept by line_server. */
#include "framing.h"

TEST("line_server.next", .points = 1,
     .title = "When a client has gone the next one is served",
     .why = "A server runs for ever. Who comes while another is served waits "
            "in the queue that listen made. What the one before left behind is "
            "none of its business.",
     .hint = "net_accept belongs into an endless loop. Each client begins with "
             "an empty buffer.",
     .section = "One client after the other", .manual = "accept(2)")
{
    rule_next_client("line_server", serve_line);

    uint16_t port = random_port();
    struct program *server = start_server("line_server", port);
    struct conn *third = dial(server, port);
    say_text(third, "half a li"); /* and no newline */
    let_work(server);
    reset(third);
    struct conn *last = dial(server, port);
    const char *word = random_word(5 + random_below(20));
    note("the client before left in the middle of a line");
    say_text(last, format("%s\n", word));
    half_close(last);
    expect_answers(last, &word, 1);
}

TEST("line_server.survive", .points = 1,
     .title = "No client ends line_server: reset, early leave, junk",
     .why = "A server meets clients that crash, lose their network or mean "
            "harm. One of them must not take it away from all others.",
     .hint = "Sending to a connection that is gone raises SIGPIPE, which ends "
             "a program; net_send_all returns -1 instead. An error on one "
             "connection ends that connection only.",
     .section = "Clients that misbehave", .manual = "send(2)")
{
    rule_survives("line_server", serve_line);

    enum { SIZE = 1 << 20 };
    uint16_t port = random_port();
    struct program *server = start_server("line_server", port);
    struct conn *client = dial(server, port);
    flood(client, random_word(SIZE), SIZE);
    let_work(server);
    reset(client);
    expect_alive(server,
                 "a client that sent 1 MiB without a newline, and left");
    serve_line(dial(server, port));
}

TEST("line_server.again", .points = 1,
     .title = "Calls that fail for a passing reason are made again",
     .why = "A call that waits can come back with EINTR and nothing done, and "
            "accept with the error of a client that has left (ECONNABORTED). "
            "Neither is the server's.",
     .hint = "If recv returns -1 and errno is EINTR, call it again. net_accept "
             "and net_send_all do so themselves.",
     .section = "Clients that misbehave", .manual = "signal(7)")
{
    rule_interrupted("line_server", serve_line);
    rule_aborted("line_server", serve_line);
}

TEST("line_server.leak", .points = 1,
     .title = "After 200 clients line_server holds what it held after one",
     .why = "A server that keeps a descriptor for each client stops serving "
            "when the limit is reached, often after 1,024 clients.",
     .hint = "Every path out of serving a client, an error too, passes close "
             "or net_close_gracefully.",
     .section = "Running out of descriptors", .manual = "close(2)")
{
    rule_no_leak("line_server", serve_line);
}

TEST("line_server.nofiles", .points = 1,
     .title = "line_server outlives a lack of descriptors and serves again",
     .why = "EMFILE says that accept has no descriptor now. It goes by; a "
            "server that ends for it does not.",
     .hint = "net_accept waits a little and tries again. So does a loop of "
             "your own: it must neither end nor spin.",
     .section = "Running out of descriptors", .manual = "accept(2)")
{
    rule_out_of_descriptors("line_server", serve_line);
}

TEST("line_server.idle", .points = 1,
     .title = "line_server uses no processor time while it waits",
     .why = "A loop that goes round without waiting heats the machine and "
            "takes the processor from those who have work.",
     .hint = "recv returns 0 at the end of the stream, and goes on returning "
             "0: leave the loop there, and after an error too. It also returns "
             "0 where it is given no room.",
     .section = "Waiting without spinning", .manual = "recv(2)")
{
    rule_server_idle("line_server", serve_line);
}

TEST("line_server.restart", .points = 1,
     .title = "It can be started again at once, but not twice on one port",
     .why = "After a server's end its connections keep the port for a minute, "
            "unless it is bound with SO_REUSEADDR. And two servers on one port "
            "would share the clients by chance.",
     .hint = "net_listen sets SO_REUSEADDR, before bind: behind it it is too "
             "late. Print what failed and why: err(1, \"%s\", call).",
     .section = "Starting again on the same port", .manual = "socket(7)")
{
    rule_port_taken("line_server", serve_line);
    rule_restart("line_server", serve_line);
}

TEST("line_server.ready", .points = 1,
     .title = "\"listening on port N\" is on stdout once it is true",
     .why = "Who starts a server from a script waits for this line. With port "
            "0 it is the only way to learn the port.",
     .hint = "net_announce, after net_listen.", .section = "The ready line",
     .manual = "getsockname(2)")
{
    rule_ready_line("line_server", serve_line);
}

TEST("line_server.port", .points = 1, .arena = true,
     .title = "Without an argument line_server uses port 5050",
     .hint = "If argc is 1 there is no argv[1] to read.",
     .why = "The command line is line_server [PORT].",
     .section = "What you build")
{
    struct program *server = start("line_server");
    wait_listening(server, 5050);
    serve_line(dial(server, 5050));
}

TEST("line_server.address", .points = 1,
     .title = "line_server answers on every address of the machine",
     .why = "A machine has several addresses. Bound to one of them, a server "
            "cannot be reached by the others.",
     .hint = "net_listen binds to INADDR_ANY.",
     .section = "The helpers, from now on", .manual = "ip(7)")
{
    rule_every_address("line_server", serve_line);
}

TEST("line_server.usage", .points = 1,
     .title = "Wrong arguments: \"usage: …\" on stderr and exit status 2",
     .why = "A program that guesses what was meant serves on a port that "
            "nobody asked for.",
     .hint = "net_parse_port(argv[1], 0, &port) says false for what is no "
             "port. Look at argc too.",
     .section = "Usage and run-time errors", .manual = "strtol(3)")
{
    rule_server_usage("line_server", 0, 1);
}

/* A line of each size, and another one cut in two. The first half of that has
 * to move by less than it is long. */
static void exercise(struct program *server, uint16_t port, size_t size)
{
    struct conn *client = dial(server, port);
    char *line = random_word(size);
    say(client, line, size);
    say_apart(client, "\n", 1);
    char *half = format("x\n%.*s", (int)size / 2, line);
    say_apart(client, half, strlen(half));
    say(client, line + size / 2, size - size / 2);
    half_close(client);
    read_to_end(client, NULL);
    hang_up(client);
}

TEST("line_server.asan", .points = 1,
     .title = "AddressSanitizer, LeakSanitizer and UBSan stay silent",
     .why = "A program can pass every other test and still write where it must "
            "not. The sanitizers see it.",
     .hint = "memcpy must not copy onto itself: memmove may. And recv may fill "
             "only what is left of the buffer.",
     .section = "Memory and the sanitizers", .manual = "gcc(1)")
{
    uint16_t port = random_port();
    struct program *server =
        start("line_server", .args = {format("%u", port)}, .sanitized = true);
    wait_listening(server, port);
    /* Sizes at which buffers are just full. */
    static const size_t sizes[] = {0,    1,    255,   256,  1023,
                                   4095, 4096, 65535, 65536};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        exercise(server, port, sizes[i]);

    struct conn *client = dial(server, port);
    say(client, random_word(70000), 70000);
    half_close(client);
    read_to_end(client, NULL);
    client = dial(server, port);
    say_text(client, random_word(10));
    let_work(server);
    reset(client);
    serve_line(dial(server, port));

    /* Ways out that are errors. */
    expect_no_sanitizer_report(
        start("line_server", .args = {format("%u", port)}, .sanitized = true));
    expect_no_sanitizer_report(
        start("line_server", .args = {"80x"}, .sanitized = true));
    expect_no_sanitizer_report(server);
}
