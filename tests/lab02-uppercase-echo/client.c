/* The tests of lab 02's client. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

/* What a right server does: everything back in upper case. It could read on,
 * but ends the stream, for clients that wait for that. */
static void answer(struct conn *conn, const char *text)
{
    size_t size = strlen(text);
    expect_bytes(conn, text, size);
    say(conn, upper(text, size), size);
    half_close(conn);
}

/* The reply is on stdout, whatever the words around it. */
static void expect_printed(struct program *client, const void *reply,
                           size_t size)
{
    static const char head[] = "Received ";
    size_t printed, before = strlen(head);
    wait_exit(client);
    const char *output = output_of(client, &printed);
    if (memmem(output, printed, reply, size))
        return;
    char *due = malloc(before + size + 1);
    if (!due)
        broken("out of memory");
    memcpy(due, head, before);
    memcpy(due + before, reply, size);
    due[before + size] = '\n';
    expect_output(client, due, before + size + 1);
}

static void expect_capitals(struct program *client, const char *text)
{
    expect_printed(client, upper(text, strlen(text)), strlen(text));
}

static struct program *start_client(uint16_t port, const char *text)
{
    return start("client", .args = {"127.0.0.1", format("%u", port), text});
}

static void answer_original(struct conn *conn, struct program *client)
{
    answer(conn, "original text");
    expect_capitals(client, "original text");
}

TEST("client.exchange", .points = 6,
     .title = "The client sends TEXT and prints what comes back",
     .why = "This is what the lab is about.",
     .hint = "Send the bytes of TEXT and nothing else: no newline, no NUL. "
             "Then print \"Received \", the reply and a newline.",
     .section = "The client, step by step", .manual = "connect(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    const char *word = random_word(5 + random_below(30));
    struct program *client = start_client(port, word);
    struct conn *conn = accept_here(listener, client);
    answer(conn, word);
    char *due = format("Received %s\n", upper(word, strlen(word)));
    expect_output(client, due, strlen(due));
    expect_exit(client, 0);
    expect_end(conn);
}

TEST("client.defaults", .points = 2, .arena = true,
     .title = "Without arguments: localhost, 9999, \"original text\"",
     .why = "The command line is client [HOST [PORT [TEXT]]].",
     .hint = "Look at argc before argv[1], argv[2], argv[3], and "
             "remember that localhost is a name: getaddrinfo looks it up.",
     .section = "What you build")
{
    struct listener *listener = listen_here("127.0.0.1", 9999);
    struct program *client = start("client");
    answer_original(accept_here(listener, client), client);
    client = start("client", .args = {"127.0.0.1"});
    answer_original(accept_here(listener, client), client);
}

TEST("client.pieces", .points = 4,
     .title = "A reply in many pieces is put together",
     .why = "One recv returns what has come so far, not what the server sent.",
     .hint = "Count what recv returned; go on until it is as much as you sent.",
     .section = "A stream has no messages", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    const char *word = random_word(30);
    struct program *client = start_client(port, word);
    struct conn *conn = accept_here(listener, client);
    expect_bytes(conn, word, 30);
    const char *reply = upper(word, 30);
    say_apart(conn, reply, 7);
    say_apart(conn, reply + 7, 1);
    say_apart(conn, reply + 8, 13);
    say(conn, reply + 21, 9);
    half_close(conn);
    expect_capitals(client, word);
}

TEST("client.stays-open", .points = 2,
     .title = "The client ends when it has its bytes, not at the stream's end",
     .why = "A server may keep the connection open. The client knows how much "
            "it is owed: as many bytes as it sent.",
     .hint = "Stop reading when the count is reached; with an empty TEXT it is "
             "from the start.",
     .section = "The client, step by step", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    const char *words[] = {random_word(5 + random_below(30)), ""};
    for (int i = 0; i < 2; i++) {
        const char *word = words[i];
        given(*word ? "The server has sent the whole reply and keeps the "
                      "connection open"
                    : "TEXT is empty, and the server keeps the connection "
                      "open");
        struct program *client = start_client(port, word);
        struct conn *conn = accept_here(listener, client);
        expect_bytes(conn, word, strlen(word));
        say_text(conn, upper(word, strlen(word)));
        expect_capitals(client, word);
    }
}

TEST("client.bytes", .points = 2,
     .title = "Every byte of TEXT and of the reply passes unchanged",
     .why = "A text may be in any language, and a reply may hold a NUL.",
     .hint = "Print with fwrite and the count; %s stops at the first NUL.",
     .section = "Bytes, not strings", .manual = "fwrite(3)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    for (size_t size = 18; size <= 306; size += 288) {
        char *text = (char *)random_bytes(size);
        for (size_t i = 0; i < size; i++)
            text[i] = text[i] ? text[i] : '%'; /* no NUL in an argument */
        struct program *client = start_client(port, text);
        struct conn *conn = accept_here(listener, client);
        expect_bytes(conn, text, size);
        char *reply = (char *)random_bytes(size);
        reply[4] = reply[size - 1] = '\0';
        say(conn, reply, size);
        half_close(conn);
        expect_printed(client, reply, size);
    }
}

TEST("client.short-counts", .points = 3,
     .title = "A send that took part of TEXT is continued",
     .why = "send may take fewer bytes than it was given.",
     .hint = "Loop until all of TEXT is sent.", .section = "Short counts",
     .manual = "send(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    const char *word = random_word(60);
    struct program *client =
        start("client", .args = {"127.0.0.1", format("%u", port), word},
              .faults = "short");
    answer(accept_here(listener, client), word);
    expect_capitals(client, word);
}

/* A server that sends each piece back before it reads the next, and stops
 * reading while it cannot send: it depends on a client that does both. */
TEST("client.full-duplex", .points = 5, .arena = true,
     .title = "A TEXT larger than all socket buffers does not deadlock",
     .why = "A client that first sends all and then reads fills the buffers in "
            "both directions: the server waits for the client to read, the "
            "client for the server.",
     .hint = "Read while you send: poll for POLLIN and POLLOUT on a "
             "non-blocking socket.",
     .section = "Full duplex", .manual = "poll(2)")
{
    enum { SIZE = 120000, PIECE = 1024 };
    clamp_buffers();
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    char *text = random_word(SIZE);
    given("The server sends each piece back before it reads the next one");
    struct program *client = start_client(port, text);
    struct conn *conn = accept_here(listener, client);
    for (size_t done = 0; done < SIZE;) {
        size_t size = SIZE - done < PIECE ? SIZE - done : PIECE;
        expect_bytes(conn, text + done, size);
        say_deaf(conn, upper(text + done, size), size);
        done += size;
    }
    half_close(conn);
    expect_capitals(client, text);
}

TEST("client.idle", .points = 2, .arena = true,
     .title = "A client that waits uses no processor time",
     .why = "A loop that goes round without waiting heats the machine and "
            "takes the processor from those who have work.",
     .hint = "Before each round wait in poll, without a time limit. Ask for "
             "POLLOUT only while something is left to send: there is nearly "
             "always room, and poll would not wait.",
     .section = "Waiting without spinning", .manual = "poll(2)")
{
    enum { SIZE = 100000 };
    clamp_buffers();
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    const char *word = random_word(SIZE);
    struct program *client = start_client(port, word);
    struct conn *conn = accept_here(listener, client);
    expect_idle(client, "while the server takes no more of TEXT");
    expect_bytes(conn, word, SIZE);
    expect_idle(client, "while the server says nothing");
    say(conn, upper(word, SIZE), SIZE - 1);
    expect_idle(client, "while a byte of the reply is missing");
}

TEST("client.early-end", .points = 2,
     .title = "A reply that ends too early is a run-time error",
     .why = "Half a reply that looks like a whole one is worse than an error.",
     .hint = "recv returned 0, or -1, before you had all: say so on stderr, "
             "exit 1.",
     .section = "Usage and run-time errors", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    const char *word = random_word(20);
    static const char *const ways[] = {
        "The server ends the stream without a reply",
        "The server ends the stream after 19 of 20 bytes",
        "The server resets the connection after 19 of 20 bytes"};
    for (int way = 0; way < 3; way++) {
        given("%s", ways[way]);
        struct program *client = start_client(port, word);
        struct conn *conn = accept_here(listener, client);
        expect_bytes(conn, word, 20);
        say(conn, upper(word, 20), way == 0 ? 0 : 19);
        if (way < 2)
            hang_up(conn);
        else
            reset(conn);
        expect_runtime_error(client,
                             way < 2 ? NULL : "Connection reset by peer");
    }
}

/* The server leaves while much of TEXT is still to be sent. The client is
 * frozen meanwhile, so that it finds both the end and the reset. */
TEST("client.server-gone", .points = 1, .arena = true,
     .title = "A server that leaves in mid-TEXT is a run-time error",
     .why = "Sending to a connection that is gone raises SIGPIPE, which ends "
            "the client without a word to its user.",
     .hint = "signal(SIGPIPE, SIG_IGN), or send with MSG_NOSIGNAL: then send "
             "returns -1, and you can say why.",
     .section = "Clients that misbehave", .manual = "send(2)")
{
    enum { SIZE = 100000 };
    clamp_buffers();
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port, random_word(SIZE));
    struct conn *conn = accept_here(listener, client);
    let_work(client);
    freeze(client);
    half_close(conn);
    reset(conn);
    thaw(client);
    expect_runtime_error(client, NULL);
}

TEST("client.interrupted", .points = 0,
     .title = "A call that a signal interrupted is made again (EINTR)",
     .why = "A call that waits can come back with EINTR and nothing done. That "
            "is no error of the connection.",
     .hint = "If a call returns -1 and errno is EINTR, make it again; nothing "
             "was sent, nothing received.",
     .section = "Clients that misbehave", .manual = "signal(7)")
{
    struct launch client = {.name = "client",
                            .args = {"HOST", "PORT", "original text"}};
    rule_client_interrupted(&client, answer_original);
}

TEST("client.refused", .points = 1,
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

TEST("client.addresses", .points = 2, .arena = true,
     .title = "The client tries each address of a name in turn",
     .why = "A name may have several addresses, and the first may be down.",
     .hint = "Walk the list that getaddrinfo returned until one connects; a "
             "new socket for each try.",
     .section = "Names and addresses", .manual = "getaddrinfo(3)")
{
    rule_client_addresses(&(struct launch){.name = "client"}, answer_original);
}

TEST("client.usage", .points = 2,
     .title = "Wrong arguments: \"usage: …\" on stderr and exit status 2",
     .why = "A client that guesses talks to a program that nobody meant.",
     .hint = "Three arguments at most. A client's port is plain decimal digits "
             "from 1 to 65535.",
     .section = "Usage and run-time errors", .manual = "strtol(3)")
{
    rule_client_usage(&(struct launch){.name = "client"}, 0, 3);
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
    static const size_t sizes[] = {0, 256, 1024, 65536};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        launch.args[2] = random_word(sizes[i]);
        struct program *client = start_program(&launch);
        answer(accept_here(listener, client), launch.args[2]);
        wait_exit(client);
        expect_no_sanitizer_report(client);
    }

    /* Ways out that are errors. */
    launch.args[2] = random_word(50);
    struct program *client = start_program(&launch);
    struct conn *conn = accept_here(listener, client);
    expect_bytes(conn, launch.args[2], 50);
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
