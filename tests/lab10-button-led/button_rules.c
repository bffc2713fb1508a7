/* button_rules.c: button_process and the rules of all programs. */
#include "lab10.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TEST("button.interrupted", .points = 1, .arena = true,
     .title = "A signal that interrupts a call loses no press",
     .why = "EINTR is no failure: the call is made again.",
     .hint = "Call again where errno is EINTR: poll and read here, send and "
             "recv in your lab 9 library.",
     .section = "For ever", .manual = "signal(7)")
{
    static const char *const calls[][2] = {
        {"eintr=poll", "Every second poll (or select) is interrupted (EINTR)"},
        {"eintr=send", "Every second send (or write) is interrupted (EINTR)"},
        {"eintr=recv", "Every second recv (or read) of a socket is interrupted "
                       "(EINTR)"}};
    struct listener *led = listen_as_led();
    for (int i = 0; i < 3; i++) {
        given("%s", calls[i][1]);
        struct program *button =
            start_button(&(struct launch){.faults = calls[i][0]});
        for (int k = 0; k < 4; k++)
            press_for(led, button, k % 2 ? "LED OFF" : "LED ON");
        expect_no_command(led, button, "more than once");
        stop_program(button);
        unlink(shared_path(FIFO));
    }
}

TEST("button.short-sends", .points = 1, .arena = true,
     .title = "A send that took part of the message is continued",
     .why = "Half a command is none, and the LED drops it.",
     .hint = "Send on until all 7 or 8 bytes are out: your lab 9 library "
             "should.",
     .section = "For ever", .manual = "send(2)")
{
    struct listener *led = listen_as_led();
    struct program *button = start_button(&(struct launch){.faults = "short"});
    for (int i = 0; i < 4; i++)
        press_for(led, button, i % 2 ? "LED OFF" : "LED ON");
}

TEST("button.no-leak", .points = 1, .arena = true,
     .title = "After 100 presses it holds what it held after the first",
     .why = "One descriptor a press, and after a thousand there are none left: "
            "then a button presses itself, or never again.",
     .hint = "close the socket in any case: delivered, refused, or reset. ls "
             "-l /proc/PID/fd shows what is open.",
     .section = "For ever", .manual = "close(2)")
{
    enum { PRESSES = 100 };
    struct listener *led = listen_as_led();
    struct program *button = start_button(NULL);
    press_for(led, button, "LED ON");
    struct census first = take_census(button);

    stop_listening(led); /* what a try that is refused leaves behind */
    press(button);
    let_work(button);
    led = listen_as_led();
    expect_command(led, button, "LED OFF");
    write_once(button, presses(PRESSES - 2));
    for (int i = 2; i < PRESSES; i++)
        expect_command(led, button, i % 2 ? "LED OFF" : "LED ON");
    let_work(button);
    expect_census(button, first, format("after %d presses", PRESSES));
}

TEST("button.idle", .points = 2, .arena = true,
     .title = "It uses no processor while it waits",
     .why = "When its last writer has gone, poll calls a FIFO ready, always; "
            "read returns 0 at once.",
     .hint = "gpio_fd is readable only when there is something. By hand: hold "
             "the FIFO open for writing, too (O_RDWR), and it is never at its "
             "end. Between two tries, pause.",
     .section = "Lines from a FIFO", .manual = "poll(2)")
{
    struct listener *led = listen_as_led();
    struct program *button = start_button(NULL);
    expect_idle(button, "while it waits for the first press");
    int writer = open_writer(button);
    expect_idle(button, "while a writer says nothing");
    write_lines(writer, "0", 1);
    expect_idle(button, "while a line has no end yet");
    write_lines(writer, "\n", 1);
    expect_command(led, button, "LED ON");
    close(writer);
    expect_idle(button, "after its last writer has gone");
    write_once(button, "other\n");
    expect_idle(button, "after a line that is no press");
    stop_listening(led);
    press(button);
    for (int i = 0; i < 3; i++) /* on a busy machine a connect, too, sleeps */
        expect_idle(button, "while it tries to deliver a press");
}

TEST("button.usage", .points = 1, .arena = true,
     .title = "A port that is none, or an extra argument: usage, exit status 2",
     .why = "Who mistypes should be told at once, and not find out by a press "
            "that is lost.",
     .hint = "net_parse_port knows what a port is; 0 is none to connect to. A "
             "program that takes no arguments refuses them all.",
     .section = "What you build", .manual = "getopt(3)")
{
    static const char *const wrong[] = {
        "", "80x", " 80", "+80", "-1", "0", "65536", "70000", "99999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        given("The port is \"%s\"", wrong[i]);
        expect_usage_error(
            start("button_process", .args = {"localhost", wrong[i]}));
    }
    given("There is an argument behind the port");
    expect_usage_error(
        start("button_process", .args = {"localhost", "5555", "extra"}));
}

TEST("button.sanitizers", .points = 1, .arena = true,
     .title = "AddressSanitizer, LeakSanitizer and UBSan stay silent",
     .why = "A program can pass every other test and still write where it must "
            "not. The sanitizers see it.",
     .hint = "Build with gcc -g -fsanitize=address,undefined and run it "
             "yourself: the report names the line.",
     .section = "Memory and the sanitizers", .manual = "gcc(1)")
{
    static const size_t sizes[] = {1,   2,   15,  16,  31,   32,   63,   64,
                                   127, 128, 255, 256, 1023, 1024, 4096, 70000};
    struct listener *led = listen_as_led();
    struct program *button = start_button(&(struct launch){.sanitized = true});
    press_for(led, button, "LED ON");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *line = random_word(sizes[i] + 1);
        memset(line, '1', sizes[i]);
        line[sizes[i]] = '\n';
        int writer = open_writer(button);
        write_lines(writer, line, sizes[i] + 1);
        close(writer);
        press_for(led, button, i % 2 ? "LED ON" : "LED OFF");
    }
    expect_no_sanitizer_report(button);
}
