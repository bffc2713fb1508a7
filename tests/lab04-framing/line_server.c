/* line_server.c: the tests of framing in the server. The rules that it shares
 * with all servers are in line_server_rules.c. */
#include "framing.h"

#include <string.h>
#include <time.h>

/* All is sent, and the stream ended, before the answers must be there. */
static void send_then_expect(struct conn *client, const char *bytes,
                             const char *const *lines, int count)
{
    say_text(client, bytes);
    half_close(client);
    expect_answers(client, lines, count);
}

TEST("line_server.listens", .points = 1,
     .title = "line_server listens on the port that it is given",
     .why = "No client can reach a server before it listens.",
     .hint = "net_parse_port, then net_listen: check what each returns.",
     .section = "The helpers, from now on", .manual = "bind(2)")
{
    start_server("line_server", random_port());
}

TEST("line_server.line", .points = 3,
     .title = "A line comes back behind \"Echo ==>\", with its newline",
     .why = "This is what the lab is about.",
     .hint = "Find the newline in what came; send \"Echo ==>\", the bytes "
             "before it, and a newline.",
     .section = "line_server, step by step", .manual = "memchr(3)")
{
    uint16_t port = random_port();
    struct conn *client = dial(start_server("line_server", port), port);
    const char *word = random_word(5 + random_below(30));
    send_then_expect(client, format("%s\n", word), &word, 1);
}

TEST("line_server.at-once", .points = 1,
     .title = "Each line is answered at once, not at the end of the stream",
     .why = "A client in lockstep waits for each answer before it sends more. "
            "If the server waits for more too, both wait for ever.",
     .hint = "Answer all whole lines after each recv, inside the loop; send "
             "what you have collected before you call recv again.",
     .section = "Lines out of a stream", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct conn *client = dial(start_server("line_server", port), port);
    for (int i = 0; i < 4; i++) {
        const char *word = random_word(1 + random_below(30));
        say_text(client, format("%s\n", word));
        expect_answers(client, &word, 1);
    }
}

TEST("line_server.bits", .points = 2,
     .title = "A line that comes a byte a segment is one line",
     .why = "TCP keeps the order of bytes, not the borders between sends. A "
            "recv may bring any part of a line, down to one byte.",
     .hint = "The buffer lives longer than one recv: each writes behind what "
             "is there, recv(fd, buffer + have, sizeof buffer - have, 0).",
     .section = "Lines out of a stream", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct conn *client = dial(start_server("line_server", port), port);
    const char *words[] = {random_word(6 + random_below(6)),
                           random_word(6 + random_below(6))};
    for (int i = 0; i < 2; i++) {
        for (const char *p = words[i]; *p; p++)
            say_apart(client, p, 1);
        say_apart(client, "\n", 1);
    }
    half_close(client);
    expect_answers(client, words, 2);
}

TEST("line_server.heap", .points = 2,
     .title = "Several lines in one segment are answered one by one",
     .why = "Two sends may come out of one recv: TCP may join what it carries.",
     .hint = "After an answer look for the next newline in what is left, until "
             "there is none; only then call recv.",
     .section = "Lines out of a stream", .manual = "memchr(3)")
{
    uint16_t port = random_port();
    struct conn *client = dial(start_server("line_server", port), port);
    const char *words[5], *lines = "";
    for (int i = 0; i < 5; i++) {
        words[i] = random_word(4 + random_below(9));
        lines = format("%s%s\n", lines, words[i]);
    }
    send_then_expect(client, lines, words, 5);
}

TEST("line_server.cut", .points = 2,
     .title = "A segment may end a line and begin the next",
     .why = "Where segments end has nothing to do with where lines end.",
     .hint = "What is left behind the last newline is the start of the next "
             "line: move it to the front with memmove, and let the next recv "
             "write behind it.",
     .section = "Lines out of a stream", .manual = "memmove(3)")
{
    uint16_t port = random_port();
    struct conn *client = dial(start_server("line_server", port), port);
    const char *words[] = {random_word(9), random_word(12), random_word(7)};
    char *lines = format("%s\n%s\n%s\n", words[0], words[1], words[2]);
    say_apart(client, lines, 5);
    say_apart(client, lines + 5, 8);      /* ends the first line */
    say_apart(client, lines + 5 + 8, 12); /* ends the second one */
    send_then_expect(client, lines + 25, words, 3);
}

TEST("line_server.empty", .points = 1, .title = "An empty line is a line",
     .why = "A border in the stream makes it possible to say nothing, and to "
            "be answered.",
     .hint = "A newline at the very start of the buffer ends a line of 0 "
             "bytes.",
     .section = "Lines out of a stream", .manual = "memchr(3)")
{
    uint16_t port = random_port();
    struct conn *client = dial(start_server("line_server", port), port);
    const char *word = random_word(5 + random_below(10));
    send_then_expect(client, format("\n\n%s\n\n", word),
                     (const char *[]){"", "", word, ""}, 4);
}

TEST("line_server.last", .points = 2,
     .title = "A last line without newline counts",
     .why = "The end of the stream ends a line as well, and many a file's last "
            "line has no newline.",
     .hint = "When recv returns 0 and the buffer is not empty: one more "
             "answer.",
     .section = "The last line", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct conn *client = dial(start_server("line_server", port), port);
    const char *words[] = {random_word(9), random_word(4)};
    send_then_expect(client, format("%s\n%s", words[0], words[1]), words, 2);
}

TEST("line_server.close", .points = 1,
     .title = "After the client's end the stream ends, with nothing added",
     .why = "Behind the last newline there is no line, unless there are bytes.",
     .hint = "When recv returns 0 and the buffer is empty nothing is due. "
             "Close the connection.",
     .section = "The last line", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct conn *client = dial(start_server("line_server", port), port);
    const char *word = random_word(5 + random_below(20));
    say_text(client, format("%s\n", word));
    half_close(client);
    read_bytes(client, ECHO_SIZE + strlen(word) + 1);
    expect_end(client);
    expect_no_reset(client, "after its answer");
}

TEST("line_server.bytes", .points = 1,
     .title = "Every byte but the newline is part of a line, NUL too",
     .why = "Data is bytes with a length, and a NUL is a byte like any other.",
     .hint = "No strchr, no strlen, no %s on received bytes: memchr takes a "
             "length.",
     .section = "Bytes, not strings", .manual = "memchr(3)")
{
    uint16_t port = random_port();
    struct conn *client = dial(start_server("line_server", port), port);
    struct text lines = {0}, answers = {0};
    for (int i = 0; i < 3; i++) {
        char *bytes = random_line_bytes(600);
        bytes[10 + random_below(300)] = '\0';
        bytes[599] = "\0\r\xff"[i];
        add(&lines, bytes, 600);
        add_text(&lines, "\n");
        add_answer(&answers, bytes, 600);
    }
    say(client, lines.data, lines.size);
    half_close(client);
    expect_bytes(client, answers.data, answers.size);
}

TEST("line_server.short", .points = 1,
     .title = "A send that took part of an answer is continued",
     .why = "send returns how many bytes it took, which may be fewer than it "
            "was given. The rest is lost if nobody sends it.",
     .hint = "net_send_all does it.", .section = "Short counts",
     .manual = "send(2)")
{
    uint16_t port = random_port();
    struct program *server =
        start("line_server", .args = {format("%u", port)}, .faults = "short");
    given(FEW_BYTES);
    wait_listening(server, port);
    const char *word = random_word(60);
    struct conn *client = dial(server, port);
    say_text(client, format("%s\n", word));
    half_close(client);
    expect_text(client, answer_to(word));
}

/* ---- Many lines ---- */

enum { MANY = 10000 };

static struct text many_lines(struct text *answers)
{
    struct text lines = {0};
    for (int i = 0; i < MANY; i++) {
        char *word = random_word(1 + random_below(16));
        add_text(&lines, word);
        add_text(&lines, "\n");
        add_answer(answers, word, strlen(word));
    }
    return lines;
}

TEST("line_server.burst", .points = 2,
     .title = "10,000 lines at once are 10,000 answers",
     .why = "Whatever buffer recv fills, it ends in the middle of some line, "
            "hundreds of times.",
     .hint = "After each recv: answer what is whole, keep the rest. Never ask "
             "recv for more than there is room, nor for 0 bytes: that looks "
             "like the end of the stream.",
     .section = "Many lines at once", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct program *server = start_server("line_server", port);
    struct text answers = {0}, lines = many_lines(&answers);
    freeze(server); /* all of it is there when the server looks */
    struct conn *client = dial(server, port);
    size_t taken = say_while_taken(client, lines.data, lines.size);
    thaw(server);
    given("10,000 lines are sent at once");
    say(client, lines.data + taken, lines.size - taken);
    half_close(client);
    expect_bytes(client, answers.data, answers.size);
}

TEST("line_server.late", .points = 2, .arena = true,
     .title = "Nothing is lost if the client starts to read late",
     .why = "Such a client fills all buffers in both directions. A server that "
            "waits in send until it reads does right; one that drops what send "
            "does not take now, or gives up, does not.",
     .hint = "Let send block, as net_send_all does, or wait in poll for "
             "POLLOUT. EAGAIN is no reason to end a connection.",
     .section = "Many lines at once", .manual = "send(2)")
{
    clamp_buffers();
    uint16_t port = random_port();
    struct conn *client = dial(start_server("line_server", port), port);
    struct text answers = {0}, lines = many_lines(&answers);
    size_t taken = say_while_taken(client, lines.data, lines.size);
    note("the buffers are full both ways; only now the client reads");
    given("The client begins to read when all buffers are full");
    say(client, lines.data + taken, lines.size - taken);
    half_close(client);
    /* Where bytes went missing depends on the kernel's buffers. */
    const char *got = read_bytes(client, answers.size);
    if (memcmp(got, answers.data, answers.size) != 0)
        fail_test(&(struct verdict){.expected = "the answers in their order",
                                    .received = "as many bytes, but others"},
                  "Answers are wrong that did not fit into the buffers.");
}

/* ---- Long lines ---- */

TEST("line_server.longest", .points = 2,
     .title = "A line of 65,536 bytes is answered like any other",
     .why = "The limit is a promise in both directions: up to it, lines pass.",
     .hint = "Room for 65,536 bytes and a newline: a full buffer without "
             "newline is a line too long, and one byte less is not.",
     .section = "Lines that are too long", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct conn *client = dial(start_server("line_server", port), port);
    struct text lines = {0}, answers = {0};
    for (int i = 0; i < 2; i++) {
        const char *word = random_word(7), *line = random_word(LONGEST);
        add_text(&lines, format("%s\n", word));
        add_answer(&answers, word, 7);
        add_text(&lines, line);
        add_answer(&answers, line, LONGEST);
        add_text(&lines, "\n");
    }
    given("Lines of 7 and of 65,536 bytes, in turn");
    /* All of the first long line is there before its newline is. */
    say_apart(client, lines.data, 8 + LONGEST);
    say(client, lines.data + 8 + LONGEST, lines.size - 8 - LONGEST);
    half_close(client);
    expect_bytes(client, answers.data, answers.size);
}

TEST("line_server.toolong", .points = 2,
     .title = "After 65,537 bytes without newline: \"ERR line too long\"",
     .why = "A server that collects for ever can be made to collect for ever. "
            "And whoever sends so much will send its newline late, or never.",
     .hint = "When the buffer is full and holds no newline, do not wait for "
             "one: send the refusal and a newline at once. Full is 65,537 "
             "bytes, one more than a line may have.",
     .section = "Lines that are too long", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct program *server = start_server("line_server", port);
    const char *line = random_word(LONGEST + 1);
    struct conn *client = dial(server, port);
    given("No newline has come yet");
    say(client, line, LONGEST + 1);
    expect_text(client, REFUSAL);
    hang_up(client);
}

TEST("line_server.1-more", .points = 1,
     .title = "65,537 bytes are too many also where their newline is there",
     .why = "Whether one recv brings a line and its newline or two, the line "
            "is as long; and the end of the stream makes it no shorter.",
     .hint = "Check the length of each line, the last one too, unless your "
             "buffer has no room for a longer one.",
     .section = "Lines that are too long", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct program *server = start_server("line_server", port);
    const char *word = random_word(20), *line = random_word(LONGEST + 1);
    freeze(server); /* all of it is there when the server looks */
    struct conn *client = dial(server, port);
    say_text(client, format("%s\n%s\n%s\n", word, line, word));
    thaw(server);
    expect_answers(client, &word, 1);
    given("A line of 65,537 bytes comes with its newline");
    expect_text(client, REFUSAL);

    given(NULL);
    port = random_port();
    server = start_server("line_server", port);
    freeze(server);
    client = dial(server, port);
    say_text(client, line);
    half_close(client);
    thaw(server);
    given("The last line has 65,537 bytes, and ends with the stream");
    expect_text(client, REFUSAL);
}

TEST("line_server.err-end", .points = 1,
     .title = "After the refusal the stream ends, though the client stays",
     .why = "Where the next line begins nobody knows any more, so there can be "
            "no more answers. The client must learn that.",
     .hint = "No more recv for lines, no answer to what follows: "
             "net_close_gracefully.",
     .section = "Lines that are too long", .manual = "shutdown(2)")
{
    uint16_t port = random_port();
    struct conn *client = dial(start_server("line_server", port), port);
    say(client, random_word(LONGEST + 1), LONGEST + 1);
    read_to_end(client, NULL);
}

/* For the tests of what comes after: the refusal is there, whatever it says. */
static void expect_refusal(struct conn *client)
{
    read_bytes(client, strlen(REFUSAL) - 1);
}

TEST("line_server.err-rst", .points = 1,
     .title = "The refusal arrives, even if the client sent much more",
     .why = "To close with unread input makes TCP send RST, which can destroy "
            "the refusal on its way.",
     .hint = "net_close_gracefully: shutdown, then read and forget until the "
             "client's end, for a second at most, then close.",
     .section = "Closing without a reset", .manual = "shutdown(2)")
{
    enum { SIZE = 1 << 20 };
    uint16_t port = random_port();
    struct program *server = start_server("line_server", port);
    freeze(server); /* all of it is there when the server looks */
    struct conn *client = dial(server, port);
    say_while_taken(client, random_word(SIZE), SIZE);
    half_close(client);
    thaw(server);
    expect_refusal(client);
    wait_connections_over(port);
    expect_no_reset(client, "after the refusal");
}

static double milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

TEST("line_server.err-on", .points = 1,
     .title = "Nor a reset if the client goes on after the refusal",
     .why = "What comes to a closed connection is answered with RST. Whether "
            "anything is on its way, a server cannot know.",
     .hint = "Reading what is there now is not enough: wait for the client's "
             "end of stream, for up to a second, as net_close_gracefully does.",
     .section = "Closing without a reset", .manual = "poll(2)")
{
    enum { PATIENCE = 500, TRIES = 20 };
    uint16_t port = random_port();
    struct program *server = start_server("line_server", port);
    /* Where the machine had no time for us, the server's time is over too: no
     * fault of it. */
    for (int i = 0; i < TRIES; i++) {
        struct conn *client = dial(server, port);
        say(client, random_word(2 * LONGEST), 2 * LONGEST);
        double begin = milliseconds();
        expect_refusal(client);
        let_work(server);
        say_text(client, random_word(3 + random_below(20)));
        half_close(client);
        bool in_time = milliseconds() - begin < PATIENCE;
        wait_connections_over(port);
        if (in_time) {
            expect_no_reset(client, "when the client went on");
            return;
        }
        hang_up(client);
    }
}

static void say_a_byte(void *conn)
{
    say_text(conn, "a");
}

/* The contract's bound is a second. Here it is what nobody exceeds by accident:
 * 2.5 s of this process's time. */
TEST("line_server.err-1s", .points = 1, .waits = 900,
     .title = "A refused client that stays delays the next by 1 s at most",
     .why = "A limit for each recv is no limit for all of them: a client that "
            "sends a byte now and then begins a new one each time.",
     .hint = "net_close_gracefully has one deadline for all. A server with a "
             "thread or a child a client delays nobody anyhow.",
     .section = "Closing without a reset", .manual = "poll(2)")
{
    uint16_t port = random_port();
    struct program *server = start_server("line_server", port);
    struct conn *first = dial(server, port);
    say(first, random_word(2 * LONGEST), 2 * LONGEST);
    expect_refusal(first);
    struct conn *next = dial(server, port);
    const char *word = random_word(10);
    say_text(next, format("%s\n", word));
    half_close(next);
    if (!hears_within(next, 2500, say_a_byte, first))
        fail_test(
            &(struct verdict){.expected = "an answer for the next client, "
                                          "after 1 second at most",
                              .received = format("nothing; line_server %s",
                                                 describe_program(server))},
            "The next client waits in vain: line_server is still busy with one "
            "whose line was too long, and who goes on talking.");
    expect_text(next, answer_to(word));
}
