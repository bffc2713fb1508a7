/* line_client.c: the tests of framing in the client. */
#include "framing.h"

#include <string.h>

static struct program *start_client(uint16_t port, const char *first,
                                    const char *second)
{
    return start("line_client",
                 .args = {"127.0.0.1", format("%u", port), first, second});
}

static struct program *start_with_input(uint16_t port, const void *input,
                                        size_t size)
{
    return start("line_client", .args = {"127.0.0.1", format("%u", port), "-"},
                 .input = input, .input_size = size);
}

static char *printed(const char *message)
{
    return format(RECEIVED ECHO "%s\n", message);
}

static void answer_defaults(struct conn *conn, struct program *client)
{
    answer_one(conn, "Hello world!", "\n");
    answer_one(conn, "Again!", "\n");
    expect_printed(client,
                   RECEIVED ECHO "Hello world!\n" RECEIVED ECHO "Again!\n");
}

TEST("line_client.prints", .points = 3,
     .title = "A line goes out, and the line that comes back is printed",
     .why = "This is what the lab is about.",
     .hint = "Send the message and one newline, no NUL. Receive until there is "
             "a newline; print \"Received: \" and the line.",
     .section = "line_client, step by step", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    const char *word = random_word(5 + random_below(30));
    struct program *client = start_client(port, word, NULL);
    struct conn *conn = accept_here(listener, client);
    answer_one(conn, word, "\n");
    expect_printed(client, printed(word));
    expect_end(conn);
}

TEST("line_client.default", .points = 1, .arena = true,
     .title = "By default: localhost, 5050, \"Hello world!\", \"Again!\"",
     .why = "The command line is line_client [HOST [PORT [MESSAGE…]]].",
     .hint = "Look at argc before argv[1], argv[2], argv[3].",
     .section = "What you build")
{
    struct listener *listener = listen_here("127.0.0.1", 5050);
    given("Without arguments");
    struct program *client = start("line_client");
    answer_defaults(accept_here(listener, client), client);
    given("With HOST alone, 127.0.0.1");
    client = start("line_client", .args = {"127.0.0.1"});
    answer_defaults(accept_here(listener, client), client);
}

TEST("line_client.turns", .points = 2,
     .title = "Lockstep: no line goes out before the answer is whole",
     .why = "So neither side ever has more than a line of the other's to keep, "
            "and no buffer fills up.",
     .hint =
         "Send, then receive up to the newline, then the next message. Half "
         "an answer is none.",
     .section = "A line out, a line back", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    const char *words[] = {random_word(8), random_word(3), random_word(12),
                           random_word(1)};
    struct program *client =
        start("line_client", .args = {"127.0.0.1", format("%u", port), words[0],
                                      words[1], words[2], words[3]});
    struct conn *conn = accept_here(listener, client);
    char *due = "";
    for (int i = 0; i < 4; i++) {
        expect_text(conn, format("%s\n", words[i]));
        expect_silence(conn, client,
                       "line_client sends more before it has an answer");
        if (i == 1) {
            say_text(conn, ECHO);
            expect_silence(conn, client,
                           "line_client takes the first part of an answer for "
                           "all of it, and sends more");
        }
        say_text(conn, format("%s%s\n", i == 1 ? "" : ECHO, words[i]));
        due = format("%s%s", due, printed(words[i]));
    }
    expect_printed(client, due);
}

TEST("line_client.bits", .points = 2,
     .title = "An answer in many pieces is one answer",
     .why = "One recv brings what has come so far, not what the server sent.",
     .hint = "Add each piece behind those before it until there is a newline "
             "among them.",
     .section = "Lines out of a stream", .manual = "memchr(3)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    const char *words[] = {random_word(9), random_word(12)};
    struct program *client = start_client(port, words[0], words[1]);
    struct conn *conn = accept_here(listener, client);
    for (int i = 0; i < 2; i++) {
        char *answer = answer_to(words[i]);
        expect_text(conn, format("%s\n", words[i]));
        for (char *p = answer; *p; p++)
            say_apart(conn, p, 1);
    }
    expect_printed(client,
                   format("%s%s", printed(words[0]), printed(words[1])));
}

TEST("line_client.bytes", .points = 1,
     .title = "Every byte of the answer is printed, NUL too",
     .why = "What comes from a network is bytes with a length. A newline ends "
            "a line; a NUL does not.",
     .hint = "memchr instead of strchr; fwrite and a length instead of %s.",
     .section = "Bytes, not strings", .manual = "fwrite(3)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port, "x", NULL);
    struct conn *conn = accept_here(listener, client);
    struct text due = {0};
    char *bytes = random_line_bytes(300);
    bytes[5] = bytes[299] = '\0';
    add_text(&due, RECEIVED);
    add_answer(&due, bytes, 300);
    const char *answer = due.data + strlen(RECEIVED);
    size_t size = due.size - strlen(RECEIVED), cut = ECHO_SIZE + 5;
    expect_text(conn, "x\n");
    say_apart(conn, answer, cut);
    given("The answer has a NUL in it");
    say(conn, answer + cut, size - cut);
    expect_exit(client, 0);
    expect_output(client, due.data, due.size);
}

TEST("line_client.empty", .points = 1, .title = "An empty MESSAGE is a message",
     .why = "With a border in the stream nothing can be said, and answered.",
     .hint = "Send the newline alone.", .section = "line_client, step by step")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    const char *word = random_word(6);
    struct program *client = start_client(port, "", word);
    struct conn *conn = accept_here(listener, client);
    answer_one(conn, "", "\n");
    answer_one(conn, word, "\n");
    expect_printed(client, format("%s%s", printed(""), printed(word)));
}

TEST("line_client.newline", .points = 1,
     .title = "A MESSAGE with a newline in it is a usage error",
     .why = "It would be two lines to the server, and two answers; from there "
            "on each answer would be printed for the wrong message.",
     .hint = "strchr(argv[i], '\\n'), for all messages, before you connect.",
     .section = "Usage and run-time errors", .manual = "strchr(3)")
{
    uint16_t port = random_port();
    listen_here("127.0.0.1", port);
    given("The only MESSAGE has a newline in it");
    expect_usage_error(start_client(port, "one\ntwo", NULL));
    given("The second MESSAGE has a newline at its end");
    expect_usage_error(start_client(port, random_word(5), "line\n"));
}

/* ---- Messages from stdin ---- */

TEST("line_client.stdin", .points = 1,
     .title = "\"-\" as the only MESSAGE: the lines of stdin, one by one",
     .why = "So the client can be used in a pipe, and by hand: each line is "
            "answered before the next is typed.",
     .hint = "getline, and an exchange for each line. Do not read all of stdin "
             "first.",
     .section = "A line out, a line back", .manual = "getline(3)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client =
        start("line_client", .args = {"127.0.0.1", format("%u", port), "-"},
              .open_stdin = true);
    char *due = "";
    const char *word = random_word(10);
    give_input(client, format("%s\n", word), 11);
    struct conn *conn = accept_here(listener, client);
    for (int i = 0; i < 3; i++) {
        answer_one(conn, word, "\n");
        due = format("%s%s", due, printed(word));
        word = random_word(10);
        if (i < 2)
            give_input(client, format("%s\n", word), 11);
    }
    end_input(client);
    expect_printed(client, due);
}

TEST("line_client.in-end", .points = 1,
     .title = "Of stdin, empty lines and a last one without newline count",
     .why = "The end of a file ends its last line too; and if stdin is empty, "
            "there is nothing to say.",
     .hint = "getline returns -1 at the end only. Send a newline of your own "
             "where the line has none.",
     .section = "The last line", .manual = "getline(3)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    const char *word = random_word(8), *last = random_word(5);
    char *input = format("%s\n\n%s", word, last);
    struct program *client = start_with_input(port, input, 0);
    struct conn *conn = accept_here(listener, client);
    answer_one(conn, word, "\n");
    answer_one(conn, "", "\n");
    answer_one(conn, last, "\n");
    expect_end(conn);
    expect_printed(client,
                   format("%s%s%s", printed(word), printed(""), printed(last)));

    given("stdin is empty");
    expect_printed(start_with_input(port, "", 0), "");
}

TEST("line_client.in-nul", .points = 1,
     .title = "A NUL in a line of stdin is sent like any other byte",
     .why = "A line's length is what getline returns, not what strlen finds.",
     .hint = "Use getline's return value, in both directions. fgets does not "
             "tell how much it read.",
     .section = "Bytes, not strings", .manual = "getline(3)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    char *line = random_line_bytes(200);
    line[0] = line[60] = '\0';
    line[199] = '\n';
    struct program *client = start_with_input(port, line, 200);
    struct conn *conn = accept_here(listener, client);
    expect_bytes(conn, line, 200);
    struct text answer = {0};
    add_answer(&answer, line, 199);
    say(conn, answer.data, answer.size);
    expect_exit(client, 0);
}

TEST("line_client.dash", .points = 1,
     .title = "\"-\" beside other messages is a message",
     .why = "It stands for stdin as the only MESSAGE. Else it would be "
            "impossible to send a single dash.",
     .hint = "argc == 4 && strcmp(argv[3], \"-\") == 0.",
     .section = "line_client, step by step")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    const char *word = random_word(6);
    for (int i = 0; i < 2; i++) {
        struct program *client = i == 0 ? start_client(port, "-", word)
                                        : start_client(port, word, "-");
        struct conn *conn = accept_here(listener, client);
        answer_one(conn, i == 0 ? "-" : word, "\n");
        answer_one(conn, i == 0 ? word : "-", "\n");
        expect_exit(client, 0);
    }
}

TEST("line_client.longest", .points = 1,
     .title = "A line of 65,536 bytes passes in both directions",
     .why = "What the server's limit allows the client must be able to send, "
            "and its answer is 8 bytes longer.",
     .hint = "Room for \"Echo ==>\", 65,536 bytes and a newline; or a buffer "
             "that grows.",
     .section = "Lines that are too long", .manual = "getline(3)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    char *line = random_word(LONGEST);
    struct program *client = start_client(port, line, "x");
    struct conn *conn = accept_here(listener, client);
    answer_one(conn, line, "\n");
    answer_one(conn, "x", "\n");
    expect_printed(client, format("%s%s", printed(line), printed("x")));

    given("The line is one of stdin");
    client = start_with_input(port, format("%s\nx", line), 0);
    conn = accept_here(listener, client);
    answer_one(conn, line, "\n");
    answer_one(conn, "x", "\n");
    expect_printed(client, format("%s%s", printed(line), printed("x")));
}

/* ---- What goes wrong ---- */

TEST("line_client.short", .points = 1,
     .title = "A send that took part of a line is continued",
     .why = "send may take fewer bytes than it was given.",
     .hint = "net_send_all does it.", .section = "Short counts",
     .manual = "send(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    const char *word = random_word(60);
    given(FEW_BYTES);
    struct program *client =
        start("line_client", .args = {"127.0.0.1", format("%u", port), word},
              .faults = "short");
    struct conn *conn = accept_here(listener, client);
    answer_one(conn, word, "\n");
    half_close(conn);
    wait_exit(client);
}

static void answer_both(struct conn *conn, struct program *client)
{
    answer_one(conn, "hello", "\n");
    answer_one(conn, "again", "\n");
    expect_printed(client, RECEIVED ECHO "hello\n" RECEIVED ECHO "again\n");
}

TEST("line_client.eintr", .points = 0,
     .title = "A call that a signal interrupted is made again (EINTR)",
     .why = "A call that waits can come back with EINTR and nothing done. That "
            "is no error of the connection.",
     .hint = "If recv returns -1 and errno is EINTR, call it again. "
             "net_send_all does so itself.",
     .section = "Clients that misbehave", .manual = "signal(7)")
{
    rule_client_interrupted(
        &(struct launch){.name = "line_client",
                         .args = {"", "", "hello", "again"}},
        answer_both);
}

TEST("line_client.end", .points = 1,
     .title = "An end of stream before the answer is a run-time error",
     .why = "A server that dies looks just like that. Half an answer that "
            "looks like a whole one is worse than an error.",
     .hint = "recv returns 0 at the end of the stream and -1 for an error: say "
             "so on stderr, exit 1. Without its newline no answer is whole.",
     .section = "Usage and run-time errors", .manual = "recv(2)")
{
    rule_early_end("line_client", "\n", ECHO "half an ans");
}

TEST("line_client.gone", .points = 1,
     .title = "A server that has gone is a run-time error, not a signal",
     .why = "Sending to a connection that is gone raises SIGPIPE, which ends "
            "the client without a word to its user.",
     .hint = "net_send_all returns -1 instead: say why, exit 1.",
     .section = "Clients that misbehave", .manual = "send(2)")
{
    rule_server_gone("line_client", "\n");
}

TEST("line_client.idle", .points = 1,
     .title = "line_client uses no processor time while it waits",
     .why = "A loop that goes round without waiting takes the processor from "
            "those who have work, the server among them.",
     .hint = "Let recv wait, and getline: no MSG_DONTWAIT, no non-blocking "
             "descriptor without poll.",
     .section = "Waiting without spinning", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port, random_word(5), NULL);
    struct conn *conn = accept_here(listener, client);
    expect_idle(client, "while the server says nothing");
    say_text(conn, ECHO);
    expect_idle(client, "while the rest of the answer is missing");
}

TEST("line_client.refused", .points = 1,
     .title = "No such host, or nobody listens: a run-time error",
     .why = "\"Connection refused\" tells the user to start the server, "
            "\"Name or service not known\" to look at the name.",
     .hint = "errx(1, \"%s: %s\", host, net_reason(error)).",
     .section = "Usage and run-time errors", .manual = "getaddrinfo(3)")
{
    rule_client_refused(&(struct launch){.name = "line_client"});
    rule_client_unknown_host(&(struct launch){.name = "line_client"});
}

static void answer_hello(struct conn *conn, struct program *client)
{
    answer_one(conn, "hello", "\n");
    expect_exit(client, 0);
}

TEST("line_client.address", .points = 1, .arena = true,
     .title = "Each address of a name is tried in turn",
     .why = "A name may have several addresses, and the first may be down.",
     .hint = "net_connect does it.", .section = "The helpers, from now on",
     .manual = "getaddrinfo(3)")
{
    rule_client_addresses(
        &(struct launch){.name = "line_client", .args = {"", "", "hello"}},
        answer_hello);
}

TEST("line_client.usage", .points = 1,
     .title = "A wrong port: \"usage: …\" on stderr and exit status 2",
     .why = "A client that guesses talks to a program that nobody meant.",
     .hint = "A client's port is plain decimal digits from 1 to 65535.",
     .section = "Usage and run-time errors", .manual = "strtol(3)")
{
    rule_client_usage(&(struct launch){.name = "line_client"}, 0, -1);
}

TEST("line_client.asan", .points = 1,
     .title = "AddressSanitizer, LeakSanitizer and UBSan stay silent",
     .why = "A program can pass every other test and still write where it must "
            "not. The sanitizers see it.",
     .hint = "Build with gcc -g -fsanitize=address,undefined and run it "
             "yourself: the report names the line. What getline and malloc "
             "gave, free takes back.",
     .section = "Memory and the sanitizers", .manual = "gcc(1)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct launch launch = {.name = "line_client",
                            .args = {"127.0.0.1", format("%u", port)},
                            .sanitized = true};
    static const size_t sizes[] = {0, 1, 247, 248, 255, 256, 4096, 65536};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        bool from_stdin = i % 2;
        char *line = random_word(sizes[i]);
        launch.args[2] = from_stdin ? "-" : line;
        launch.input = from_stdin ? format("%s\n", line) : NULL;
        struct program *client = start_program(&launch);
        struct conn *conn = accept_here(listener, client);
        answer_one(conn, line, "\n");
        half_close(conn);
        wait_exit(client);
        expect_no_sanitizer_report(client);
    }

    /* Ways out that are errors. */
    launch.args[2] = random_word(50);
    launch.input = NULL;
    struct program *client = start_program(&launch);
    struct conn *conn = accept_here(listener, client);
    expect_text(conn, format("%s\n", launch.args[2]));
    say_text(conn, ECHO);
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
