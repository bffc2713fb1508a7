/* The tests of lab 09's server: Init, and what Exec does in one exchange. */
#include "driven.h"

#include <stdlib.h>
#include <string.h>

/* ---- Init ---- */

TEST("tcp_server.listens", .points = 2,
     .title = "TCP_Server_Init opens a socket that listens on the port",
     .why = "No client can reach a server before it listens.",
     .hint =
         "net_listen does what lab 1 had you write. Its result belongs into "
         "server->socket, for Exec.",
     .section = "Init", .manual = "listen(2)")
{
    run_server(NULL, "size=%u", 1 + random_below(100));
}

/* In an arena, where a wrong Init that does listen harms nobody, and port 65535
 * is free. */
TEST("tcp_server.refuses", .points = 2, .arena = true,
     .title = "Init is false for what cannot be right",
     .why = "Init is the place to say it: later there is nobody to tell. And "
            "70000 cut down to 16 bits is the port 4464, which nobody meant.",
     .hint = "Before any call: server and buffer are not NULL, buffer_size is "
             "at least 1, port is 0 to 65535.",
     .section = "Init")
{
    static const char *const wrong[][3] = {
        {"0", "missing=server", "Init is given no server (NULL)"},
        {"0", "missing=buffer", "The server has no buffer (NULL)"},
        {"0", "size=0", "buffer_size is 0"},
        {"0", "size=-1", "buffer_size is -1"},
        {"-1", "size=10", "port is -1"},
        {"65536", "size=10", "port is 65536"},
        {"70000", "size=10", "port is 70000"}};
    run_server(NULL, "size=1"); /* right, if only just */
    given("port is 65535, which is one");
    wait_listening(start("tcp_server", .args = {"65535"}), 65535);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        given("%s", wrong[i][2]);
        struct driven server = {
            .name = "tcp_server",
            .program = start("tcp_server", .args = {wrong[i][0], wrong[i][1],
                                                    "calls=1", "mark=#"}),
            .mark = "#"};
        let_work(server.program);
        if (!has_ended(server.program))
            fail_test(&(struct verdict){.expected = "init false",
                                        .received = "a server that goes on"},
                      "TCP_Server_Init returned true.");
        expect_told(server, "init", "init false", NULL);
    }
}

TEST("tcp_server.port-0", .points = 1,
     .title = "After Init the port field holds the port that is bound",
     .why = "With port 0 the kernel picks one, and the caller has no other way "
            "to learn which.",
     .hint = "Init is done when the socket listens. Then getsockname tells the "
             "port, in network byte order; net_bound_port calls it.",
     .section = "Init", .manual = "getsockname(2)")
{
    rule_ready_line("tcp_server", serve_backwards);
}

static struct driven start_second(uint16_t port)
{
    struct driven second = {
        .name = "tcp_server",
        .program = start("tcp_server",
                         .args = {format("%u", port), "calls=1", "mark=#"}),
        .mark = "#"};
    let_work(second.program);
    bool share = count_listening(port, false) + count_listening(port, true) > 1;
    if (!has_ended(second.program))
        fail_test(
            &(struct verdict){.expected = "init false",
                              .received =
                                  share ? "two sockets that listen on one port"
                                        : "one that listens on another port"},
            "A server listens on port %u, and TCP_Server_Init returned "
            "true for another one on that port.",
            port);
    return second;
}

TEST("tcp_server.taken", .points = 1,
     .title = "Init is false for a port that is taken, and the first one lives",
     .why = "Two servers on one port would share the clients by chance.",
     .hint = "Look at what bind returned. SO_REUSEADDR, never SO_REUSEPORT.",
     .section = "Init", .manual = "bind(2)")
{
    struct driven first = run_server(NULL, "size=100");
    struct driven second = start_second(first.port);
    expect_told(second, "init exec", "init false", NULL);
    serve_backwards(dial(first.program, first.port));
}

TEST("tcp_server.init-fd", .points = 1,
     .title = "An Init that fails leaves no descriptor open",
     .why = "Who tries again every second until the port is free would run "
            "out of descriptors.",
     .hint = "After socket each way out with false passes close.",
     .section = "What is open", .manual = "close(2)")
{
    struct driven first = run_server(NULL, "size=100");
    struct driven second = start_second(first.port);
    expect_told(second, "descriptors", "descriptors +0", NULL);
}

/* ---- Receive ---- */

TEST("tcp_server.receive", .points = 4,
     .title = "on_receive is called with what came, and Exec returns true",
     .why = "This is what a callback is: the library knows when, the caller "
            "knows what for.",
     .hint = "net_accept, recv into server->buffer, then "
             "server->cb.on_receive(buffer, size, data), if it is not NULL. "
             "data goes through as it came.",
     .section = "Exec, step by step", .manual = "recv(2)")
{
    size_t size = 5 + random_below(30);
    const char *word = random_word(size);
    struct driven server = run_server(NULL, "calls=1 send=unset");
    struct conn *client = dial(server.program, server.port);
    say(client, word, size);
    half_close(client);
    expect_told(server, "on_receive exec user_data", heard(word, size),
                "exec true", NULL);
}

TEST("tcp_server.once", .points = 2,
     .title = "Without is_complete one recv is the message",
     .why = "A client that waits for its answer says no more until it has it. "
            "Nobody has said how a message ends, so what came is one.",
     .hint = "Without is_complete do not go on to the end of the stream, nor "
             "until the buffer is full.",
     .section = "When is a message whole?", .manual = "recv(2)")
{
    const char *word = random_word(20);
    struct driven server = run_server(NULL, "calls=1");
    struct conn *client = dial(server.program, server.port);
    say(client, word, 20);
    expect_bytes(client, backwards(word, 20), 20);
}

/* A message in three pieces, the last one of `last` bytes. */
static void expect_whole(size_t last, int yes)
{
    enum { SIZE = 27 };
    const char *word = format("%s%%%s#%%", random_word(15), random_word(9));
    struct driven server =
        run_server(NULL, "calls=1 until=#%% yes=%d send=unset", yes);
    struct conn *client = dial(server.program, server.port);
    say_apart(client, word, 7);
    say_apart(client, word + 7, SIZE - last - 7);
    say(client, word + SIZE - last, last);
    expect_told_so_far(server, "on_receive user_data", heard(word, SIZE), NULL);
}

TEST("tcp_server.whole", .points = 3,
     .title = "is_complete is asked until it says that all is there",
     .why = "A stream has no messages. Where one ends only the caller knows: "
            "at a NUL, at a newline, after a count.",
     .hint = "recv behind what is there already, and ask is_complete about all "
             "of it, from the start of the buffer. Any value but 0 is yes.",
     .section = "When is a message whole?", .manual = "recv(2)")
{
    given("A message comes in three pieces");
    expect_whole(9, 1);
    given("The two bytes of a message's end come in two pieces");
    expect_whole(1, 1);
    given("is_complete returns -7 for yes");
    expect_whole(9, -7);
}

TEST("tcp_server.full", .points = 2,
     .title = "A buffer that is full is handed over as it is",
     .why = "No message may be larger than the buffer: what is written behind "
            "its end belongs to somebody else. And with no room left recv "
            "returns 0, which looks like an end.",
     .hint = "recv(fd, buffer + have, buffer_size - have, …), and out of the "
             "loop when have == buffer_size.",
     .section = "When is a message whole?", .manual = "recv(2)")
{
    size_t room = 10 + random_below(30);
    const char *word = random_word(200);
    struct driven server =
        run_server(NULL, "calls=1 until=# send=unset size=%zu", room);
    struct conn *client = dial(server.program, server.port);
    say_apart(client, word, 4);
    say(client, word + 4, 196);
    half_close(client);
    expect_told(server, "on_receive wrong", heard(word, room), NULL);
}

TEST("tcp_server.cut-off", .points = 1,
     .title = "A message that the end of the stream cuts off is handed over",
     .why = "Whether half a message is worth anything only the caller knows.",
     .hint = "recv returning 0 ends the loop; what came before it is still in "
             "the buffer.",
     .section = "When is a message whole?", .manual = "recv(2)")
{
    const char *word = random_word(30);
    struct driven server = run_server(NULL, "calls=1 until=# send=unset");
    struct conn *client = dial(server.program, server.port);
    say_apart(client, word, 13);
    say(client, word + 13, 17);
    half_close(client);
    expect_told(server, "on_receive exec", heard(word, 30), "exec true", NULL);
}

TEST("tcp_server.nothing", .points = 2,
     .title = "A client that says nothing and ends gets its reply, and is true",
     .why = "A client that wants the time has nothing to say. That is no "
            "failure.",
     .hint = "recv returning 0 at once ends the receiving, whatever "
             "is_complete would say: on_receive with size 0, then on_send "
             "as always.",
     .section = "When is a message whole?", .manual = "recv(2)")
{
    const char *word = random_word(20), *key[] = {"", " until=#"};
    for (int i = 0; i < 2; i++) {
        given(i ? "is_complete is set" : "is_complete is not set");
        struct driven server =
            run_server(SAYS(word, 20), "calls=1 say=-%s", key[i]);
        struct conn *client = dial(server.program, server.port);
        half_close(client);
        expect_bytes(client, word, 20);
        expect_told(server, "on_receive exec", "on_receive 0", "exec true",
                    NULL);
    }
}

/* ---- Send ---- */

TEST("tcp_server.send", .points = 4,
     .title = "What on_send puts into the buffer is sent, as much as it says",
     .why = "The size is the callback's to say: the buffer is mostly larger.",
     .hint = "int size = server->buffer_size; on_send(server->buffer, &size, "
             "data); then send the first size bytes of the buffer.",
     .section = "Exec, step by step", .manual = "send(2)")
{
    size_t size = 5 + random_below(30), room = 50 + random_below(100);
    const char *word = random_word(size), *question = random_word(8);
    struct driven server =
        run_server(SAYS(word, size), "calls=1 say=- size=%zu", room);
    struct conn *client = dial(server.program, server.port);
    say(client, question, 8);
    half_close(client);
    expect_told_so_far(server, "on_receive on_send", heard(question, 8),
                       format("on_send %zu", room), NULL);
    expect_bytes(client, word, size);
    expect_told(server, "on_receive on_send user_data", heard(question, 8),
                format("on_send %zu", room), NULL);
    if (unread_bytes(client))
        fail_test(&(struct verdict){.expected = "nothing more",
                                    .received = format("%zu bytes more",
                                                       unread_bytes(client))},
                  "More is sent than the %zu bytes that on_send spoke of.",
                  size);

    given("on_send says that there is nothing to send: its size is 0");
    server = run_server(NULL, "calls=1 claim=0");
    client = dial(server.program, server.port);
    say_text(client, "hello");
    half_close(client);
    expect_end(client);
    expect_told(server, "exec", "exec true", NULL);
}

TEST("tcp_server.unset", .points = 2,
     .title = "A callback that is NULL is left out",
     .why = "A server that only listens has nothing to send, and one that only "
            "talks need not know what it was asked.",
     .hint = "if (cb->on_send != NULL) before the call, for each of them. What "
             "the client says is received all the same.",
     .section = "Exec, step by step")
{
    const char *word = random_word(20);
    struct driven server =
        run_server(SAYS(word, 20), "calls=1 receive=unset say=-");
    given("on_receive is NULL, and the client has not yet said a word");
    struct conn *client = dial(server.program, server.port);
    expect_told_so_far(server, "on_send", NULL);
    given("on_receive is NULL");
    say_text(client, "what?");
    half_close(client);
    expect_bytes(client, word, 20);
    expect_told(server, "on_receive exec", "exec true", NULL);

    server = run_server(NULL, "calls=1 receive=unset send=unset");
    given("on_receive and on_send are NULL");
    client = dial(server.program, server.port);
    say_text(client, "what?");
    half_close(client);
    expect_end(client);
    expect_told(server, "on_receive exec", "exec true", NULL);
}

TEST("tcp_server.bytes", .points = 2,
     .title = "All 256 byte values pass, in both directions",
     .why = "Data is bytes with a length. A NUL is a byte like any other, and "
            "lab 10 ends its messages with it.",
     .hint = "No strlen, no string functions: sizes come from recv and from "
             "on_send.",
     .section = "Bytes, not strings", .manual = "recv(2)")
{
    enum { SIZE = 600 };
    unsigned char *in = random_bytes(SIZE), *out = random_bytes(SIZE);
    for (int i = 0; i < 256; i++)
        in[100 + i] = out[400 - i] = i;
    struct driven server = run_server(SAYS((char *)out, SIZE), "calls=1 say=-");
    struct conn *client = dial(server.program, server.port);
    say(client, in, SIZE);
    half_close(client);
    expect_bytes(client, out, SIZE);
    expect_told(server, "on_receive", heard(in, SIZE), NULL);
}

TEST("tcp_server.claims", .points = 2,
     .title = "Never more than the buffer is sent, whatever on_send says",
     .why = "What lies behind the buffer is not the caller's to send, and may "
            "be anybody's password.",
     .hint = "if (size > server->buffer_size) size = server->buffer_size;",
     .section = "What a callback says", .manual = "send(2)")
{
    size_t room = 10 + random_below(40);
    const char *word = random_word(room);
    struct driven server = run_server(
        SAYS(word, room), "calls=1 say=- size=%zu claim=%zu", room, room + 100);
    struct conn *client = dial(server.program, server.port);
    say_text(client, "hello");
    half_close(client);
    expect_bytes(client, word, room);
    expect_end(client);
}

TEST("tcp_server.negative", .points = 2,
     .title = "A negative size from on_send sends nothing, and Exec is false",
     .why = "-1 as a size_t is more than any memory holds.",
     .hint = "Look at the size before it becomes a size_t: if (size < 0) the "
             "exchange has failed.",
     .section = "What a callback says", .manual = "send(2)")
{
    struct driven server =
        run_server(NULL, "calls=1 claim=-%u", 1 + random_below(100));
    struct conn *client = dial(server.program, server.port);
    say_text(client, "hello");
    half_close(client);
    expect_end(client);
    expect_told(server, "exec", "exec false", NULL);
}

TEST("tcp_server.says-no", .points = 2,
     .title = "A callback that returns non-zero ends the exchange",
     .why = "The caller has seen something that makes an answer wrong. Exec "
            "returning false is how the caller's caller learns of it.",
     .hint = "if (on_receive(…) != 0), and if (on_send(…) != 0): close the "
             "connection, send nothing, return false. -1 is non-zero too.",
     .section = "What a callback says")
{
    const char *codes[] = {"1", "-1"};
    for (int i = 0; i < 2; i++) {
        given("on_receive returns %s", codes[i]);
        struct driven server = run_server(NULL, "calls=1 receive=%s", codes[i]);
        struct conn *client = dial(server.program, server.port);
        say_text(client, "hello");
        half_close(client);
        expect_end(client);
        expect_told(server, "on_send exec", "exec false", NULL);

        given("on_send returns %s", codes[i]);
        server = run_server(NULL, "calls=1 send=%s", codes[i]);
        client = dial(server.program, server.port);
        say_text(client, "hello");
        half_close(client);
        expect_end(client);
        expect_told(server, "exec", "exec false", NULL);
    }
}

TEST("tcp_server.shorts", .points = 2,
     .title = "A send that took part of the bytes is continued",
     .why = "send returns how many bytes it took, which may be fewer than it "
            "was given. The rest is lost if nobody sends it.",
     .hint = "Loop until all is sent: send(fd, buffer + done, size - done, …).",
     .section = "Short counts", .manual = "send(2)")
{
    const char *word = random_word(60);
    struct launch launch = {.input = word, .input_size = 60, .faults = "short"};
    struct driven server = run_server(&launch, "calls=1 say=-");
    struct conn *client = dial(server.program, server.port);
    say_text(client, "hello");
    half_close(client);
    expect_bytes(client, word, 60);
}
