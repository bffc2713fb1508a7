/* The tests of lab 01's server: how it ends, clients that misbehave, and the
 * rules of every server. */
#include "suite.h"

/* The whole exchange, with this built into the program's calls. All lies there
 * before the server gets to it, so that it goes the same way every time. */
static void serve_under(const char *faults, const char *in_words)
{
    given("%s", in_words);
    uint16_t port = random_port();
    struct program *server =
        start("server", .args = {format("%u", port)}, .faults = faults);
    let_work(server); /* one that dies of it at once has died by then */
    if (has_ended(server))
        fail_test(&(struct verdict){.expected = "a server that waits for its "
                                                "client",
                                    .received = describe_program(server)},
                  "server %s.", describe_program(server));
    wait_listening(server, port);
    freeze(server);
    struct conn *client = dial(server, port);
    const char *word = random_word(60);
    say_text(client, format("%s\n", word));
    half_close(client);
    thaw(server);
    expect_text(client, answer);
    expect_end(client);
    expect_message(server, word, strlen(word));
}

TEST("server.short-counts", .points = 3,
     .title = "A send or recv that moved part of the bytes is continued",
     .why = "send returns how many bytes it took, which may be fewer than it "
            "was given, and recv may bring a single byte.",
     .hint = "Loop: send(fd, data + done, size - done, …) until done == size. "
             "And recv until the message has ended.",
     .section = "Short counts", .manual = "send(2)")
{
    serve_under("short", "Each send and recv moves a few bytes only");
}

/* All lies there before the server runs on, and it is asked at its end, so that
 * a reset shows every time. */
TEST("server.close", .points = 4,
     .title = "A client that sent too much sees the whole answer and no reset",
     .why = "To close a connection with input unread makes TCP send a reset. "
            "That can destroy an answer that is still on its way.",
     .hint = "After the answer shutdown(fd, SHUT_WR), then recv until it "
             "returns 0 (for 1 second at most), and only then close.",
     .section = "Closing without a reset", .manual = "shutdown(2)")
{
    const struct {
        size_t size;
        const char *in_words;
    } more[] = {{30, "two lines"},
                {300, "300 bytes and no newline"},
                {1 << 20, "1 MiB after its line"}};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        uint16_t port = random_port();
        struct program *server = start_server("server", port);
        const char *line =
            format("%s%s%s\n", random_word(10), i == 1 ? "" : "\n",
                   random_word(more[i].size));
        given("The client sends %s", more[i].in_words);
        freeze(server);
        struct conn *client = dial(server, port);
        say_deaf(client, line, strlen(line) - (i == 1));
        thaw(server);
        expect_text(client, answer);
        expect_end(client);
        half_close(client);
        ends_within(server, LONG_MS, NULL, NULL);
        expect_no_reset(client, "after its answer");
    }
}

/* A client that sends more when it has its answer, up to the server's end;
 * `faults` are built into the server's calls. */
static struct conn *send_after_the_answer(const char *faults)
{
    uint16_t port = random_port();
    struct program *server =
        start("server", .args = {format("%u", port)}, .faults = faults);
    struct conn *client = call(server, port);
    say_text(client, format("%s\n", random_word(10)));
    read_bytes(client, 1);
    let_work(server);
    say_text(client, random_word(1000));
    half_close(client);
    ends_within(server, LONG_MS, NULL, NULL);
    return client;
}

TEST("server.still-sends", .points = 1,
     .title = "Nor does a client that still sends when the answer comes",
     .why = "The rest of what a client sends may come later than your answer "
            "goes. Whatever comes to a closed connection is reset.",
     .hint = "Reading what is there now is not enough: wait for the client's "
             "end of stream, for up to a second.",
     .section = "Closing without a reset", .manual = "poll(2)")
{
    given("The client has its answer and sends 1,000 bytes more");
    expect_no_reset(send_after_the_answer(NULL),
                    "while the client was still sending");
}

/* The contract's second, and as much again as a busy machine may need. */
enum { LINGER_MS = 1600 };

static void expect_gone(struct program *server, const char *client)
{
    if (!has_ended(server))
        fail_test(&(struct verdict){.expected = "its end, 1 second after its "
                                                "answer at the latest",
                                    .received = describe_program(server)},
                  "server stays for more than 1 second because of a client "
                  "that %s.",
                  client);
}

TEST("server.linger", .points = 2,
     .title = "A client that keeps its end open holds the server for 1 s only",
     .why = "Some clients never end. Nobody else's server must wait for them.",
     .hint = "Before you wait for the client's end with recv, poll for as long "
             "as is left of the second.",
     .section = "Closing without a reset", .manual = "poll(2)")
{
    struct program *server;
    struct conn *client = call_server(&server);
    say_text(client, format("%s\n", random_word(10)));
    read_bytes(client, 1);
    ends_within(server, LINGER_MS, NULL, NULL);
    expect_gone(server, "has its answer and keeps its end open");
}

static void drip(void *client)
{
    say_text(client, "x");
}

TEST("server.drip", .points = 1,
     .title = "A client that goes on sending holds the server for 1 s only",
     .why = "A limit for each recv is none: with a byte now and then a client "
            "begins it anew for ever.",
     .hint = "Note the time once, before the loop; each poll gets what is left "
             "of the second.",
     .section = "Closing without a reset", .manual = "clock_gettime(2)")
{
    struct program *server;
    struct conn *client = call_server(&server);
    say_text(client, format("%s\n", random_word(10)));
    read_bytes(client, 1);
    ends_within(server, LINGER_MS, drip, client);
    expect_gone(server, "sends a byte now and then and never ends");
}

static void expect_no_signal(struct program *server)
{
    int status = wait_exit(server);
    if (status != 0 && status != 1)
        fail_test(&(struct verdict){.expected = "exit status 0 or 1",
                                    .received = describe_program(server)},
                  "server %s.", describe_program(server));
}

TEST("server.reset", .points = 2,
     .title = "No client makes a signal kill the server",
     .why = "Clients crash, and lose their network. A server that a signal "
            "killed cannot even say what happened.",
     .hint =
         "Sending to a connection that is gone raises SIGPIPE, which kills "
         "a program unless it is ignored. And recv returns -1 after a reset: "
         "that is no count of bytes, and there is nobody to answer.",
     .section = "Clients that misbehave", .manual = "signal(7)")
{
    given("The client resets the connection at once");
    struct program *server;
    reset(call_server(&server));
    expect_no_signal(server);

    given("The client resets the connection in the middle of its message");
    struct conn *client = call_server(&server);
    say_text(client, random_word(10));
    reset(client);
    expect_no_signal(server);

    /* The answer meets a connection that was ended, and then reset. The server
     * is frozen meanwhile, so that it happens every time. */
    given("The client is gone before its answer");
    uint16_t port = random_port();
    server = start_server("server", port);
    freeze(server);
    client = dial(server, port);
    say_text(client, format("%s\n", random_word(10)));
    half_close(client);
    reset(client);
    thaw(server);
    expect_no_signal(server);
}

TEST("server.interrupted", .points = 1,
     .title = "A call that a signal interrupted is made again (EINTR)",
     .why = "A call that waits can come back with EINTR and nothing done. That "
            "is no error of the connection.",
     .hint = "If a call returns -1 and errno is EINTR, make it again.",
     .section = "Clients that misbehave", .manual = "signal(7)")
{
    serve_under("eintr=accept", "Every second accept is interrupted (EINTR)");
    serve_under("eintr=recv",
                "Every second recv (or read) is interrupted (EINTR)");
    serve_under("eintr=send",
                "Every second send (or write) is interrupted (EINTR)");
    serve_under("eintr=poll",
                "Every second poll (or select) is interrupted (EINTR)");

    given(NULL);
    if (was_reset(send_after_the_answer(NULL)))
        return; /* signals have no part in it */
    given("Every second poll (or select) is interrupted (EINTR), and the "
          "client has its answer and sends 1,000 bytes more");
    expect_no_reset(send_after_the_answer("eintr=poll"),
                    "while the client was still sending");
}

TEST("server.aborted", .points = 1,
     .title = "A client that left before accept does no harm (ECONNABORTED)",
     .why = "accept reports errors of the connection that it was about to "
            "return. The next client is still to come.",
     .hint = "If accept returns -1 with ECONNABORTED, call it again.",
     .section = "Clients that misbehave", .manual = "accept(2)")
{
    serve_under("aborted", "Every second accept finds that its client has gone "
                           "(ECONNABORTED)");
}

TEST("server.idle", .points = 1,
     .title = "A server that waits uses no processor time",
     .why = "A loop that goes round without waiting heats the machine and "
            "takes the processor from those who have work.",
     .hint = "Let accept, recv and poll wait; do not ask again and again. At "
             "the end of the stream recv returns 0, each time: leave the loop "
             "there, and after an error too.",
     .section = "Waiting without spinning", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct program *server = start_server("server", port);
    expect_idle(server, "while it waits for a client");
    struct conn *client = dial(server, port);
    expect_idle(server, "while its client says nothing");
    say_text(client, random_word(10));
    expect_idle(server, "while the rest of the message is to come");
    say_text(client, "\n");
    read_bytes(client, 1);
    expect_idle(server, "while its client keeps its end open");
    hang_up(client);

    client = call_server(&server);
    say_text(client, random_word(10));
    half_close(client);
    expect_idle(server, "after the end of its client's stream");

    client = call_server(&server);
    say_text(client, random_word(10));
    reset(client);
    expect_idle(server, "after its client's reset");
}

TEST("server.restart", .points = 2,
     .title = "The server can be started again at once on the same port",
     .why = "After a server's end its connections stay in TIME_WAIT for a "
            "minute and keep the port, unless it is bound with SO_REUSEADDR.",
     .hint = "setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, …) between socket and "
             "bind.",
     .section = "Starting again on the same port", .manual = "socket(7)")
{
    rule_restart("server", serve);
}

TEST("server.port-taken", .points = 1,
     .title = "A second server on the port says so and ends with status 1",
     .why = "Two servers on one port would share the clients by chance. Who "
            "starts the second one wants to be told.",
     .hint = "Check what bind returns, and say why: err(1, \"bind\"). Use "
             "SO_REUSEADDR, never SO_REUSEPORT.",
     .section = "Starting again on the same port", .manual = "bind(2)")
{
    rule_port_taken("server", serve);
}

TEST("server.ready-line", .points = 2,
     .title = "\"listening on port N\" is on stdout once it is true",
     .why = "Who starts a server from a script waits for this line. With port "
            "0 it is the only way to learn the port.",
     .hint = "After listen: getsockname tells the port; print, then "
             "fflush(stdout), because a pipe is buffered.",
     .section = "The ready line", .manual = "getsockname(2)")
{
    rule_ready_line("server", serve);
}

TEST("server.addresses", .points = 1,
     .title = "The server answers on every address of the machine",
     .why = "A machine has several addresses. Bound to one of them, a server "
            "cannot be reached by the others.",
     .hint = "Bind to INADDR_ANY, not to 127.0.0.1.",
     .section = "Names and addresses", .manual = "ip(7)")
{
    rule_every_address("server", serve);
}

TEST("server.usage", .points = 2,
     .title = "Wrong arguments: \"usage: …\" on stderr and exit status 2",
     .why = "A program that guesses what was meant serves on a port that "
            "nobody asked for.",
     .hint = "One argument, no fewer and no more. A port is plain decimal "
             "digits from 0 to 65535: look at every character, and mind what "
             "a number too large does to strtol or atoi.",
     .section = "Usage and run-time errors", .manual = "strtol(3)")
{
    rule_server_usage("server", 1, 1);
}

static struct conn *call_sanitized(struct program **server)
{
    uint16_t port = random_port();
    given(NULL);
    *server = start("server", .args = {format("%u", port)}, .sanitized = true);
    return call(*server, port);
}

TEST("server.sanitizers", .points = 2,
     .title = "AddressSanitizer, LeakSanitizer and UBSan stay silent",
     .why = "A program can pass every other test and still write where it must "
            "not. The sanitizers see it.",
     .hint = "Build with gcc -g -fsanitize=address,undefined and run it "
             "yourself: the report names the line.",
     .section = "Memory and the sanitizers", .manual = "gcc(1)")
{
    /* Sizes at which buffers are just full, or empty. */
    static const size_t sizes[] = {255, 1000, 0};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct program *server;
        struct conn *client = call_sanitized(&server);
        given("The client sends %zu bytes", sizes[i]);
        say(client, any_bytes(sizes[i]), sizes[i]);
        half_close(client);
        expect_exit(server, 0);
        expect_no_sanitizer_report(server);
    }

    /* Ways out that are errors. */
    struct program *server;
    struct conn *client = call_sanitized(&server);
    given("The client resets the connection in the middle of its message");
    say_text(client, random_word(10));
    let_work(server);
    reset(client);
    wait_exit(server);
    expect_no_sanitizer_report(server);

    given("The command line is wrong");
    server = start("server", .args = {"80x"}, .sanitized = true);
    wait_exit(server);
    expect_no_sanitizer_report(server);
}
