/* led_rules.c: led_process: clients that take their time, and the rules of all
 * servers. */
#include "lab10.h"

#include <string.h>

static void serve(struct conn *client)
{
    struct program *led = program_of(client);
    say(client, "LED ON", sizeof "LED ON");
    expect_end(client);
    hang_up(client);
    if (has_ended(led))
        fail_test(NULL, "led_process has ended.");
}

/* ---- Clients that take their time ---- */

/* The contract's bound is a second. Here it is what nobody exceeds by accident:
 * a program that does not stir for 1.5 s, or 2.5 s of this process's time. */
static void expect_next_served(struct program *led, const char *first_one,
                               void (*meanwhile)(void *), void *arg)
{
    struct conn *next = dial_led(led);
    say(next, "LED OFF", sizeof "LED OFF");
    if (!hears_within(next, 2500, meanwhile, arg))
        fail_test(&(struct verdict){.expected = "the next client's turn after "
                                                "1 second at most",
                                    .received = "nothing for it"},
                  "The next client waits in vain: led_process is still busy "
                  "with one that %s.",
                  first_one);
    expect_end(next);
    expect_status(led, "Off");
}

TEST("led.silent", .points = 1, .arena = true, .waits = 1000,
     .title = "A client that says nothing delays the next by 1 s at most",
     .why = "One program that connects and hangs would switch off the "
            "button of everybody else.",
     .hint = ".timeout_ms = 1000 in TCP_Server_t; by hand, poll before each "
             "recv, with what is left of the second.",
     .section = "A second for each client", .manual = "poll(2)")
{
    struct program *led = start_led(NULL);
    dial_led(led);
    given("A client says nothing, the next one \"LED OFF\"");
    expect_next_served(led, "says nothing and does not end", NULL, NULL);
}

TEST("led.unfinished", .points = 1, .arena = true, .waits = 1000,
     .title = "A message without an end is dropped after 1 s",
     .why = "\"LED ON\" may be the beginning of something else. Who says no "
            "more has not said it.",
     .hint = "A time that is over is no end of a message: only NUL, newline "
             "and the end of the stream are.",
     .section = "A second for each client", .manual = "poll(2)")
{
    struct program *led = start_led(NULL);
    struct conn *client = dial_led(led);
    say_text(client, "LED ON");
    given("A client says \"LED ON\" without an end, the next one \"LED OFF\"");
    expect_next_served(led, "does not end its message", NULL, NULL);
}

/* Was it a fair try? */
static bool say_slowly(struct program *led)
{
    enum { HALF = 500, LATE = 800 };
    double begin = clock_ms();
    struct conn *client = dial_led(led);
    say_apart(client, "LED", strlen("LED"));
    ends_within(led, HALF, NULL, NULL);
    bool fair = clock_ms() - begin < LATE;
    flood(client, " ON", sizeof " ON"); /* it may have closed */
    hang_up(client);
    let_work(led);
    return fair;
}

TEST("led.slow-sender", .points = 1, .arena = true, .waits = 500,
     .title = "A message that takes half a second is taken",
     .why = "A person who types, or a slow network, has a second.",
     .hint = ".timeout_ms = 1000, and not less; by hand, wait for the rest of "
             "the message until the second is over.",
     .section = "A second for each client", .manual = "poll(2)")
{
    struct program *led = start_led(NULL);
    given("\"LED ON\" comes in two parts, half a second apart");
    for (int i = 0, fair = 0; i < TRIES && fair < FAIR_TRIES; i++) {
        fair += say_slowly(led);
        if (strstr(errors_of(led, NULL), "LED Status: On"))
            return;
        if (fair == FAIR_TRIES)
            expect_status(led, "On");
    }
}

/* It is called some forty times a second. */
static void say_a_byte_at_times(void *client)
{
    static int calls;
    if (calls++ % 8 == 0)
        say_text(client, "x");
}

TEST("led.trickle", .points = 1, .arena = true, .waits = 1000,
     .title = "The second is for the whole message, not for each byte",
     .why = "With a new second for each byte one client can hold the LED for "
            "ever.",
     .hint = "One deadline for the exchange, and before each recv what is left "
             "until then. SO_RCVTIMEO begins anew each time.",
     .section = "A second for each client", .manual = "clock_gettime(2)")
{
    struct program *led = start_led(NULL);
    struct conn *client = dial_led(led);
    given("A client sends a byte now and then, the next one \"LED OFF\"");
    expect_next_served(led, "sends a byte now and then", say_a_byte_at_times,
                       client);
}

TEST("led.keeps-open", .points = 1, .arena = true, .waits = 1000,
     .title = "A client that keeps its end open delays the next by 1 s at most",
     .why = "It has said what it had to say, and is in no hurry to close.",
     .hint = "Lingering, too, ends with the second: the library's timeout_ms, "
             "or net_close_gracefully with what is left of it.",
     .section = "A second for each client", .manual = "shutdown(2)")
{
    struct program *led = start_led(NULL);
    struct conn *client = dial_led(led);
    say(client, "LED ON", sizeof "LED ON");
    expect_status(led, "On");
    expect_next_served(led, "keeps its end open", NULL, NULL);
}

TEST("led.close", .points = 1, .arena = true,
     .title = "A client that sent more than a message sees no reset",
     .why = "Closing with unread input makes TCP send a reset, and the client "
            "takes that for a failure.",
     .hint = "shutdown, read and forget until the client has ended, close: "
             "net_close_gracefully does that.",
     .section = "A second for each client", .manual = "shutdown(2)")
{
    enum { JUNK = 10000 };
    char *message = random_word(JUNK);
    memcpy(message, "LED ON", sizeof "LED ON");
    struct program *led = start_led(NULL);
    freeze(led); /* all of it is there when led_process looks */
    struct conn *client = dial_led(led);
    say(client, message, JUNK);
    thaw(led);
    expect_status(led, "On");
    let_work(led); /* a reset would be there by then */
    expect_no_reset(client, "after a message with more behind it");
    half_close(client);
    expect_end(client);
}

/* ---- The rules of all servers ---- */

TEST("led.survives", .points = 1, .arena = true,
     .title = "No client ends it: resets, junk, clients that leave",
     .why = "A program that switches an LED runs for years.",
     .hint = "An exchange that failed is one client's affair: say so, and call "
             "TCP_Server_Exec again.",
     .section = "For ever", .manual = "signal(7)")
{
    rules_default_port(PORT);
    rule_survives("led_process", serve);
}

TEST("led.interrupted", .points = 1, .arena = true,
     .title = "A signal that interrupts a call ends nothing",
     .why = "EINTR is no failure: the call is made again.",
     .hint = "Your lab 9 library calls again where errno is EINTR. Which call "
             "does not?",
     .section = "For ever", .manual = "signal(7)")
{
    rules_default_port(PORT);
    rule_interrupted("led_process", serve);
}

TEST("led.aborted", .points = 1, .arena = true,
     .title = "A client that left before accept ends nothing",
     .why = "accept then fails with ECONNABORTED, and the next client is "
            "there already.",
     .hint = "Whether or not TCP_Server_Exec returns true: go on.",
     .section = "For ever", .manual = "accept(2)")
{
    rules_default_port(PORT);
    rule_aborted("led_process", serve);
}

TEST("led.short-counts", .points = 1, .arena = true,
     .title = "A recv that returns a few bytes only is no message's end",
     .why = "recv may return any part of what was sent.",
     .hint = "is_complete is asked again after each recv; it looks at all that "
             "has come.",
     .section = "Where a message ends", .manual = "recv(2)")
{
    struct program *led = start_led(&(struct launch){.faults = "short"});
    for (int i = 0; i < 3; i++) {
        tell_on(led);
        expect_status(led, "On");
        tell_off(led);
        expect_status(led, "Off");
    }
}

TEST("led.no-leak", .points = 1, .arena = true,
     .title = "After 200 clients it holds what it held after the first",
     .why = "One descriptor a client, and after a thousand presses the LED "
            "stays as it is.",
     .hint = "close on every way out of an exchange; ls /proc/PID/fd shows "
             "what is open. A thread is joined or detached, a child waited "
             "for.",
     .section = "For ever", .manual = "close(2)")
{
    rules_default_port(PORT);
    rule_no_leak("led_process", serve);
}

TEST("led.descriptors", .points = 1, .arena = true,
     .title = "Running out of descriptors ends nothing",
     .why = "When there are some again, it serves.",
     .hint = "accept fails with EMFILE: wait a moment, then try again. "
             "net_accept does that.",
     .section = "For ever", .manual = "accept(2)")
{
    rules_default_port(PORT);
    rule_out_of_descriptors("led_process", serve);
}

TEST("led.idle", .points = 2, .arena = true,
     .title = "It uses no processor while it waits",
     .why = "On a Raspberry Pi a loop that spins is a quarter of the machine, "
            "and warm.",
     .hint = "Wait in accept, recv or poll; no loop around a call that "
             "returns at once.",
     .section = "For ever", .manual = "poll(2)")
{
    rules_default_port(PORT);
    rule_server_idle("led_process", serve);
}

TEST("led.restart", .points = 1, .arena = true,
     .title = "It can be started again at once",
     .why = "The old connection still has the port for a minute.",
     .hint = "SO_REUSEADDR before bind: net_listen sets it.",
     .section = "For ever", .manual = "socket(7)")
{
    rules_default_port(PORT);
    rule_restart("led_process", serve);
}

TEST("led.port-taken", .points = 1, .arena = true,
     .title = "A second one says \"Address already in use\" and ends",
     .why = "One that goes on has no socket: its loop around accept fails and "
            "fails, at 99 % of the processor.",
     .hint = "if (!TCP_Server_Init(&server)) err(1, \"port %d\", server.port).",
     .section = "For ever", .manual = "bind(2)")
{
    rules_default_port(PORT);
    rule_port_taken("led_process", serve);
}

TEST("led.ready-line", .points = 1, .arena = true,
     .title = "It says \"listening on port 5555\" once it can be connected to",
     .why = "Who starts it knows when to press.",
     .hint = "printf(\"listening on port %d\\n\", server.port), then "
             "fflush(stdout); or net_announce.",
     .section = "Step by step", .manual = "fflush(3)")
{
    rules_default_port(PORT);
    rule_ready_line("led_process", serve);
}

TEST("led.addresses", .points = 1, .arena = true,
     .title = "It answers on every IPv4 address of the machine",
     .why = "The button may be on another one.",
     .hint = "INADDR_ANY, not 127.0.0.1.", .section = "For ever",
     .manual = "ip(7)")
{
    rules_default_port(PORT);
    rule_every_address("led_process", serve);
}

TEST("led.usage", .points = 1, .arena = true,
     .title = "A port that is none, or an extra argument: usage, exit status 2",
     .why = "Who mistypes should be told at once, and not be served on another "
            "port.",
     .hint = "net_parse_port knows what a port is. A program that takes no "
             "arguments refuses them all.",
     .section = "What you build", .manual = "getopt(3)")
{
    static const char *const wrong[] = {"",   "80x",   " 80",   "+80",
                                        "-1", "65536", "70000", "99999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        given("The port is \"%s\"", wrong[i]);
        expect_usage_error(start("led_process", .args = {wrong[i]}));
    }
    given("There is an argument behind the port");
    expect_usage_error(start("led_process", .args = {"5555", "extra"}));
}

TEST("led.sanitizers", .points = 1, .arena = true,
     .title = "AddressSanitizer, LeakSanitizer and UBSan stay silent",
     .why = "A program can pass every other test and still write where it must "
            "not. The sanitizers see it.",
     .hint = "Build with gcc -g -fsanitize=address,undefined and run it "
             "yourself: the report names the line.",
     .section = "Memory and the sanitizers", .manual = "gcc(1)")
{
    static const size_t sizes[] = {1,  7,   8,   15,  16,  31,   32,   63,   64,
                                   65, 127, 128, 255, 256, 1023, 1024, 70000};
    struct program *led = start_led(&(struct launch){.sanitized = true});
    serve(dial_led(led));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct conn *client = dial_led(led);
        say_while_taken(client, random_word(sizes[i]), sizes[i]);
        half_close(client);
        hang_up(client);
        serve(dial_led(led));
    }
    tell(led, "\r\n", 2);
    tell(led, "\n", 1);
    reset(dial_led(led));
    serve(dial_led(led));
    expect_no_sanitizer_report(led);
}
