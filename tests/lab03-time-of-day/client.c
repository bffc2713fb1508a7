/* The tests of lab 03's client. */
#include "times.h"

#include <stdlib.h>
#include <string.h>

/* No newline within, for the client puts the last one in order; a NUL, for it
 * may trust no byte to end a text. */
static char *random_reply(void)
{
    char *reply = (char *)random_bytes(TIME_SIZE);
    for (int i = 0; i < TIME_SIZE; i++)
        while (reply[i] == '\n')
            reply[i] = random_below(256);
    reply[5 + random_below(10)] = '\0';
    reply[0] = reply[TIME_SIZE - 1] = 'a' + random_below(26);
    return reply;
}

static char *random_time(void)
{
    use_zone("UTC0");
    return as_text(random_moment(random_below(12), 1 + random_below(28)));
}

static struct program *start_client(uint16_t port)
{
    return start("client", .args = {"127.0.0.1", format("%u", port)});
}

static void say_line(struct conn *conn, const char *reply)
{
    char line[TIME_LINE_SIZE];
    memcpy(line, reply, TIME_SIZE);
    line[TIME_SIZE] = '\n';
    say(conn, line, TIME_LINE_SIZE);
}

/* The client has printed the time, in whatever words. */
static void expect_printed(struct program *client, const char *reply)
{
    size_t size;
    wait_exit(client);
    const char *text = output_of(client, &size);
    if (memmem(text, size, reply, TIME_SIZE))
        return;
    char line[TIME_LINE_SIZE];
    memcpy(line, reply, TIME_SIZE);
    line[TIME_SIZE] = '\n';
    struct verdict shown = {.sent = show_bytes(line, TIME_LINE_SIZE, 0),
                            .expected = show_bytes(reply, TIME_SIZE, 0),
                            .received = show_bytes(text, size, 0)};
    fail_test(&shown, "client did not print all that the server sent.");
}

/* What a right server does for any client. */
static void tell_time(struct conn *conn, struct program *client)
{
    char *reply = random_time();
    say_line(conn, reply);
    half_close(conn);
    expect_printed(client, reply);
}

TEST("client.prints", .points = 6,
     .title = "The client prints \"Received from server: \" and the time",
     .why = "This is what the lab is about.",
     .hint = "Receive until recv returns 0, then print the words, with a blank "
             "after the colon, and the bytes that came.",
     .section = "The client, step by step", .manual = "recv(2)")
{
    size_t size;
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port);
    struct conn *conn = accept_here(listener, client);
    char *reply = random_time();
    say_line(conn, reply);
    half_close(conn);
    expect_exit(client, 0);

    const char *text = output_of(client, &size);
    char *due = format("Received from server: %s", reply);
    size_t same = common_prefix(text, size, due, strlen(due));
    struct verdict shown = {.expected = show_bytes(due, strlen(due), same),
                            .received = show_bytes(text, size, same)};
    if (same < strlen(due))
        fail_test(&shown,
                  "What client printed differs from what was due at "
                  "byte %zu.",
                  same + 1);
}

static void expect_one_newline(struct program *client)
{
    size_t size, newlines = 0;
    const char *text = output_of(client, &size);
    while (newlines < size && text[size - 1 - newlines] == '\n')
        newlines++;
    if (newlines != 1)
        fail_test(&(struct verdict){.expected = "the line, and one \"\\n\"",
                                    .received = show_bytes(text, size, size)},
                  "What client printed ends with %zu newlines.", newlines);
}

TEST("client.newline", .points = 2,
     .title = "The line on stdout ends with one newline",
     .why = "The time comes with a newline, or without. A second one leaves an "
            "empty line, and with none the shell's prompt follows at once.",
     .hint = "Take the newline off the end of what came, then print one "
             "yourself.",
     .section = "The end of the stream", .manual = "fwrite(3)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    given("The server sends a time and a newline");
    struct program *client = start_client(port);
    tell_time(accept_here(listener, client), client);
    expect_one_newline(client);

    given("The server sends a time without a newline");
    client = start_client(port);
    struct conn *conn = accept_here(listener, client);
    const char *reply = random_time();
    say_text(conn, reply);
    half_close(conn);
    expect_printed(client, reply);
    expect_one_newline(client);
}

TEST("client.pieces", .points = 5,
     .title = "A time that comes in pieces is put together",
     .why = "One recv returns what has come so far, not what the server sent. "
            "It may be a single byte.",
     .hint = "Add each piece behind those before it, recv(fd, answer + have, "
             "…), until recv returns 0.",
     .section = "The end of the stream", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port);
    struct conn *conn = accept_here(listener, client);
    char *reply = random_time();
    size_t first = 5 + random_below(10), second = first + 1 + random_below(8);
    say(conn, reply, first);
    let_work(client); /* it has taken it before there is more */
    say(conn, reply + first, second - first);
    let_work(client);
    say_text(conn, format("%s\n", reply + second));
    half_close(conn);
    expect_printed(client, reply);

    /* And byte by byte, as far as recv can tell. */
    client = start("client", .args = {"127.0.0.1", format("%u", port)},
                   .faults = "short");
    tell_time(accept_here(listener, client), client);
}

TEST("client.to-end", .points = 4,
     .title = "The client reads up to the end of the stream",
     .why = "That the newline has come says that a line is there. That this "
            "was all, only the end of the stream says.",
     .hint = "Go on until recv returns 0: not until a newline, nor until 25 "
             "bytes.",
     .section = "The end of the stream", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port);
    struct conn *conn = accept_here(listener, client);
    char *reply = random_time(), *line = format("%s\n", reply);
    say_text(conn, line);
    let_work(client);
    if (has_ended(client))
        fail_test(
            &(struct verdict){.sent = show_bytes(line, TIME_LINE_SIZE, 0),
                              .expected = "a client that waits for the end of "
                                          "the stream",
                              .received = "the client's end"},
            "client ended after the newline, but the stream had not ended.");
    half_close(conn);
    expect_printed(client, reply);
}

TEST("client.bytes", .points = 2,
     .title = "Every byte that comes is printed as it is",
     .why = "What comes from a network is bytes with a length. No NUL ends "
            "them, and there may be one within.",
     .hint = "Print with fwrite and the count; %s stops at the first NUL.",
     .section = "Bytes, not strings", .manual = "fwrite(3)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port);
    struct conn *conn = accept_here(listener, client);
    char *reply = random_reply();
    say_line(conn, reply);
    half_close(conn);
    expect_printed(client, reply);
}

TEST("client.early-end", .points = 3,
     .title = "A stream that ends before anything came is a run-time error",
     .why = "A server that dies before it speaks looks just like that. Who "
            "reads the output must not take it for an answer.",
     .hint = "recv returned 0 and you have nothing: say so on stderr, print "
             "nothing on stdout, exit with 1.",
     .section = "Usage and run-time errors", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port);
    half_close(accept_here(listener, client));
    expect_runtime_error(client, NULL);
}

TEST("client.reset", .points = 1,
     .title = "A connection that breaks off is a run-time error",
     .why = "After a reset nobody knows what is missing. Half a time that "
            "looks like a whole one is worse than an error.",
     .hint = "recv returns 0 at the end of the stream, and -1 for an error: "
             "two things, to be told apart.",
     .section = "The end of the stream", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port);
    struct conn *conn = accept_here(listener, client);
    say(conn, random_time(), 5 + random_below(15));
    let_work(client);
    reset(conn);
    expect_runtime_error(client, NULL);
}

TEST("client.idle", .points = 1,
     .title = "A client that waits uses no processor time",
     .why = "A loop that goes round without waiting takes the processor from "
            "those who have work, the server among them.",
     .hint = "Let recv wait: no MSG_DONTWAIT, no non-blocking socket without "
             "poll.",
     .section = "Waiting without spinning", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port);
    struct conn *conn = accept_here(listener, client);
    expect_idle(client, "while the server says nothing");
    say(conn, random_time(), 10);
    expect_idle(client, "while the rest of the time is missing");
}

TEST("client.defaults", .points = 2, .arena = true,
     .title = "Without arguments: localhost and 8888",
     .why = "The command line is client [HOST [PORT]].",
     .hint = "Look at argc before argv[1] and argv[2], and "
             "remember that localhost is a name: getaddrinfo looks it up.",
     .section = "What you build")
{
    struct listener *listener = listen_here("127.0.0.1", 8888);
    struct program *client = start("client");
    tell_time(accept_here(listener, client), client);
    client = start("client", .args = {"127.0.0.1"});
    tell_time(accept_here(listener, client), client);
}

TEST("client.interrupted", .points = 0,
     .title = "A call that a signal interrupted is made again (EINTR)",
     .why = "A call that waits can come back with EINTR and nothing done. That "
            "is neither an error nor the end of the stream.",
     .hint = "If a call returns -1 and errno is EINTR, make it again.",
     .section = "Clients that misbehave", .manual = "signal(7)")
{
    rule_client_interrupted(&(struct launch){.name = "client"}, tell_time);
}

TEST("client.refused", .points = 2,
     .title = "Where nobody listens the client says so and exits with 1",
     .why = "\"Connection refused\" tells the user to start the server.",
     .hint = "Check what connect returns; print \"client: …: \" and "
             "strerror(errno) on stderr.",
     .section = "Usage and run-time errors", .manual = "connect(2)")
{
    rule_client_refused(&(struct launch){.name = "client"});
}

TEST("client.unknown-host", .points = 1,
     .title = "A host that does not exist is a run-time error",
     .why = "Names are looked up before anything is connected, and that can "
            "fail too.",
     .hint = "getaddrinfo returns an error number of its own; gai_strerror "
             "puts it into words.",
     .section = "Names and addresses", .manual = "getaddrinfo(3)")
{
    rule_client_unknown_host(&(struct launch){.name = "client"});
}

TEST("client.addresses", .points = 1, .arena = true,
     .title = "The client tries each address of a name in turn",
     .why = "A name may have several addresses, and the first may be down.",
     .hint = "Walk the list that getaddrinfo returned until one connects; a "
             "new socket for each try.",
     .section = "Names and addresses", .manual = "getaddrinfo(3)")
{
    rule_client_addresses(&(struct launch){.name = "client"}, tell_time);
}

TEST("client.usage", .points = 1,
     .title = "Wrong arguments: \"usage: …\" on stderr and exit status 2",
     .why = "A client that guesses talks to a program that nobody meant.",
     .hint = "Two arguments at most. A client's port is plain decimal digits "
             "from 1 to 65535.",
     .section = "Usage and run-time errors", .manual = "strtol(3)")
{
    rule_client_usage(&(struct launch){.name = "client"}, 0, 2);
}

TEST("client.sanitizers", .points = 2,
     .title = "AddressSanitizer, LeakSanitizer and UBSan stay silent",
     .why = "A program can pass every other test and still write where it must "
            "not. The sanitizers see it.",
     .hint = "Build with gcc -g -fsanitize=address,undefined and run it "
             "yourself: the report names the line.",
     .section = "Memory and the sanitizers", .manual = "gcc(1)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct launch launch = {.name = "client",
                            .args = {"127.0.0.1", format("%u", port)},
                            .sanitized = true};
    struct program *client = start_program(&launch);
    tell_time(accept_here(listener, client), client);
    expect_no_sanitizer_report(client);

    /* The same way out with nothing to print. */
    client = start_program(&launch);
    half_close(accept_here(listener, client));
    wait_exit(client);
    expect_no_sanitizer_report(client);

    given("The server sends 70,000 bytes");
    client = start_program(&launch);
    struct conn *conn = accept_here(listener, client);
    say(conn, random_bytes(100), 100); /* or all arrays are just full */
    let_work(client);
    flood(conn, random_bytes(69900), 69900);
    half_close(conn);
    wait_exit(client);
    expect_no_sanitizer_report(client);
}
