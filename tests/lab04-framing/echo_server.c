/* echo_server.c: the tests of the server that shows the problem. */
#include "framing.h"

#include <stdlib.h>
#include <string.h>

/* ---- Answers that are cut nobody knows where ---- */

/* A right answer to the data, in as many pieces as recv made of it. Reports
 * what is wrong as if it had made one, because that is what a reader knows. */
static void expect_pieces(const struct text *data, const char *reply,
                          size_t size)
{
    struct text rest = {0};
    const char *end = reply + size;
    for (const char *p = reply; p < end;) {
        const char *next = memmem(p, end - p, ECHO, ECHO_SIZE);
        add(&rest, p, (next ? next : end) - p);
        p = next ? next + ECHO_SIZE : end;
    }
    size_t same = common_prefix(rest.data, rest.size, data->data, data->size);
    struct verdict shown = {
        .sent = show_bytes(data->data, data->size, same),
        .expected = format("\"" ECHO "\" before each piece, and in all %s",
                           show_bytes(data->data, data->size, same)),
        .received = show_bytes(reply, size, 0)};
    if (size < ECHO_SIZE || memcmp(reply, ECHO, ECHO_SIZE) != 0)
        fail_test(&shown, "The answer does not begin with \"" ECHO "\".");
    if (same < data->size || same < rest.size)
        fail_test(&shown,
                  "Without each \"" ECHO "\" the answer has %s bytes, and %s "
                  "were due; at byte %s they part.",
                  show_count(rest.size), show_count(data->size),
                  show_count(same + 1));
}

static void exchange_all(struct conn *client, const struct text *data)
{
    size_t size;
    say(client, data->data, data->size);
    half_close(client);
    const char *reply = read_to_end(client, &size);
    expect_pieces(data, reply, size);
}

/* ---- What it is there for ---- */

TEST("echo_server.listens", .points = 1,
     .title = "echo_server listens on the port that it is given",
     .why = "No client can reach a server before it listens.",
     .hint = "net_parse_port, then net_listen: check what each returns.",
     .section = "The helpers, from now on", .manual = "bind(2)")
{
    start_server("echo_server", random_port());
}

TEST("echo_server.prefix", .points = 2,
     .title = "What is received comes back behind \"Echo ==>\"",
     .why = "This is what echo_server is for: each Echo ==> marks one recv.",
     .hint = "Eight characters, no blank behind them; then the bytes that recv "
             "brought. Nothing is added: no newline, no NUL.",
     .section = "echo_server, step by step", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct conn *client = dial(start_server("echo_server", port), port);
    const char *word = random_word(5 + random_below(30));
    say_text(client, word);
    half_close(client);
    expect_text(client, format(ECHO "%s", word));
}

TEST("echo_server.at-once", .points = 1,
     .title = "Each recv is answered at once, and with an \"Echo ==>\" of its "
              "own",
     .why = "The client waits for an answer before it says more. A server that "
            "waits for more too, for a newline or the end, never answers.",
     .hint = "One recv with no MSG_WAITALL, one net_send_all, and round the "
             "loop. Do not look into the data: this server knows no lines.",
     .section = "A stream has no messages", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct conn *client = dial(start_server("echo_server", port), port);
    for (int i = 0; i < 4; i++) { /* longer than a pointer, not by luck */
        const char *word = random_word(i < 3 ? 1 + random_below(20) : 20);
        say_text(client, word);
        expect_text(client, format(ECHO "%s", word));
    }
}

TEST("echo_server.bytes", .points = 1,
     .title = "Every byte passes, NUL and newline too",
     .why = "Data is bytes with a length, and a NUL is a byte like any other.",
     .hint = "No strlen, no strcat, no %s on received bytes: the length is "
             "what recv returned.",
     .section = "Bytes, not strings", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct conn *client = dial(start_server("echo_server", port), port);
    struct text data = {0};
    add(&data, random_bytes(3000), 3000);
    exchange_all(client, &data);
}

TEST("echo_server.short", .points = 1,
     .title = "A send that took part of the bytes is continued",
     .why = "send returns how many bytes it took, which may be fewer than it "
            "was given. The rest is lost if nobody sends it.",
     .hint = "net_send_all does it.", .section = "Short counts",
     .manual = "send(2)")
{
    uint16_t port = random_port();
    struct program *server =
        start("echo_server", .args = {format("%u", port)}, .faults = "short");
    given(FEW_BYTES);
    wait_listening(server, port);
    struct text data = {0};
    add_text(&data, random_word(60));
    exchange_all(dial(server, port), &data);
}

TEST("echo_server.next", .points = 1,
     .title = "When a client has gone the next one is served",
     .why = "A server runs for ever. Who comes while another is served waits "
            "in the queue that listen made.",
     .hint = "net_accept belongs into an endless loop; close the connection at "
             "its end, not the listening socket.",
     .section = "One client after the other", .manual = "accept(2)")
{
    rule_next_client("echo_server", serve_data);
}

TEST("echo_server.close", .points = 1,
     .title = "After the client's end the stream ends, with nothing added",
     .why = "recv returning 0 is no data: there is nothing to send back, and "
            "nobody will say any more.",
     .hint = "Leave the loop when recv returns 0, before you send; then close "
             "the connection.",
     .section = "echo_server, step by step", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct conn *client = dial(start_server("echo_server", port), port);
    const char *word = random_word(20);
    say_text(client, word);
    expect_text(client, format(ECHO "%s", word));
    half_close(client);
    expect_end(client);
    expect_no_reset(client, "after its answer");
}

/* ---- The rules of all servers ---- */

TEST("echo_server.survive", .points = 1,
     .title = "No client ends echo_server: reset, early leave, junk",
     .why = "A server meets clients that crash, lose their network or mean "
            "harm. One of them must not take it away from all others.",
     .hint = "Sending to a connection that is gone raises SIGPIPE, which ends "
             "a program; net_send_all returns -1 instead. An error on one "
             "connection ends that connection only.",
     .section = "Clients that misbehave", .manual = "send(2)")
{
    rule_survives("echo_server", serve_data);
}

TEST("echo_server.again", .points = 1,
     .title = "Calls that fail for a passing reason are made again",
     .why = "A call that waits can come back with EINTR and nothing done, and "
            "accept with the error of a client that has left (ECONNABORTED). "
            "Neither is the server's.",
     .hint = "If recv returns -1 and errno is EINTR, call it again. net_accept "
             "and net_send_all do so themselves.",
     .section = "Clients that misbehave", .manual = "signal(7)")
{
    rule_interrupted("echo_server", serve_data);
    rule_aborted("echo_server", serve_data);
}

TEST("echo_server.leak", .points = 1,
     .title = "After 200 clients echo_server holds what it held after one",
     .why = "A server that keeps a descriptor for each client stops serving "
            "when the limit is reached, often after 1,024 clients.",
     .hint = "Every path out of serving a client, an error too, passes close.",
     .section = "Running out of descriptors", .manual = "close(2)")
{
    rule_no_leak("echo_server", serve_data);
}

TEST("echo_server.nofiles", .points = 1,
     .title = "echo_server outlives a lack of descriptors and serves again",
     .why = "EMFILE says that accept has no descriptor now. It goes by; a "
            "server that ends for it does not.",
     .hint = "net_accept waits a little and tries again. So does a loop of "
             "your own: it must neither end nor spin.",
     .section = "Running out of descriptors", .manual = "accept(2)")
{
    rule_out_of_descriptors("echo_server", serve_data);
}

TEST("echo_server.idle", .points = 1,
     .title = "echo_server uses no processor time while it waits",
     .why = "A loop that goes round without waiting heats the machine and "
            "takes the processor from those who have work.",
     .hint = "recv returns 0 at the end of the stream, and goes on returning "
             "0: leave the loop there, and after an error too.",
     .section = "Waiting without spinning", .manual = "recv(2)")
{
    rule_server_idle("echo_server", serve_data);
}

TEST("echo_server.restart", .points = 1,
     .title = "It can be started again at once, but not twice on one port",
     .why = "After a server's end its connections keep the port for a minute, "
            "unless it is bound with SO_REUSEADDR. And two servers on one port "
            "would share the clients by chance.",
     .hint = "net_listen sets SO_REUSEADDR, before bind: behind it it is too "
             "late. Print what failed and why: err(1, \"%s\", call).",
     .section = "Starting again on the same port", .manual = "socket(7)")
{
    rule_port_taken("echo_server", serve_data);
    rule_restart("echo_server", serve_data);
}

TEST("echo_server.ready", .points = 1,
     .title = "\"listening on port N\" is on stdout once it is true",
     .why = "Who starts a server from a script waits for this line. With port "
            "0 it is the only way to learn the port.",
     .hint = "net_announce, after net_listen.", .section = "The ready line",
     .manual = "getsockname(2)")
{
    rule_ready_line("echo_server", serve_data);
}

TEST("echo_server.port", .points = 1, .arena = true,
     .title = "Without an argument echo_server uses port 5050",
     .hint = "If argc is 1 there is no argv[1] to read.",
     .why = "The command line is echo_server [PORT].",
     .section = "What you build")
{
    struct program *server = start("echo_server");
    wait_listening(server, 5050);
    serve_data(dial(server, 5050));
}

TEST("echo_server.address", .points = 1,
     .title = "echo_server answers on every address of the machine",
     .why = "A machine has several addresses. Bound to one of them, a server "
            "cannot be reached by the others.",
     .hint = "net_listen binds to INADDR_ANY.",
     .section = "The helpers, from now on", .manual = "ip(7)")
{
    rule_every_address("echo_server", serve_data);
}

TEST("echo_server.usage", .points = 1,
     .title = "Wrong arguments: \"usage: …\" on stderr and exit status 2",
     .why = "A program that guesses what was meant serves on a port that "
            "nobody asked for.",
     .hint = "net_parse_port(argv[1], 0, &port) says false for what is no "
             "port. Look at argc too.",
     .section = "Usage and run-time errors", .manual = "strtol(3)")
{
    rule_server_usage("echo_server", 0, 1);
}

TEST("echo_server.asan", .points = 1,
     .title = "AddressSanitizer, LeakSanitizer and UBSan stay silent",
     .why = "A program can pass every other test and still write where it must "
            "not. The sanitizers see it.",
     .hint = "The prefix takes room in the buffer too: recv may fill what is "
             "left, not all of it.",
     .section = "Memory and the sanitizers", .manual = "gcc(1)")
{
    uint16_t port = random_port();
    struct program *server =
        start("echo_server", .args = {format("%u", port)}, .sanitized = true);
    wait_listening(server, port);
    /* Sizes at which buffers are just full. */
    static const size_t sizes[] = {1, 255, 256, 1024, 4096, 65536};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct conn *client = dial(server, port);
        say(client, random_word(sizes[i]), sizes[i]);
        half_close(client);
        read_to_end(client, NULL);
        hang_up(client);
    }
    struct conn *client = dial(server, port);
    say_text(client, random_word(10));
    let_work(server);
    reset(client);
    serve_data(dial(server, port));

    /* Ways out that are errors. */
    expect_no_sanitizer_report(
        start("echo_server", .args = {format("%u", port)}, .sanitized = true));
    expect_no_sanitizer_report(
        start("echo_server", .args = {"80x"}, .sanitized = true));
    expect_no_sanitizer_report(server);
}
