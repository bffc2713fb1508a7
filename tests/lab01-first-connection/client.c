/* The tests of lab 01's client. */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct program *start_client(uint16_t port, const void *input,
                                    size_t size)
{
    return start("client", .args = {"127.0.0.1", format("%u", port)},
                 .input = input, .input_size = size);
}

/* A client with this as its stdin, and the connection that it makes. */
static struct conn *called(struct program **client, const void *input,
                           size_t size)
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    *client = start_client(port, input, size);
    return accept_here(listener, *client);
}

static struct conn *called_with_word(struct program **client)
{
    const char *line = format("%s\n", random_word(5 + random_below(30)));
    struct conn *conn = called(client, line, strlen(line));
    read_bytes(conn, 1); /* which bytes is a test of its own */
    return conn;
}

/* Was the answer printed? What stands before it on its line is taken as it is,
 * for how the prompt reads is a test of its own. So is the exit status. */
static void expect_printed(struct program *client, const void *text,
                           size_t size)
{
    size_t got_size;
    ends_within(client, LONG_MS, NULL, NULL);
    const char *got = output_of(client, &got_size);
    size_t before = got_size >= size ? got_size - size : 0;
    const char *newline = memchr(got, '\n', before);
    if (got_size >= size && memcmp(got + before, text, size) == 0 &&
        (!newline || newline + 1 == got + before))
        return;
    expect_output(client, joined(prompt, strlen(prompt), text, size),
                  strlen(prompt) + size);
}

static void answer_call(struct conn *conn, struct program *client)
{
    const char *text = format("%s\n", random_word(5 + random_below(30)));
    say_text(conn, text);
    half_close(conn);
    expect_printed(client, text, strlen(text));
}

TEST("client.exchange", .points = 6,
     .title = "The client sends its line and prints the answer",
     .why = "This is what the lab is about.",
     .hint = "Send what was typed with its newline and nothing else: no NUL. "
             "Print what comes as it is, until recv returns 0; then exit "
             "status 0. getline reads a line, where scanf's %s stops at a "
             "blank.",
     .section = "The client, step by step", .manual = "connect(2)")
{
    struct program *client;
    const char *line = format("%s %s\n", random_word(5 + random_below(20)),
                              random_word(5 + random_below(20)));
    struct conn *conn = called(&client, line, strlen(line));
    expect_text(conn, line);
    answer_call(conn, client);
    expect_exit(client, 0);
    expect_end(conn);
}

TEST("client.prompt", .points = 2,
     .title = "The prompt is on stdout, and the answer follows it",
     .why = "Who sits before the program must see that it waits for a line.",
     .hint = "printf(\"Enter the message: \"): one blank at its end, no "
             "newline; then fflush(stdout), or nobody sees it in time.",
     .section = "The client, step by step", .manual = "fflush(3)")
{
    struct program *client;
    struct conn *conn = called_with_word(&client);
    const char *text = format("%s\n", random_word(20));
    say_text(conn, text);
    half_close(conn);
    const char *due = format("%s%s", prompt, text);
    expect_output(client, due, strlen(due));
}

TEST("client.one-line", .points = 2,
     .title = "One line of stdin is sent, and no more is waited for",
     .why = "Who types a line and Enter expects an answer now, not at the end "
            "of the input.",
     .hint = "getline reads one line. What follows it in the input is not "
             "yours to send.",
     .section = "The client, step by step", .manual = "getline(3)")
{
    given("What is typed are two lines, and the input goes on");
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    const char *first = format("%s\n", random_word(10)),
               *more = format("%s%s\n", first, random_word(20));
    struct program *client =
        start("client", .args = {"127.0.0.1", format("%u", port)},
              .open_stdin = true);
    give_input(client, more, strlen(more));
    struct conn *conn = accept_here(listener, client);
    expect_text(conn, first);
    answer_call(conn, client);
    expect_end(conn);
}

TEST("client.long-line", .points = 4,
     .title = "A line of any length is sent whole",
     .why = "Whatever the size of a buffer, some line is longer.",
     .hint = "getline makes room as it reads; fgets stops when its array is "
             "full, and the line goes on.",
     .section = "The client, step by step", .manual = "getline(3)")
{
    /* The second is what a pipe and a usual buffer hold together. */
    static const size_t sizes[] = {10000, 69000, 300000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        given("The line has %s bytes", show_count(sizes[i]));
        struct program *client;
        const char *line = format("%s\n", random_word(sizes[i]));
        struct conn *conn = called(&client, line, sizes[i] + 1);
        expect_bytes(conn, line, sizes[i] + 1);
        answer_call(conn, client);
        expect_end(conn);
    }
}

TEST("client.bytes", .points = 3,
     .title = "Every byte of the line and of the answer passes unchanged",
     .why = "Data is bytes with a length. A NUL is a byte like any other, and "
            "bytes from 0x80 on belong to texts that are not ASCII.",
     .hint = "getline returns the length, recv does: go by these. strlen and "
             "%s stop at the first NUL, and an answer is no format for printf.",
     .section = "Bytes, not strings", .manual = "fwrite(3)")
{
    enum { SIZE = 200 };
    struct program *client;
    const char *line = joined(any_bytes(SIZE), SIZE, "\n", 1);
    struct conn *conn = called(&client, line, SIZE + 1);
    expect_bytes(conn, line, SIZE + 1);
    const char *text = any_bytes(SIZE);
    say(conn, text, SIZE);
    half_close(conn);
    expect_printed(client, text, SIZE);
}

TEST("client.empty", .points = 2,
     .title = "Empty or without its newline, a line is sent with it",
     .why = "An empty message is a message, and the server waits for the end "
            "of each.",
     .hint = "At the end of the input getline returns -1: then the line is its "
             "newline alone. Or the input ends before the newline: then put "
             "one behind the line.",
     .section = "The client, step by step", .manual = "getline(3)")
{
    given("What is typed is an empty line");
    struct program *client;
    struct conn *conn = called(&client, "\n", 1);
    expect_text(conn, "\n");
    answer_call(conn, client);
    expect_end(conn);

    given("The input is empty");
    conn = called(&client, NULL, 0);
    expect_text(conn, "\n");
    answer_call(conn, client);
    expect_end(conn);

    given("The input is a word without a newline");
    const char *word = random_word(5 + random_below(30));
    conn = called(&client, word, strlen(word));
    expect_text(conn, format("%s\n", word));
    answer_call(conn, client);
    expect_end(conn);
}

TEST("client.pieces", .points = 4,
     .title = "An answer in many pieces is printed to its end",
     .why = "One recv returns what has come so far, not what the server sent.",
     .hint = "Call recv again and print again, until it returns 0.",
     .section = "Where a message ends", .manual = "recv(2)")
{
    struct program *client;
    struct conn *conn = called_with_word(&client);
    size_t size = 40, first = 1 + random_below(20);
    const char *text = format("%s\n", random_word(size - 1));
    given("Of 40 bytes %zu come first", first);
    say_apart(conn, text, first);
    let_work(client);
    say_apart(conn, text + first, 1);
    dribble(conn, text + first + 1, size - first - 1);
    half_close(conn);
    expect_printed(client, text, size);
}

TEST("client.large", .points = 1,
     .title = "An answer of 100,000 bytes and many lines is printed whole",
     .why = "An answer ends where its stream ends, not at a newline and not "
            "when a buffer is full.",
     .hint = "recv into a buffer of fixed size, print that, repeat until recv "
             "returns 0.",
     .section = "Where a message ends", .manual = "recv(2)")
{
    enum { SIZE = 100000 };
    given("The answer has many lines");
    struct program *client;
    struct conn *conn = called_with_word(&client);
    const unsigned char *text = random_bytes(SIZE);
    say(conn, text, SIZE);
    half_close(conn);
    expect_printed(client, text, SIZE);
}

TEST("client.short-counts", .points = 3,
     .title = "A send that took part of the line is continued",
     .why = "send returns how many bytes it took, which may be fewer than it "
            "was given. The rest is lost if nobody sends it.",
     .hint = "Loop: send(fd, line + done, length - done, …) until done == "
             "length.",
     .section = "Short counts", .manual = "send(2)")
{
    given("Each send and recv moves a few bytes only");
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    const char *line = format("%s\n", random_word(60));
    struct program *client =
        start("client", .args = {"127.0.0.1", format("%u", port)},
              .input = line, .faults = "short");
    struct conn *conn = accept_here(listener, client);
    expect_text(conn, line);
    answer_call(conn, client);
    expect_end(conn);
}

TEST(
    "client.no-answer", .points = 2,
    .title = "Where nothing is answered the client says so and exits with 1",
    .why = "An empty answer that looks like success hides that the server "
           "failed.",
    .hint =
        "Count the bytes that came. None at the end of the stream is an error: "
        "errx(1, \"%s: no answer\", host).",
    .section = "Usage and run-time errors", .manual = "err(3)")
{
    given("The server ends the stream without an answer");
    struct program *client;
    half_close(called_with_word(&client));
    expect_runtime_error(client, NULL);
}

TEST("client.reset", .points = 1,
     .title = "A reset instead of an answer is a run-time error too",
     .why = "A connection that broke is not a server that had nothing to say.",
     .hint = "recv returning -1 is an error, not the end of the stream: err(1, "
             "\"recv\").",
     .section = "Usage and run-time errors", .manual = "recv(2)")
{
    given("The server resets the connection");
    struct program *client;
    reset(called_with_word(&client));
    expect_runtime_error(client, NULL);
}

/* The line fills all buffers, so that some of it is always still to be sent
 * when the connection is gone. */
TEST("client.gone", .points = 1, .arena = true,
     .title = "A server that is gone ends the client with words, not a signal",
     .why = "A program that SIGPIPE killed says nothing, and its user learns "
            "nothing.",
     .hint = "signal(SIGPIPE, SIG_IGN), or MSG_NOSIGNAL with each send: then "
             "send returns -1 with EPIPE.",
     .section = "Clients that misbehave", .manual = "signal(7)")
{
    enum { SIZE = 60000 }; /* not more than a pipe holds */
    given("The server is gone while the client sends");
    clamp_buffers();
    struct program *client;
    const char *line = format("%s\n", random_word(SIZE));
    struct conn *conn = called(&client, line, SIZE + 1);
    half_close(conn);
    reset(conn);
    expect_runtime_error(client, NULL);
}

/* What is typed, for the rules that all clients keep. */
static const struct launch typing = {.name = "client", .input = "hello\n"};

static void converse(struct conn *conn, struct program *client)
{
    expect_text(conn, typing.input);
    answer_call(conn, client);
}

TEST("client.interrupted", .points = 0,
     .title = "A call that a signal interrupted is made again (EINTR)",
     .why = "A call that waits can come back with EINTR and nothing done. That "
            "is no error of the connection.",
     .hint = "If a call returns -1 and errno is EINTR, make it again.",
     .section = "Clients that misbehave", .manual = "signal(7)")
{
    rule_client_interrupted(&typing, converse);
}

TEST("client.refused", .points = 1,
     .title = "Where nobody listens the client says so and exits with 1",
     .why = "\"Connection refused\" tells the user to start the server.",
     .hint = "Check what connect returns; print \"client: …: \" and "
             "strerror(errno) on stderr.",
     .section = "Usage and run-time errors", .manual = "connect(2)")
{
    rule_client_refused(&typing);
}

TEST("client.name", .points = 1,
     .title = "HOST may be a name, such as localhost",
     .why = "People remember names. Numbers change.",
     .hint = "inet_pton and inet_addr read numbers only: getaddrinfo reads "
             "both.",
     .section = "Names and addresses", .manual = "getaddrinfo(3)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client =
        start("client", .args = {"localhost", format("%u", port)},
              .input = "hello\n");
    answer_call(accept_here(listener, client), client);
}

TEST("client.unknown-host", .points = 1,
     .title = "A host that does not exist is a run-time error",
     .why = "Names are looked up before anything is connected, and that can "
            "fail too.",
     .hint = "getaddrinfo returns an error number of its own; gai_strerror "
             "puts it into words.",
     .section = "Names and addresses", .manual = "getaddrinfo(3)")
{
    rule_client_unknown_host(&typing);
}

TEST("client.addresses", .points = 1, .arena = true,
     .title = "The client tries each address of a name in turn",
     .why = "A name may have several addresses, and the first may be down.",
     .hint = "Walk the list that getaddrinfo returned until one connects; a "
             "new socket for each try.",
     .section = "Names and addresses", .manual = "getaddrinfo(3)")
{
    rule_client_addresses(&typing, answer_call);
}

TEST("client.usage", .points = 2,
     .title = "Wrong arguments: \"usage: …\" on stderr and exit status 2",
     .why = "A client that guesses talks to a program that nobody meant.",
     .hint = "Two arguments, no fewer and no more: look at argc before argv. A "
             "client's port is plain decimal digits from 1 to 65535.",
     .section = "Usage and run-time errors", .manual = "strtol(3)")
{
    rule_client_usage(&typing, 2, 2);
}

TEST("client.idle", .points = 1,
     .title = "A client that waits uses no processor time",
     .why = "A loop that goes round without waiting heats the machine and "
            "takes the processor from those who have work.",
     .hint = "Let recv wait: no MSG_DONTWAIT, no non-blocking socket in a loop "
             "without poll.",
     .section = "Waiting without spinning", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client =
        start("client", .args = {"127.0.0.1", format("%u", port)},
              .open_stdin = true);
    expect_idle(client, "while it waits for a line");
    give_input(client, "hello\n", 6);
    struct conn *conn = accept_here(listener, client);
    read_bytes(conn, 1);
    expect_idle(client, "while it waits for the answer");
    say_text(conn, "a part");
    expect_idle(client, "while the rest of the answer is to come");
}

TEST("client.sanitizers", .points = 2,
     .title = "AddressSanitizer, LeakSanitizer and UBSan stay silent",
     .why = "A program can pass every other test and still write where it must "
            "not. The sanitizers see it.",
     .hint = "Build with gcc -g -fsanitize=address,undefined and run it "
             "yourself: the report names the line.",
     .section = "Memory and the sanitizers", .manual = "gcc(1)")
{
    /* Sizes at which buffers are just full. */
    static const size_t sizes[] = {256, 1024, 65536};
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct launch launch = {.name = "client",
                            .args = {"127.0.0.1", format("%u", port)},
                            .sanitized = true};
    struct program *client;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t size = sizes[i];
        given("Line and answer have %s bytes each", show_count(size));
        launch.input = format("%s\n", random_word(size - 1));
        client = start_program(&launch);
        struct conn *conn = accept_here(listener, client);
        read_bytes(conn, 1);
        say(conn, any_bytes(size), size);
        half_close(conn);
        expect_exit(client, 0);
        expect_no_sanitizer_report(client);
    }

    /* Ways out that are errors. */
    given("The server ends the stream without an answer");
    client = start_program(&launch);
    half_close(accept_here(listener, client));
    wait_exit(client);
    expect_no_sanitizer_report(client);

    given("The command line is wrong");
    launch.args[1] = NULL;
    client = start_program(&launch);
    wait_exit(client);
    expect_no_sanitizer_report(client);
}
