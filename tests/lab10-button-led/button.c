/* button.c: button_process: presses, and the way to the LED. */
#include "lab10.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TEST("button.makes-fifo", .points = 1, .arena = true,
     .title = "It makes the FIFO that BUTTON_FIFO names, and reads from it",
     .why = "On a PC the FIFO is the button.",
     .hint = "gpio_open_input with .chip = NULL and .fifo = "
             "getenv(\"BUTTON_FIFO\"); by hand, mkfifo and open.",
     .section = "Step by step", .manual = "fifo(7)")
{
    start_button(NULL);
}

TEST("button.default-path", .points = 1, .arena = true,
     .title = "Without BUTTON_FIFO the FIFO is /tmp/tcp_file",
     .why = "That is where a user looks for it who has set nothing.",
     .hint = "getenv returns null where a variable is not set.",
     .section = "Step by step", .manual = "getenv(3)")
{
    struct program *button = start("button_process", .shared_tmp = true);
    wait_fifo(button, "tcp_file");
}

TEST("button.first-on", .points = 1, .arena = true,
     .title = "The first press sends \"LED ON\" and a NUL",
     .why = "At the start the LED is dark. A first press that switches it off "
            "does nothing.",
     .hint = "Remember what the LED is: off, at first. A press asks for the "
             "opposite. The NUL is a byte of the message: 7 bytes.",
     .section = "Toggling", .manual = "send(2)")
{
    struct listener *led = listen_as_led();
    struct listener *swapped = listen_here("127.0.0.1", htons(PORT));
    struct program *button = start_button(NULL);
    press(button);
    struct conn *conn = try_accept(led, button, "server");
    if (!conn && has_caller(swapped))
        fail_test(&(struct verdict){.expected =
                                        format("a connection to port %d", PORT),
                                    .received =
                                        format("one to port %d", htons(PORT))},
                  "button_process connects to another port: the two bytes of "
                  "%d, swapped. htons is missing.",
                  PORT);
    if (!conn)
        conn = accept_here(led, button); /* which tells why there is none */
    expect_command_over(conn, "LED ON");
}

TEST("button.toggles", .points = 2, .arena = true,
     .title = "Each press sends the opposite of the one before, once",
     .why = "One press is one message, over one connection.",
     .hint = "on = !on, where it was delivered. connect, send, shutdown, close "
             "for each press.",
     .section = "Toggling", .manual = "connect(2)")
{
    struct listener *led = listen_as_led();
    struct program *button = start_button(NULL);
    for (int i = 0; i < 5; i++) {
        press_for(led, button, i % 2 ? "LED OFF" : "LED ON");
        expect_no_command(led, button,
                          "more than once for a press, or for nothing");
    }
}

TEST("button.open-writer", .points = 1, .arena = true,
     .title = "A press counts when its line is there, not at the writer's end",
     .why = "Whoever holds the FIFO open, a program with a window, presses "
            "without closing it.",
     .hint = "Read what there is, and look for newlines in it. Do not wait for "
             "a full buffer, nor for read to return 0.",
     .section = "Lines from a FIFO", .manual = "read(2)")
{
    struct listener *led = listen_as_led();
    struct program *button = start_button(NULL);
    int writer = open_writer(button);
    given("A writer writes \"0\\n\" and does not close the FIFO");
    for (int i = 0; i < 3; i++) {
        write_lines(writer, "0\n", 2);
        expect_command(led, button, i % 2 ? "LED OFF" : "LED ON");
    }
    expect_no_command(led, button, "though nobody has pressed again");
}

TEST("button.line-parts", .points = 1, .arena = true,
     .title = "A line that comes in parts is one line",
     .why = "A FIFO is a stream, like TCP: one write may become two reads.",
     .hint = "Keep what has no newline yet until its rest has come: "
             "net_read_line does.",
     .section = "Lines from a FIFO", .manual = "read(2)")
{
    struct listener *led = listen_as_led();
    struct program *button = start_button(NULL);
    int writer = open_writer(button);
    write_lines(writer, "0", 1);
    let_work(button);
    write_lines(writer, "1\n", 2);
    given("The line \"01\" comes in two parts");
    expect_no_command(led, button, "for it");
    given("The line \"0\" comes in two parts");
    write_lines(writer, "0", 1);
    let_work(button);
    write_lines(writer, "\n", 1);
    expect_command(led, button, "LED ON");
    expect_no_command(led, button, "more than once for it");
}

TEST("button.writers", .points = 2, .arena = true,
     .title = "Writers come and go",
     .why = "Each echo 0 > /tmp/tcp_file opens the FIFO, writes and closes it. "
            "To a reader that looks like the end.",
     .hint = "read returns 0 when the last writer has gone. That is no end of "
             "the button: wait for the next one. Hold the FIFO open meanwhile, "
             "or a press between close and open is lost.",
     .section = "Lines from a FIFO", .manual = "fifo(7)")
{
    struct listener *led = listen_as_led();
    struct program *button = start_button(NULL);
    close(open_writer(button));
    int silent = open_writer(button);
    for (int i = 0; i < 4; i++) {
        given("A writer has come and gone; for press %d%s", i + 1,
              i < 2 ? ", while another one keeps the FIFO open" : "");
        press_for(led, button, i % 2 ? "LED OFF" : "LED ON");
        let_work(button);
        if (i == 1)
            close(silent);
    }
    expect_no_command(led, button, "though nobody has pressed again");
}

TEST("button.many-at-once", .points = 2, .arena = true,
     .title = "A hundred presses in one write: each is sent once, in order",
     .why = "One read may bring many lines. None is lost, and none comes "
            "twice.",
     .hint = "After a line, look into the buffer again before you read or "
             "poll.",
     .section = "Lines from a FIFO", .manual = "read(2)")
{
    enum { PRESSES = 101 };
    struct listener *led = listen_as_led();
    struct program *button = start_button(NULL);
    write_once(button, presses(PRESSES));
    for (int i = 0; i < PRESSES; i++) {
        given("Of %d presses, number %d", PRESSES, i + 1);
        expect_command(led, button, i % 2 ? "LED OFF" : "LED ON");
    }
    given("After %d presses", PRESSES);
    expect_no_command(led, button, "more");
}

static char *line_in_words(const char *line, size_t size)
{
    return size ? format("The line %s", show_bytes(line, size, 0))
                : format("An empty line");
}

TEST("button.other-lines", .points = 1, .arena = true,
     .title = "Lines that are not \"0\" are no presses",
     .why = "The contract of the FIFO is one line, \"0\". What else may come "
            "one day means something else.",
     .hint = "The line's length is 1 and its byte is '0'. atoi makes 0 of "
             "everything that is no number.",
     .section = "Lines from a FIFO", .manual = "strtol(3)")
{
    static const struct {
        const char *bytes;
        size_t size;
    } lines[] = {{"1", 1},  {"", 0},    {"00", 2},   {" 0", 2},  {"0 ", 2},
                 {"0x", 2}, {"-0", 2},  {"+0", 2},   {"o", 1},   {"off", 3},
                 {"\t", 1}, {"0\r", 2}, {"0\0x", 3}, {"\xb0", 1}};
    struct listener *led = listen_as_led();
    struct program *button = start_button(NULL);
    int writer = open_writer(button);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        given("%s", line_in_words(lines[i].bytes, lines[i].size));
        char line[8] = "";
        memcpy(line, lines[i].bytes, lines[i].size);
        line[lines[i].size] = '\n';
        write_lines(writer, line, lines[i].size + 1);
        expect_no_command(led, button, "for it");
    }
    close(writer);
    given("\"0\" after all those lines");
    press_for(led, button, "LED ON");
}

TEST("button.logs-others", .points = 1, .arena = true,
     .title = "Lines that are not \"0\" are logged, empty ones too",
     .why = "Who wrote one wonders why nothing happens.",
     .hint = ".log of struct gpio_config is called with a line for the log: "
             "hand it on to syslog.",
     .section = "Saying it to the log", .manual = "syslog(3)")
{
    static const char *const lines[] = {"1", "", "on"};
    open_syslog();
    struct program *button = start_button(&(struct launch){.syslog = true});
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        let_work(button);
        size_t size = logged_size(button);
        write_once(button, format("%s\n", lines[i]));
        wait_logged(button, size, line_in_words(lines[i], strlen(lines[i])));
        wait_syslog(NULL);
    }
}

TEST("button.long-lines", .points = 1, .arena = true,
     .title = "A line longer than any buffer is one line, and no press",
     .why = "Where the buffer ends the line does not: its last byte may be a "
            "0, before a newline.",
     .hint = "When a line does not fit, forget all of it up to its newline.",
     .section = "Lines from a FIFO", .manual = "read(2)")
{
    static const size_t sizes[] = {
        3,   16,  17,  32,  33,   64,   65,   101,  128,   129,   255,
        256, 257, 512, 513, 1024, 1025, 4096, 4097, 65536, 65537, 100000};
    struct listener *led = listen_as_led();
    struct program *button = start_button(NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *line = random_word(sizes[i] + 1);
        memset(line, '0', sizes[i]);
        line[sizes[i]] = '\n';
        int writer = open_writer(button);
        write_lines(writer, line, sizes[i] + 1);
        close(writer);
        given("A line of %s zeros", show_count(sizes[i]));
        expect_no_command(led, button, "for it");
    }
    given("\"0\" after long lines");
    press_for(led, button, "LED ON");
    expect_no_command(led, button, "more than once for it");
}

/* ---- When the LED is not there ---- */

enum { GIVEN_UP = 3000 }; /* ms: the 2 s of the contract, and some more */

static void let_it_give_up(struct program *button)
{
    if (ends_within(button, GIVEN_UP, NULL, NULL))
        fail_test(&(struct verdict){.expected = "a program that goes on",
                                    .received = describe_program(button)},
                  "button_process ends where it cannot deliver a press.");
}

/* The LED comes a second after the press. Returns the press, or null; and was
 * it a fair try? */
static struct conn *press_early(struct program *button, struct listener **led,
                                int *fair)
{
    enum { SECOND = 1000, LATE = 1500 };
    double begin = clock_ms();
    press(button);
    ends_within(button, SECOND, NULL, NULL);
    *led = listen_as_led();
    *fair += clock_ms() - begin < LATE;
    return try_accept(*led, button, "the press");
}

/* Where a press is lost the next one sends the same command. */
TEST("button.late-led", .points = 1, .arena = true, .waits = 1000,
     .title = "A press is delivered when the LED comes a second later",
     .why = "The two are started together, and nobody knows which is first.",
     .hint = "When connect fails, wait a little and try again, until 2 seconds "
             "after the first try.",
     .section = "When the LED is not there", .manual = "connect(2)")
{
    struct program *button = start_button(NULL);
    struct listener *led = NULL;
    struct conn *conn = NULL;
    int fair = 0;
    given("The LED comes a second after the press");
    for (int i = 0; i < TRIES && fair < FAIR_TRIES && !conn; i++) {
        if (led)
            stop_listening(led);
        conn = press_early(button, &led, &fair);
    }
    if (!conn && fair < FAIR_TRIES)
        return;
    if (!conn)
        fail_test(&(struct verdict){.expected = "\"LED ON\", when the LED is "
                                                "there",
                                    .received = "no connection"},
                  "button_process has given the press up before 2 seconds were "
                  "over.");
    expect_command_over(conn, "LED ON");
    expect_no_command(led, button, "more than once for a press");
    press_for(led, button, "LED OFF");
}

TEST("button.queue", .points = 1, .arena = true,
     .title = "Presses that come while it tries wait for their turn",
     .why = "They are in the FIFO. Who reads them away loses them.",
     .hint = "Deliver one press, then take the next from the FIFO.",
     .section = "When the LED is not there", .manual = "fifo(7)")
{
    struct program *button = start_button(NULL);
    write_once(button, "0\n0\n");
    press(button);
    let_work(button);
    struct listener *led = listen_as_led();
    for (int i = 0; i < 3; i++) {
        given("Of three presses that come just before the LED does, number %d",
              i + 1);
        expect_command(led, button, i % 2 ? "LED OFF" : "LED ON");
    }
    given("Three presses come just before the LED does");
    expect_no_command(led, button, "a fourth time");
}

TEST("button.undelivered", .points = 2, .arena = true, .waits = GIVEN_UP,
     .title = "A press that could not be delivered for 2 s is given up",
     .why = "An LED that switches by itself an hour later, because somebody "
            "pressed then, frightens people.",
     .hint = "Remember when the press was: net_now_ms() + 2000 is the "
             "deadline. After it, no more tries.",
     .section = "When the LED is not there", .manual = "clock_gettime(2)")
{
    struct program *button = start_button(NULL);
    press(button);
    let_it_give_up(button);
    given("A press was undelivered for 3 seconds, then the LED comes, and the "
          "button is pressed once");
    struct listener *led = listen_as_led();
    press_for(led, button, "LED ON");
    expect_no_command(led, button, "for each of the two presses");
}

TEST("button.same-again", .points = 2, .arena = true, .waits = GIVEN_UP,
     .title = "After a lost press the next one sends the same command again",
     .why = "What the LED is has not changed. A button that toggles all the "
            "same is wrong from then on, at each press.",
     .hint = "on = !on only where the delivery succeeded.",
     .section = "Toggling", .manual = "connect(2)")
{
    struct listener *led = listen_as_led();
    struct program *button = start_button(NULL);
    press_for(led, button, "LED ON");
    stop_listening(led);
    press(button);
    let_it_give_up(button);
    given("\"LED OFF\" could not be delivered for 3 seconds, the LED comes, "
          "and the button is pressed");
    led = listen_as_led();
    press_for(led, button, "LED OFF");
    press_for(led, button, "LED ON");
}

TEST("button.logs-lost", .points = 1, .arena = true, .waits = GIVEN_UP,
     .title = "A press that is given up is logged",
     .why = "Who pressed and saw nothing finds the reason there.",
     .hint = "syslog(LOG_ERR, …) when the 2 seconds are over.",
     .section = "Saying it to the log", .manual = "syslog(3)")
{
    open_syslog();
    struct program *button = start_button(&(struct launch){.syslog = true});
    let_work(button);
    size_t size = logged_size(button);
    press(button);
    let_it_give_up(button);
    wait_logged(button, size, "A press that was not delivered for 3 seconds");
    wait_syslog(NULL);
}

TEST("button.silent-led", .points = 1, .arena = true,
     .title = "An LED that takes the message and says nothing is no trouble",
     .why = "Delivered is delivered. Who then waits for the other side to "
            "close waits for ever, maybe.",
     .hint = ".timeout_ms in TCP_Client_t; by hand, shutdown and close.",
     .section = "When the LED is not there", .manual = "close(2)")
{
    struct listener *led = listen_as_led();
    struct program *button = start_button(NULL);
    press(button);
    struct conn *conn = accept_here(led, button);
    expect_bytes(conn, "LED ON", sizeof "LED ON");
    given("The LED keeps the first connection open and says nothing");
    press_for(led, button, "LED OFF");
}

TEST("button.reset", .points = 1, .arena = true,
     .title = "A reset after the message was sent does not undo it",
     .why = "connect and send succeeded: the LED has the message.",
     .hint = "What the close brings is no part of the delivery.",
     .section = "Toggling", .manual = "send(2)")
{
    struct listener *led = listen_as_led();
    struct program *button = start_button(NULL);
    press(button);
    struct conn *conn = accept_here(led, button);
    expect_bytes(conn, "LED ON", sizeof "LED ON");
    let_work(button);
    reset(conn);
    given("The LED has read \"LED ON\" and reset the connection");
    expect_no_command(led, button, "again");
    press_for(led, button, "LED OFF");
}

/* Presses it; the LED accepts the connection, and leaves before a byte of the
 * message is out: after the end of its stream it is a reset that makes send
 * raise SIGPIPE. Returns the next try, or null; and was it a fair one? */
static struct conn *press_broken(struct listener *led, struct program *button,
                                 int *fair)
{
    enum { LATE = 1000 };
    double begin = clock_ms();
    press(button);
    struct conn *conn = accept_here(led, button);
    half_close(conn);
    reset(conn);
    *fair += clock_ms() - begin < LATE;
    conn = try_accept(led, button, "the next try");
    if (has_ended(button))
        fail_test(&(struct verdict){.expected = "a program that goes on",
                                    .received = describe_program(button)},
                  "button_process %s.", describe_program(button));
    return conn;
}

TEST("button.broken-led", .points = 1, .arena = true,
     .title = "An LED that dies before the message is sent ends nothing",
     .why = "send over a connection that is gone raises SIGPIPE, and that ends "
            "a program without a word.",
     .hint = "send with MSG_NOSIGNAL, or signal(SIGPIPE, SIG_IGN): then it "
             "fails with EPIPE, and the press is tried again.",
     .section = "When the LED is not there", .manual = "send(2)")
{
    struct listener *led = listen_as_led();
    struct program *button = NULL;
    struct conn *conn = NULL;
    int fair = 0;
    given("The LED accepts a connection and dies before the message is sent");
    for (int i = 0; i < TRIES && fair < FAIR_TRIES && !conn; i++) {
        if (button)
            stop_program(button);
        unlink(shared_path(FIFO));
        button = start_button(&(struct launch){.faults = "hang-up-first"});
        conn = press_broken(led, button, &fair);
    }
    if (!conn && fair < FAIR_TRIES)
        return;
    if (!conn)
        fail_test(&(struct verdict){.expected = "a second try to say \"LED "
                                                "ON\"",
                                    .received = "no connection"},
                  "button_process takes the press for delivered, or gives it "
                  "up.");
    expect_command_over(conn, "LED ON");
    press_for(led, button, "LED OFF");
}
