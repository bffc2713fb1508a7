/* The tests of lab 02's server. */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Random bytes among which is no character of UTF-8 beyond ASCII, because a
 * server may know these letters too. Ends with a small letter. */
static unsigned char *raw_bytes(size_t size)
{
    unsigned char *bytes = random_bytes(size);
    for (size_t i = 1; i < size; i++)
        while (bytes[i - 1] >= 0xc2 && bytes[i] >= 0x80 && bytes[i] < 0xc0)
            bytes[i] = random_below(256);
    bytes[size - 1] = 'a' + random_below(26);
    return bytes;
}

/* Words that stay as they are, for tests that ask for something else than upper
 * case. */
static char *capitals(size_t size)
{
    return upper(random_word(size), size);
}

/* All is sent, and the stream ended, before the reply must be there. */
static void send_all_then_receive(struct conn *client, const void *data,
                                  size_t size)
{
    say(client, data, size);
    half_close(client);
    expect_bytes(client, upper(data, size), size);
}

static void serve(struct conn *client)
{
    size_t size = 5 + random_below(20);
    send_all_then_receive(client, capitals(size), size);
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

TEST("server.upper", .points = 8,
     .title = "What the server receives comes back in upper case",
     .why = "This is what the lab is about.",
     .hint = "After recv returned n, change the n bytes in the buffer and send "
             "the same n bytes back.",
     .section = "The server, step by step", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct conn *client = dial(start_server("server", port), port);
    char *words = format("%s%s", random_word(10 + random_below(20)),
                         random_word(1)); /* ends with a small letter */
    send_all_then_receive(client, words, strlen(words));
}

/* As send_all_then_receive, but what is wrong is told byte by byte. */
static void expect_values(struct conn *client, const unsigned char *bytes,
                          size_t size)
{
    say(client, bytes, size);
    half_close(client);
    const char *got = read_bytes(client, size), *due = upper(bytes, size);
    for (size_t i = 0; i < size; i++)
        if (got[i] != due[i])
            fail_test(&(struct verdict){.sent = show_bytes(&bytes[i], 1, 0),
                                        .expected = show_bytes(&due[i], 1, 0),
                                        .received = show_bytes(&got[i], 1, 0)},
                      "Byte 0x%02x came back as 0x%02x. It is %s.", bytes[i],
                      (unsigned char)got[i],
                      due[i] == (char)bytes[i]
                          ? "none of a to z, so it should stay as it is"
                          : "one of a to z, so it should become a capital");
    hang_up(client);
}

TEST("server.bytes", .points = 5,
     .title = "All 256 byte values pass; only ASCII a to z change",
     .why = "Data is bytes with a length. A NUL is a byte like any other, and "
            "bytes from 0x80 on belong to texts that are not ASCII.",
     .hint =
         "No strlen, no %s, no strcpy on received bytes: the length is what "
         "recv returned. Change a byte only if it lies between 'a' and "
         "'z'.",
     .section = "Bytes, not strings", .manual = "recv(2)")
{
    uint16_t port = random_port();
    unsigned char *bytes = raw_bytes(1000), first = random_below(256);
    for (int i = 0; i < 256; i++)
        bytes[i] = first - i; /* downwards: no characters of UTF-8 */
    bytes[256] = 'z';
    expect_values(dial(start_server("server", port), port), bytes, 1000);
}

TEST("server.at-once", .points = 4,
     .title = "The server answers at once, not at the end of the stream",
     .why = "A client may wait for each answer before it sends more. If the "
            "server waits for more too, both wait for ever.",
     .hint = "Send after every recv, inside the loop, not after it. Do not "
             "wait for a newline either, nor for a full array. What goes "
             "through stdio stays there until fflush.",
     .section = "A stream has no messages", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct conn *client = dial(start_server("server", port), port);
    for (int i = 0; i < 4; i++) {
        size_t size = 1 + random_below(12);
        const char *word = capitals(size);
        say(client, word, size);
        expect_bytes(client, word, size);
    }
}

TEST("server.pieces", .points = 3,
     .title = "It does not matter how the stream is cut into segments",
     .why = "TCP keeps the order of bytes, not the borders between sends.",
     .hint = "recv returns whatever has come, one byte or thousands. Handle "
             "just those, and call it again.",
     .section = "A stream has no messages", .manual = "tcp(7)")
{
    uint16_t port = random_port();
    struct conn *client = dial(start_server("server", port), port);
    const char *word = capitals(40);
    say_apart(client, word, 7);
    say_apart(client, word + 7, 1);
    say_apart(client, word + 8, 13);
    dribble(client, word + 21, 19);
    half_close(client);
    expect_bytes(client, word, 40);
}

TEST("server.large", .points = 4,
     .title = "1 MiB comes back whole and in order",
     .why = "A reply larger than the socket buffers is never taken in one "
            "piece.",
     .hint = "recv into a buffer of fixed size, send those bytes, repeat until "
             "recv returns 0. Begin at the buffer's start each time: with no "
             "room left recv returns 0 too.",
     .section = "Short counts", .manual = "send(2)")
{
    enum { SIZE = 1 << 20 };
    uint16_t port = random_port();
    struct conn *client = dial(start_server("server", port), port);
    send_all_then_receive(client, capitals(SIZE), SIZE);
}

TEST("server.short-counts", .points = 4,
     .title = "A send that took part of the bytes is continued",
     .why = "send returns how many bytes it took, which may be fewer than it "
            "was given. The rest is lost if nobody sends it.",
     .hint = "Loop: send(fd, data + done, size - done, …) until done == size.",
     .section = "Short counts", .manual = "send(2)")
{
    uint16_t port = random_port();
    struct program *server =
        start("server", .args = {format("%u", port)}, .faults = "short");
    wait_listening(server, port);
    send_all_then_receive(dial(server, port), capitals(60), 60);
}

TEST("server.next-client", .points = 3,
     .title = "When a client has gone the next one is served",
     .why = "A server runs for ever. Who comes while another is served waits "
            "in the queue that listen made.",
     .hint = "accept belongs into an endless loop; close the connection when "
             "recv returns 0, not the listening socket.",
     .section = "One client after the other", .manual = "accept(2)")
{
    uint16_t port = random_port();
    struct program *server = start_server("server", port);
    struct conn *first = dial(server, port), *second = dial(server, port);
    serve(first);
    serve(second);
    serve(dial(server, port));
}

TEST("server.close", .points = 3,
     .title = "After the client's end the rest is sent and the stream ends",
     .why = "The client has said all, but it still reads: it wants the whole "
            "reply, and to learn that there is no more.",
     .hint = "Send as many bytes as recv said, and no more. recv returning 0 "
             "ends the loop; then close the connection.",
     .section = "Closing without a reset", .manual = "shutdown(2)")
{
    enum { SIZE = 3000 };
    uint16_t port = random_port();
    struct conn *client = dial(start_server("server", port), port);
    send_all_then_receive(client, capitals(SIZE), SIZE);
    expect_end(client);
    expect_no_reset(client, "after its reply");
}

/* Until the buffers of both sides are full, and the server cannot send. */
static void send_and_never_read(struct conn *client)
{
    enum { PIECE = 1 << 20, MOST = 16 };
    const char *words = capitals(PIECE);
    for (int i = 0; i < MOST; i++)
        if (say_while_taken(client, words, PIECE) < PIECE)
            break;
}

TEST("server.survives", .points = 4,
     .title = "No client ends the server: reset, early leave, junk",
     .why = "A server meets clients that crash, lose their network or mean "
            "harm. One of them must not take it away from all others.",
     .hint = "Sending to a connection that is gone raises SIGPIPE, which ends "
             "a program unless it is ignored. An error on one connection "
             "closes that connection only: err and exit are for the start.",
     .section = "Clients that misbehave", .manual = "send(2)")
{
    uint16_t port = random_port();
    given("A client sends as much as it can, reads nothing, and resets");
    struct program *server = start_server("server", port);
    struct conn *client = dial(server, port);
    send_and_never_read(client);
    reset(client);
    expect_alive(server, "that reset");
    serve(dial(server, port));

    given(NULL);
    rule_survives("server", serve);
}

TEST("server.interrupted", .points = 2,
     .title = "A call that a signal interrupted is made again (EINTR)",
     .why = "A call that waits can come back with EINTR and nothing done. That "
            "is no error of the connection.",
     .hint = "If a call returns -1 and errno is EINTR, make it again.",
     .section = "Clients that misbehave", .manual = "signal(7)")
{
    rule_interrupted("server", serve);
}

TEST("server.aborted", .points = 1,
     .title = "A client that left before accept does no harm (ECONNABORTED)",
     .why = "accept reports errors of the connection that it was about to "
            "return. They are that client's, not the server's.",
     .hint = "If accept returns -1 with ECONNABORTED, go round the loop.",
     .section = "Clients that misbehave", .manual = "accept(2)")
{
    rule_aborted("server", serve);
}

TEST("server.no-leak", .points = 3,
     .title = "After 200 clients the server holds what it held after one",
     .why = "A server that keeps a descriptor for each client stops serving "
            "when the limit is reached, often after 1,024 clients.",
     .hint = "Every path out of serving a client, an error too, passes close. "
             "Whoever starts a child waits for it (waitpid), whoever starts a "
             "thread joins or detaches it.",
     .section = "Running out of descriptors", .manual = "close(2)")
{
    rule_no_leak("server", serve);
}

TEST("server.descriptors", .points = 2,
     .title = "The server outlives a lack of descriptors and serves again",
     .why = "EMFILE says that accept has no descriptor now. It goes by; a "
            "server that ends for it does not.",
     .hint = "On EMFILE wait a little (poll with no descriptors and a "
             "timeout) and accept again; do not end, and do not spin.",
     .section = "Running out of descriptors", .manual = "accept(2)")
{
    rule_out_of_descriptors("server", serve);
}

TEST("server.idle", .points = 2,
     .title = "A server that waits uses no processor time",
     .why = "A loop that goes round without waiting heats the machine and "
            "takes the processor from those who have work.",
     .hint = "recv returns 0 at the end of the stream, and goes on returning "
             "0: leave the loop there, and after an error too.",
     .section = "Waiting without spinning", .manual = "recv(2)")
{
    rule_server_idle("server", serve);
}

TEST("server.restart", .points = 3,
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

TEST("server.default-port", .points = 1, .arena = true,
     .title = "Without an argument the server uses port 9999",
     .hint = "If argc is 1 there is no argv[1] to read.",
     .why = "The command line is server [PORT].", .section = "What you build")
{
    struct program *server = start("server");
    wait_listening(server, 9999);
    serve(dial(server, 9999));
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
     .hint = "One argument at most. A port is plain decimal digits from 0 to "
             "65535: look at every character, and mind what a number too large "
             "does to strtol or atoi.",
     .section = "Usage and run-time errors", .manual = "strtol(3)")
{
    rule_server_usage("server", 0, 1);
}

TEST("server.sanitizers", .points = 2,
     .title = "AddressSanitizer, LeakSanitizer and UBSan stay silent",
     .why = "A program can pass every other test and still write where it must "
            "not. The sanitizers see it.",
     .hint = "Build with gcc -g -fsanitize=address,undefined and run it "
             "yourself: the report names the line.",
     .section = "Memory and the sanitizers", .manual = "gcc(1)")
{
    uint16_t port = random_port();
    struct program *server =
        start("server", .args = {format("%u", port)}, .sanitized = true);
    wait_listening(server, port);
    /* Sizes at which buffers are just full. */
    static const size_t sizes[] = {1, 255, 256, 1024, 4096, 65536};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct conn *client = dial(server, port);
        send_all_then_receive(client, capitals(sizes[i]), sizes[i]);
        hang_up(client);
    }
    struct conn *client = dial(server, port);
    say_text(client, capitals(10));
    let_work(server);
    reset(client);
    serve(dial(server, port));

    /* Ways out that are errors. */
    expect_no_sanitizer_report(
        start("server", .args = {format("%u", port)}, .sanitized = true));
    expect_no_sanitizer_report(
        start("server", .args = {"80x"}, .sanitized = true));
    expect_no_sanitizer_report(server);
}

TEST("server.utf8", .points = 0,
     .title = "Stretch: UTF-8 letters too, also when cut between segments",
     .why = "A letter of a text is not a byte.",
     .hint = "An incomplete character at the end of what recv returned waits "
             "for its next byte.",
     .section = "A stream has no messages", .manual = "utf-8(7)")
{
    uint16_t port = random_port();
    struct conn *client = dial(start_server("server", port), port);
    char lower[64] = "", capital[64] = "";
    for (size_t end = 0; end < 42; end += 3) {
        unsigned letter = 0xe0 + random_below(23); /* of Latin-1: à to ö */
        unsigned ascii = 'a' + random_below(26);
        sprintf(lower + end, "\xc3%c%c", letter - 0x40, ascii);
        sprintf(capital + end, "\xc3%c%c", letter - 0x60, ascii - 'a' + 'A');
    }
    note("%s is to become %s", lower, capital);
    say_text(client, lower);
    expect_text(client, capital);
    size_t said = 0;
    for (size_t cut = 1; cut < 42; cut += 3) { /* in the middle of a letter */
        say_apart(client, lower + said, cut - said);
        said = cut;
    }
    say_text(client, lower + said);
    expect_text(client, capital);
}
