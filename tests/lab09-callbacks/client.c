/* The tests of lab 09's client: what Connect does in one exchange. */
#include "driven.h"

#include <string.h>

TEST("tcp_client.connects", .points = 2,
     .title = "TCP_Client_Connect connects to the host and the port",
     .why = "All else needs a connection.",
     .hint = "net_connect does what lab 1 had you write. By hand: htons(port).",
     .section = "Connect, step by step", .manual = "connect(2)")
{
    call_here(NULL, "send=unset receive=unset");
}

/* ---- Send ---- */

TEST("tcp_client.send", .points = 3,
     .title = "What on_send puts into the buffer is sent, as much as it says",
     .why = "The client speaks first. The size is the callback's to say: the "
            "buffer is mostly larger.",
     .hint = "int size = buffer_size; on_send(buffer, &size, data); then send "
             "the first size bytes of the buffer.",
     .section = "Connect, step by step", .manual = "send(2)")
{
    size_t size = 5 + random_below(30), room = 50 + random_below(100);
    const char *word = random_word(size);
    struct driven client =
        call_here(SAYS(word, size), "receive=unset say=- size=%zu", room);
    expect_told_so_far(client, "on_send", format("on_send %zu", room), NULL);
    expect_bytes(client.conn, word, size);
    half_close(client.conn);
    expect_told(client, "on_send user_data", format("on_send %zu", room), NULL);
    if (unread_bytes(client.conn))
        fail_test(
            &(struct verdict){.expected = "nothing more",
                              .received = format("%zu bytes more",
                                                 unread_bytes(client.conn))},
            "More is sent than the %zu bytes that on_send spoke of.", size);

    given("on_send says that there is nothing to send: its size is 0");
    client = call_here(NULL, "receive=unset claim=0");
    expect_end(client.conn);
    half_close(client.conn);
    expect_told(client, "connect", "connect true", NULL);
}

TEST("tcp_client.unset", .points = 2,
     .title = "Without on_receive the client waits for no answer",
     .why = "A button has something to say and nothing to hear. Who waits for "
            "an answer that nobody has promised waits for ever.",
     .hint = "if (cb->on_receive != NULL) receive. Else: shutdown, close, "
             "true. And if (cb->on_send != NULL) before you call that.",
     .section = "Connect, step by step")
{
    given("on_receive is NULL");
    struct driven client = call_here(NULL, "receive=unset say=hello");
    expect_text(client.conn, "hello");
    expect_end(client.conn);
    half_close(client.conn);
    expect_told(client, "connect", "connect true", NULL);

    given("on_receive is NULL, and is_complete is not");
    client = call_here(NULL, "receive=unset until=# say=hello");
    expect_text(client.conn, "hello");
    expect_end(client.conn);
    half_close(client.conn);

    given("on_send and on_receive are NULL");
    client = call_here(NULL, "receive=unset send=unset");
    expect_end(client.conn);
    half_close(client.conn);
    expect_told(client, "connect", "connect true", NULL);

    given("on_send is NULL");
    client = call_here(NULL, "send=unset");
    say_text(client.conn, "hello");
    half_close(client.conn);
    expect_told(client, "on_receive", "on_receive 5 hello", NULL);
}

TEST("tcp_client.shorts", .points = 1,
     .title = "A send that took part of the bytes is continued",
     .why = "send returns how many bytes it took, which may be fewer than it "
            "was given. The rest is lost if nobody sends it.",
     .hint = "Loop until all is sent: send(fd, buffer + done, size - done, …).",
     .section = "Short counts", .manual = "send(2)")
{
    const char *word = random_word(60);
    struct launch launch = {.input = word, .input_size = 60, .faults = "short"};
    struct driven client = call_here(&launch, "receive=unset say=-");
    expect_bytes(client.conn, word, 60);
}

TEST("tcp_client.bytes", .points = 1,
     .title = "All 256 byte values pass, in both directions",
     .why = "Data is bytes with a length. A NUL is a byte like any other, and "
            "lab 10 ends its messages with it.",
     .hint = "No strlen, no string functions: sizes come from on_send and from "
             "recv.",
     .section = "Bytes, not strings", .manual = "recv(2)")
{
    enum { SIZE = 600 };
    unsigned char *out = random_bytes(SIZE), *in = random_bytes(SIZE);
    for (int i = 0; i < 256; i++)
        in[100 + i] = out[400 - i] = i;
    struct driven client = call_here(SAYS((char *)out, SIZE), "say=-");
    expect_bytes(client.conn, out, SIZE);
    say(client.conn, in, SIZE);
    half_close(client.conn);
    expect_told(client, "on_receive", heard(in, SIZE), NULL);
}

/* ---- Receive ---- */

TEST("tcp_client.receive", .points = 3,
     .title = "on_receive is called with the answer, and Connect returns true",
     .why = "What an answer means only the caller knows.",
     .hint = "recv into client->buffer, then on_receive(buffer, size, data). "
             "data goes through as it came.",
     .section = "Connect, step by step", .manual = "recv(2)")
{
    size_t size = 5 + random_below(30);
    const char *word = random_word(size);
    struct driven client = call_here(NULL, "say=hello");
    expect_text(client.conn, "hello");
    say(client.conn, word, size);
    half_close(client.conn);
    expect_told(client, "on_receive connect user_data", heard(word, size),
                "connect true", NULL);
}

TEST("tcp_client.once", .points = 2,
     .title = "Without is_complete one recv is the answer",
     .why = "A server may keep the connection open. Nobody has said how an "
            "answer ends, so what came is one.",
     .hint = "Without is_complete do not go on to the end of the stream, nor "
             "until the buffer is full.",
     .section = "When is a message whole?", .manual = "recv(2)")
{
    const char *word = random_word(20);
    struct driven client = call_here(NULL, "say=hello");
    expect_text(client.conn, "hello");
    say(client.conn, word, 20);
    expect_told_so_far(client, "on_receive", heard(word, 20), NULL);
}

/* An answer in three pieces, the last one of `last` bytes. */
static void expect_whole(size_t last, int yes)
{
    enum { SIZE = 27 };
    const char *word = format("%s%%%s#%%", random_word(15), random_word(9));
    struct driven client = call_here(NULL, "say=hello until=#%% yes=%d", yes);
    expect_text(client.conn, "hello");
    say_apart(client.conn, word, 7);
    say_apart(client.conn, word + 7, SIZE - last - 7);
    say(client.conn, word + SIZE - last, last);
    expect_told_so_far(client, "on_receive user_data", heard(word, SIZE), NULL);
}

TEST("tcp_client.whole", .points = 3,
     .title = "is_complete is asked until it says that all is there",
     .why = "A stream has no messages. Where one ends only the caller knows: "
            "at a NUL, at a newline, after a count.",
     .hint = "recv behind what is there already, and ask is_complete about all "
             "of it, from the start of the buffer. Any value but 0 is yes.",
     .section = "When is a message whole?", .manual = "recv(2)")
{
    given("An answer comes in three pieces");
    expect_whole(9, 1);
    given("The two bytes of an answer's end come in two pieces");
    expect_whole(1, 1);
    given("is_complete returns -7 for yes");
    expect_whole(9, -7);
}

TEST("tcp_client.full", .points = 1,
     .title = "A buffer that is full is handed over as it is",
     .why = "No answer may be larger than the buffer: what is written behind "
            "its end belongs to somebody else. And with no room left recv "
            "returns 0, which looks like an end.",
     .hint = "recv(fd, buffer + have, buffer_size - have, …), and out of the "
             "loop when have == buffer_size.",
     .section = "When is a message whole?", .manual = "recv(2)")
{
    size_t room = 10 + random_below(30);
    const char *word = random_word(200);
    struct driven client = call_here(NULL, "say=hello until=# size=%zu", room);
    expect_text(client.conn, "hello");
    say_apart(client.conn, word, 4);
    say(client.conn, word + 4, 196);
    half_close(client.conn);
    expect_told(client, "on_receive wrong", heard(word, room), NULL);
}

TEST("tcp_client.cut-off", .points = 1,
     .title = "An answer that the end of the stream cuts off is handed over",
     .why = "Whether half an answer is worth anything only the caller knows.",
     .hint = "recv returning 0 ends the loop; what came before it is still in "
             "the buffer.",
     .section = "When is a message whole?", .manual = "recv(2)")
{
    const char *word = random_word(30);
    struct driven client = call_here(NULL, "say=hello until=#");
    expect_text(client.conn, "hello");
    say_apart(client.conn, word, 13);
    say(client.conn, word + 13, 17);
    half_close(client.conn);
    expect_told(client, "on_receive connect", heard(word, 30), "connect true",
                NULL);
}

TEST("tcp_client.no-reply", .points = 2,
     .title = "A stream that ends without an answer is false, and no callback",
     .why = "The client asked, and was not answered. Whoever thinks that it "
            "was believes in a button that did nothing.",
     .hint = "recv returning 0 with nothing received before: close, return "
             "false, do not call on_receive.",
     .section = "Connect, step by step", .manual = "recv(2)")
{
    const char *key[] = {"", " until=#"};
    for (int i = 0; i < 2; i++) {
        given(i ? "is_complete is set" : "is_complete is not set");
        struct driven client = call_here(NULL, "say=hello%s", key[i]);
        expect_text(client.conn, "hello");
        half_close(client.conn);
        expect_told(client, "on_receive connect", "connect false", NULL);
    }
}

/* ---- What a callback says ---- */

TEST("tcp_client.claims", .points = 1,
     .title = "Never more than the buffer is sent, whatever on_send says",
     .why = "What lies behind the buffer is not the caller's to send, and may "
            "be anybody's password.",
     .hint = "if (size > room) size = room;", .section = "What a callback says",
     .manual = "send(2)")
{
    size_t room = 10 + random_below(40);
    const char *word = random_word(room);
    struct driven client =
        call_here(SAYS(word, room), "receive=unset say=- size=%zu claim=%zu",
                  room, room + 100);
    expect_bytes(client.conn, word, room);
    expect_end(client.conn);
}

TEST("tcp_client.negative", .points = 1,
     .title = "A negative size from on_send sends nothing: Connect is false",
     .why = "-1 as a size_t is more than any memory holds.",
     .hint = "Look at the size before it becomes a size_t: if (size < 0) the "
             "exchange has failed.",
     .section = "What a callback says", .manual = "send(2)")
{
    struct driven client =
        call_here(NULL, "receive=unset claim=-%u", 1 + random_below(100));
    expect_end(client.conn);
    half_close(client.conn);
    expect_told(client, "connect", "connect false", NULL);
}

TEST("tcp_client.says-no", .points = 2,
     .title = "A callback that returns non-zero ends the exchange",
     .why = "The caller has seen something that is wrong. Connect returning "
            "false is how the caller's caller learns of it.",
     .hint = "if (on_send(…) != 0), and if (on_receive(…) != 0): close, return "
             "false. After on_send nothing is sent. -1 is non-zero too.",
     .section = "What a callback says")
{
    const char *codes[] = {"1", "-1"};
    for (int i = 0; i < 2; i++) {
        given("on_send returns %s", codes[i]);
        struct driven client = call_here(NULL, "send=%s", codes[i]);
        expect_end(client.conn);
        half_close(client.conn);
        expect_told(client, "on_receive connect", "connect false", NULL);

        given("on_receive returns %s", codes[i]);
        client = call_here(NULL, "receive=%s", codes[i]);
        expect_text(client.conn, "hello");
        say_text(client.conn, "olleh");
        half_close(client.conn);
        expect_told(client, "connect", "connect false", NULL);
    }
}
