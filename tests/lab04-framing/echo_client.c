/* echo_client.c: the tests of the client that shows the problem. */
#include "framing.h"

#include <string.h>

static struct program *start_client(uint16_t port, const char *first,
                                    const char *second)
{
    return start("echo_client",
                 .args = {"127.0.0.1", format("%u", port), first, second});
}

static void answer_defaults(struct conn *conn, struct program *client)
{
    answer_one(conn, "Hello world!", "");
    answer_one(conn, "Again!", "");
    expect_printed(client,
                   RECEIVED ECHO "Hello world!\n" RECEIVED ECHO "Again!\n");
}

TEST("echo_client.prints", .points = 2,
     .title = "A message goes out as it is; the answer is printed",
     .why = "This is what echo_client is for.",
     .hint = "Send the bytes of the message: no newline, no NUL. Then print "
             "\"Received: \", what one recv brought, and a newline.",
     .section = "echo_client, step by step", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    const char *word = random_word(5 + random_below(30));
    struct program *client = start_client(port, word, NULL);
    struct conn *conn = accept_here(listener, client);
    answer_one(conn, word, "");
    expect_printed(client, format(RECEIVED ECHO "%s\n", word));
    expect_end(conn);
}

TEST("echo_client.default", .points = 1, .arena = true,
     .title = "By default: localhost, 5050, \"Hello world!\", \"Again!\"",
     .why = "The command line is echo_client [HOST [PORT [MESSAGE…]]].",
     .hint = "Look at argc before argv[1], argv[2], argv[3].",
     .section = "What you build")
{
    struct listener *listener = listen_here("127.0.0.1", 5050);
    given("Without arguments");
    struct program *client = start("echo_client");
    answer_defaults(accept_here(listener, client), client);
    given("With HOST alone, 127.0.0.1");
    client = start("echo_client", .args = {"127.0.0.1"});
    answer_defaults(accept_here(listener, client), client);
}

TEST("echo_client.turns", .points = 1,
     .title = "Message by message: each waits for the answer before it",
     .why = "Without a border in the stream this is the client's only hope to "
            "tell whose answer it has.",
     .hint = "Send and recv are in one loop over argv[3], argv[4] and so on, "
             "not in two loops.",
     .section = "echo_client, step by step", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    const char *words[] = {random_word(8), random_word(3), random_word(12),
                           random_word(1)};
    struct program *client =
        start("echo_client", .args = {"127.0.0.1", format("%u", port), words[0],
                                      words[1], words[2], words[3]});
    struct conn *conn = accept_here(listener, client);
    char *due = "";
    for (int i = 0; i < 4; i++) {
        expect_text(conn, words[i]);
        expect_silence(conn, client,
                       "echo_client sends more before it has an answer");
        say_text(conn, format(ECHO "%s", words[i]));
        due = format("%s" RECEIVED ECHO "%s\n", due, words[i]);
    }
    expect_printed(client, due);
}

TEST("echo_client.1-recv", .points = 1,
     .title = "The answer is what one recv brings, all of it or a part",
     .why = "That is the mistake which this client is there to show: the rest "
            "of an answer passes for the next one.",
     .hint = "Call recv once a message. How many bytes the answer ought to "
             "have is not for this client to reckon.",
     .section = "A stream has no messages", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    const char *word = random_word(12);
    struct program *client = start_client(port, word, "and more");
    struct conn *conn = accept_here(listener, client);
    expect_text(conn, word);
    say_apart(conn, format(ECHO "%.5s", word), ECHO_SIZE + 5);
    given("The answer's first part is \"" ECHO "%.5s\"", word);
    expect_text(conn, "and more");
    say_text(conn, word + 5);
    expect_printed(
        client, format(RECEIVED ECHO "%.5s\n" RECEIVED "%s\n", word, word + 5));
}

TEST("echo_client.bytes", .points = 1,
     .title = "Every byte of the answer is printed, NUL and newline too",
     .why = "What comes from a network is bytes with a length. No NUL ends "
            "them, and there may be one within.",
     .hint = "Print with fwrite and the count; %s stops at the first NUL, or "
             "far behind the end.",
     .section = "Bytes, not strings", .manual = "fwrite(3)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port, "x", "y");
    struct conn *conn = accept_here(listener, client);
    struct text answer = {0}, due = {0};
    add_text(&answer, ECHO);
    add(&answer, random_bytes(40), 40);
    answer.data[ECHO_SIZE + 5] = answer.data[answer.size - 1] = '\0';
    answer.data[ECHO_SIZE + 8] = '\n';
    add_text(&due, RECEIVED);
    add(&due, answer.data, answer.size);
    add_text(&due, "\n" RECEIVED);
    add(&due, "\0a\n", 3);
    expect_text(conn, "x");
    say_apart(conn, answer.data, answer.size);
    expect_text(conn, "y");
    say(conn, "\0a", 2); /* is no empty string, and no end */
    expect_output(client, due.data, due.size);
}

TEST("echo_client.short", .points = 1,
     .title = "A send that took part of the message is continued",
     .why = "send may take fewer bytes than it was given.",
     .hint = "net_send_all does it.", .section = "Short counts",
     .manual = "send(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    const char *word = random_word(60);
    given(FEW_BYTES);
    struct program *client =
        start("echo_client", .args = {"127.0.0.1", format("%u", port), word},
              .faults = "short");
    answer_one(accept_here(listener, client), word, "");
    expect_exit(client, 0);
}

static void answer_both(struct conn *conn, struct program *client)
{
    answer_one(conn, "hello", "");
    answer_one(conn, "again", "");
    expect_printed(client, RECEIVED ECHO "hello\n" RECEIVED ECHO "again\n");
}

TEST("echo_client.eintr", .points = 0,
     .title = "A call that a signal interrupted is made again (EINTR)",
     .why = "A call that waits can come back with EINTR and nothing done. That "
            "is no error of the connection.",
     .hint = "If recv returns -1 and errno is EINTR, call it again. "
             "net_send_all does so itself.",
     .section = "Clients that misbehave", .manual = "signal(7)")
{
    rule_client_interrupted(
        &(struct launch){.name = "echo_client",
                         .args = {"", "", "hello", "again"}},
        answer_both);
}

TEST("echo_client.end", .points = 1,
     .title = "An end of stream before the answer is a run-time error",
     .why = "A server that dies looks just like that. Who reads the output "
            "must not take it for an empty answer.",
     .hint = "recv returns 0 at the end of the stream and -1 for an error: say "
             "so on stderr, exit 1.",
     .section = "Usage and run-time errors", .manual = "recv(2)")
{
    rule_early_end("echo_client", "", NULL);
}

TEST("echo_client.gone", .points = 1,
     .title = "A server that has gone is a run-time error, not a signal",
     .why = "Sending to a connection that is gone raises SIGPIPE, which ends "
            "the client without a word to its user.",
     .hint = "net_send_all returns -1 instead: say why, exit 1.",
     .section = "Clients that misbehave", .manual = "send(2)")
{
    rule_server_gone("echo_client", "");
}

TEST("echo_client.empty", .points = 1,
     .title = "An empty MESSAGE is a usage error",
     .why = "Without a border an empty message is nothing at all. The server "
            "never learns of it, and the client waits for ever.",
     .hint = "Look at all messages before you connect.",
     .section = "A stream has no messages")
{
    uint16_t port = random_port();
    listen_here("127.0.0.1", port);
    given("The only MESSAGE is empty");
    expect_usage_error(start_client(port, "", NULL));
    given("The second MESSAGE is empty");
    expect_usage_error(start_client(port, random_word(5), ""));
}

TEST("echo_client.idle", .points = 1,
     .title = "echo_client uses no processor time while it waits",
     .why = "A loop that goes round without waiting takes the processor from "
            "those who have work, the server among them.",
     .hint = "Let recv wait: no MSG_DONTWAIT, no non-blocking socket without "
             "poll.",
     .section = "Waiting without spinning", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port, random_word(5), NULL);
    accept_here(listener, client);
    expect_idle(client, "while the server says nothing");
}

TEST("echo_client.refused", .points = 1,
     .title = "No such host, or nobody listens: a run-time error",
     .why = "\"Connection refused\" tells the user to start the server, "
            "\"Name or service not known\" to look at the name.",
     .hint = "errx(1, \"%s: %s\", host, net_reason(error)).",
     .section = "Usage and run-time errors", .manual = "getaddrinfo(3)")
{
    rule_client_refused(&(struct launch){.name = "echo_client"});
    rule_client_unknown_host(&(struct launch){.name = "echo_client"});
}

static void answer_hello(struct conn *conn, struct program *client)
{
    answer_one(conn, "hello", "");
    expect_exit(client, 0);
}

TEST("echo_client.address", .points = 1, .arena = true,
     .title = "Each address of a name is tried in turn",
     .why = "A name may have several addresses, and the first may be down.",
     .hint = "net_connect does it.", .section = "The helpers, from now on",
     .manual = "getaddrinfo(3)")
{
    rule_client_addresses(
        &(struct launch){.name = "echo_client", .args = {"", "", "hello"}},
        answer_hello);
}

TEST("echo_client.usage", .points = 1,
     .title = "A wrong port: \"usage: …\" on stderr and exit status 2",
     .why = "A client that guesses talks to a program that nobody meant.",
     .hint = "A client's port is plain decimal digits from 1 to 65535.",
     .section = "Usage and run-time errors", .manual = "strtol(3)")
{
    rule_client_usage(&(struct launch){.name = "echo_client"}, 0, -1);
}

TEST("echo_client.asan", .points = 1,
     .title = "AddressSanitizer, LeakSanitizer and UBSan stay silent",
     .why = "A program can pass every other test and still write where it must "
            "not. The sanitizers see it.",
     .hint = "Build with gcc -g -fsanitize=address,undefined and run it "
             "yourself: the report names the line.",
     .section = "Memory and the sanitizers", .manual = "gcc(1)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct launch launch = {.name = "echo_client",
                            .args = {"127.0.0.1", format("%u", port)},
                            .sanitized = true};
    static const size_t sizes[] = {1, 256, 1024, 4096, 65536};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        launch.args[2] = random_word(sizes[i]);
        struct program *client = start_program(&launch);
        struct conn *conn = accept_here(listener, client);
        answer_one(conn, launch.args[2], "");
        half_close(conn);
        wait_exit(client);
        expect_no_sanitizer_report(client);
    }

    /* Ways out that are errors. */
    struct program *client = start_program(&launch);
    struct conn *conn = accept_here(listener, client);
    expect_text(conn, launch.args[2]); /* unread it would be a reset */
    hang_up(conn);
    wait_exit(client);
    expect_no_sanitizer_report(client);
    static const char *const wrong[][2] = {
        {"no-such-host.invalid", "4242"}, {"127.0.0.1", "4242"}, {"", "80x"}};
    for (size_t i = 0; i < 3; i++) {
        launch.args[0] = wrong[i][0];
        launch.args[1] = wrong[i][1];
        client = start_program(&launch);
        wait_exit(client);
        expect_no_sanitizer_report(client);
    }
}
