/* The tests of lab 01's server: one message, one answer. */
#include "suite.h"

struct conn *call(struct program *server, uint16_t port)
{
    wait_listening(server, port);
    return dial(server, port);
}

struct conn *call_server(struct program **server)
{
    uint16_t port = random_port();
    *server = start("server", .args = {format("%u", port)});
    return call(*server, port);
}

static const char head[] = "Message received from client: ";

/* Behind other words, or none? */
static bool ends_with_line(const char *output, size_t all, const void *message,
                           size_t size)
{
    return all > size && output[all - 1] == '\n' &&
           memcmp(output + all - 1 - size, message, size) == 0;
}

void expect_message(struct program *server, const void *message, size_t size)
{
    size_t all;

    ends_within(server, LONG_MS, NULL, NULL);
    const char *output = output_of(server, &all), *end = output + all;
    const char *got = memmem(output, all, head, strlen(head));
    if (!got && ends_with_line(output, all, message, size))
        return;
    if (!got || end[-1] != '\n')
        fail_test(
            &(struct verdict){
                .expected = show_bytes(head, strlen(head), 0),
                .received = format("stdout %s", show_bytes(output, all, 0))},
            got ? "There is no newline at the end of what server printed."
                : "server did not print \"%s\" and the message.",
            head);
    got += strlen(head);
    size_t got_size = end - 1 - got;
    size_t same = common_prefix(got, got_size, message, size);
    struct verdict shown = {
        .expected = show_bytes(joined(message, size, "\n", 1), size + 1, same),
        .received = show_bytes(got, got_size + 1, same)};
    if (same == got_size && same == size)
        return;
    size_t more = got_size > size ? got_size - size : size - got_size;
    if (same == got_size)
        fail_test(&shown,
                  "Of a message of %s bytes server printed only the first %s; "
                  "the next is %s.",
                  show_count(size), show_count(got_size),
                  show_bytes((const char *)message + same, 1, 0));
    if (same == size)
        fail_test(&shown,
                  "The message has %s bytes, and server printed %s more, %s%s.",
                  show_count(size), show_count(more),
                  show_bytes(got + same, more < 20 ? more : 20, 0),
                  more > 20 ? " and so on" : "");
    fail_test(&shown,
              "The message that server printed differs from the one that was "
              "sent at byte %s of %s.",
              show_count(same + 1), show_count(size));
}

/* Any answer will do, as long as its stream ends in order. */
static void expect_answered(struct conn *client)
{
    size_t size;
    read_to_end(client, &size);
    if (size == 0)
        fail_test(
            &(struct verdict){.expected = show_bytes(answer, strlen(answer), 0),
                              .received = "the end of the stream"},
            "server ended the stream and sent no answer.");
}

void serve(struct conn *client)
{
    const char *word = random_word(5 + random_below(20));
    say_text(client, format("%s\n", word));
    half_close(client);
    expect_answered(client);
    hang_up(client);
}

TEST("server.listens", .points = 3,
     .title = "The server listens on the port that it is given",
     .why = "No client can reach a server before it listens.",
     .hint = "socket, then bind, then listen, each checked; the port goes "
             "through htons into sin_port.",
     .section = "Ports and byte order", .manual = "bind(2)")
{
    start_server("server", random_port());
}

TEST("server.message", .points = 6,
     .title = "The server prints the message of its client",
     .why = "This is what the lab is about.",
     .hint = "accept returns a second socket: recv on that one. Then print "
             "\"Message received from client: \", the message without its own "
             "newline, and one newline.",
     .section = "The server, step by step", .manual = "recv(2)")
{
    struct program *server;
    struct conn *client = call_server(&server);
    const char *word = random_word(5 + random_below(30));
    say_text(client, format("%s\n", word));
    half_close(client);
    expect_message(server, word, strlen(word));

    size_t size;
    const char *output = output_of(server, &size);
    const char *line = format("%s%s\n", head, word);
    if (!memmem(output, size, line, strlen(line)))
        fail_test(
            &(struct verdict){.expected = show_bytes(line, strlen(line), 0),
                              .received = show_bytes(output, size, 0)},
            "server prints the message, but other words before it than "
            "\"%s\".",
            head);
}

TEST("server.answer", .points = 5,
     .title = "At the newline the answer comes, and then the stream ends",
     .why = "The client keeps its end open, for it waits for the answer. A "
            "server that waits for more waits for ever.",
     .hint = "A newline among the bytes that came ends the message: leave the "
             "loop, send the 42 bytes of the answer (no NUL after them), then "
             "shutdown.",
     .section = "The server, step by step", .manual = "send(2)")
{
    struct program *server;
    struct conn *client = call_server(&server);
    say_text(client, format("%s\n", random_word(5 + random_below(30))));
    expect_text(client, answer);
    expect_end(client);
}

TEST("server.exit", .points = 2,
     .title = "After its one client the server ends with exit status 0",
     .why = "Who started it wants to know that all went well. 0 says so.",
     .hint = "One accept, no loop around it; and main returns 0, not what the "
             "last call returned.",
     .section = "The server, step by step", .manual = "exit(3)")
{
    struct program *server;
    serve(call_server(&server));
    expect_exit(server, 0);
}

TEST("server.stream-end", .points = 3,
     .title = "The message ends at the end of the stream too",
     .why = "A client may send a message without a newline, and then end its "
            "stream. No more will come.",
     .hint = "recv returning 0 is the end of the stream: what you have by then "
             "is the message.",
     .section = "Where a message ends", .manual = "recv(2)")
{
    given("The client sends a word and ends its stream");
    struct program *server;
    struct conn *client = call_server(&server);
    const char *word = random_word(5 + random_below(30));
    say_text(client, word);
    half_close(client);
    expect_answered(client);
    expect_message(server, word, strlen(word));
}

TEST("server.empty", .points = 2,
     .title = "An empty message is a message: printed and answered",
     .why = "A newline alone, or an end of stream at once, still is all that "
            "the client had to say.",
     .hint = "Do not ask whether there are any bytes: when the message has "
             "ended, print it and answer.",
     .section = "Where a message ends", .manual = "recv(2)")
{
    struct program *server;
    struct conn *client = call_server(&server);
    given("The message is a newline alone");
    say_text(client, "\n");
    expect_answered(client);
    hang_up(client);
    expect_message(server, "", 0);

    given("The message is an end of stream alone");
    client = call_server(&server);
    half_close(client);
    expect_answered(client);
    expect_message(server, "", 0);
}

TEST("server.one-line", .points = 2,
     .title = "What follows the newline is not part of the message",
     .why = "One recv may bring more than the message.",
     .hint = "memchr finds the newline: its place is the message's length, not "
             "what recv returned.",
     .section = "Where a message ends", .manual = "memchr(3)")
{
    given("The client sends three lines at once");
    struct program *server;
    struct conn *client = call_server(&server);
    const char *word = random_word(5 + random_below(30));
    say_text(client,
             format("%s\n%s\n%s", word, random_word(20), random_word(5)));
    half_close(client);
    expect_message(server, word, strlen(word));
}

TEST("server.full", .points = 3,
     .title = "255 bytes are a message, without a newline too",
     .why = "At 255 bytes the message is whole. Nothing more need come, and a "
            "server that waits for it waits for ever.",
     .hint = "The loop ends when 255 bytes are there. Off by one? An array of "
             "255 has room for all of them, and needs no NUL.",
     .section = "Where a message ends", .manual = "recv(2)")
{
    enum { FULL = 255 };
    struct program *server;
    struct conn *client = call_server(&server);
    const char *word = random_word(FULL);
    given("The client sends 255 bytes and waits");
    say(client, word, FULL);
    expect_answered(client);
    hang_up(client);
    expect_message(server, word, FULL);

    given("The client sends 255 bytes and a newline");
    client = call_server(&server);
    say_text(client, format("%s\n", word));
    half_close(client);
    expect_message(server, word, FULL);
}

TEST("server.too-long", .points = 2,
     .title = "Of more than 255 bytes the first 255 are the message",
     .why = "A message has a bound that both sides know. A client that does "
            "not keep it must not make the server print, or write, more.",
     .hint = "Never ask recv for more than there is room: size - have.",
     .section = "Where a message ends", .manual = "recv(2)")
{
    enum { FULL = 255 };
    const size_t sizes[] = {FULL + 1, FULL + 2 + random_below(100), 5000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct program *server;
        struct conn *client = call_server(&server);
        const char *word = random_word(sizes[i]);
        given("The client sends a line of %zu bytes", sizes[i]);
        say_text(client, format("%s\n", word));
        half_close(client);
        expect_message(server, word, FULL);
    }
}

TEST("server.bytes", .points = 3,
     .title = "Every byte of the message is printed as it came",
     .why = "Data is bytes with a length. A NUL is a byte like any other, and "
            "bytes from 0x80 on belong to texts that are not ASCII.",
     .hint = "Print with fwrite and the length: %s stops at the first NUL, and "
             "a message is no format for printf. Look for the newline with "
             "memchr, for strchr stops at a NUL, too. A carriage return is a "
             "byte like any other.",
     .section = "Bytes, not strings", .manual = "fwrite(3)")
{
    enum { SIZE = 200 };
    struct program *server;
    struct conn *client = call_server(&server);
    const char *bytes = any_bytes(SIZE);
    say(client, joined(bytes, SIZE, "\n", 1), SIZE + 1);
    half_close(client);
    expect_message(server, bytes, SIZE);
}

static void expect_no_answer_yet(struct conn *client, const char *when)
{
    if (unread_bytes(client))
        fail_test(
            &(struct verdict){.expected = "no answer before the message ends",
                              .received = "an answer"},
            "server answers %s.", when);
}

TEST("server.pieces", .points = 3,
     .title = "A message that comes in pieces is put together",
     .why = "TCP keeps the order of bytes, not the borders between sends. One "
            "recv returns what has come so far, down to a single byte.",
     .hint = "A loop around recv, into message + have, until the message has "
             "ended; only then the answer.",
     .section = "Where a message ends", .manual = "tcp(7)")
{
    struct program *server;
    struct conn *client = call_server(&server);
    size_t size = 40, first = 1 + random_below(20);
    const char *word = random_word(size);
    let_work(server);
    expect_no_answer_yet(client, "before the client has said anything");
    given("Of 40 bytes %zu come first", first);
    say_apart(client, word, first);
    let_work(server);
    expect_no_answer_yet(client, "before the message has ended");
    say_apart(client, word + first, 1);
    dribble(client, word + first + 1, size - first - 1);
    say_text(client, "\n");
    half_close(client);
    expect_message(server, word, size);
}
