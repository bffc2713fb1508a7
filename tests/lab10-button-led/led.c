/* led.c: led_process, and the messages that it is sent.
 *
 * Of the suite's 100 points led_process has 38, button_process 40,
 * launch_processes 15 and kill_process.sh 7: about as much as there is to
 * write. A test gives 1 point. It gives 2, or 3, where what it asks is the lab
 * itself: what counts as a message (led.exact, led.rest-ignored) and as a press
 * (button.writers, button.many-at-once); that the two programs agree on what
 * the LED is (led.on, button.toggles, button.undelivered, button.same-again);
 * and that a program which nobody looks at leaves nothing behind and does not
 * spin (led.idle, button.idle, button.removes).
 *
 * What a program that does nothing would pass, such as ending no other process,
 * counts only where it has been seen to do its work. */
#include "lab10.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

static void tell_text(struct program *led, const char *message)
{
    tell(led, message, strlen(message));
}

TEST("led.listens", .points = 1, .arena = true,
     .title = "led_process listens on port 5555",
     .why = "The button knows no other port.",
     .hint = "TCP_Server_t with .port = 5555, then TCP_Server_Init; look at "
             "what it returns.",
     .section = "Step by step", .manual = "listen(2)")
{
    start_led(NULL);
}

TEST("led.on", .points = 2, .arena = true,
     .title = "\"LED ON\" and a NUL: it says \"LED Status: On\" on stderr",
     .why = "That line is all that is seen of the LED on a PC.",
     .hint = "openlog with LOG_PERROR writes what goes to syslog to stderr as "
             "well; then syslog(LOG_INFO, \"LED Status: %s\", …).",
     .section = "Saying it to the log", .manual = "syslog(3)")
{
    struct program *led = start_led(NULL);
    tell_on(led);
    expect_status(led, "On");
}

TEST("led.off", .points = 1, .arena = true,
     .title = "\"LED OFF\" and a NUL: it says \"LED Status: Off\"",
     .why = "On, off, off, on: each message says what the LED is to be, "
            "whatever it was.",
     .hint = "Compare the message with both commands; gpio_set with 1 or 0.",
     .section = "One message, one meaning", .manual = "memcmp(3)")
{
    struct program *led = start_led(NULL);
    tell_off(led);
    expect_status(led, "Off");
    tell_on(led);
    expect_status(led, "On");
    tell_off(led);
    expect_status(led, "Off");
    tell_off(led);
    expect_status(led, "Off");
}

TEST("led.newline", .points = 1, .arena = true,
     .title = "A newline ends a message too, and a CR before it goes",
     .why = "So that a person with nc, or with a program that ends its lines "
            "with CR and LF, can switch the LED.",
     .hint = "Look for the first NUL or newline; if it is a newline and a CR "
             "stands before it, that is not part of the message.",
     .section = "Where a message ends", .manual = "nc(1)")
{
    struct program *led = start_led(NULL);
    given("The message ends with a newline");
    tell_text(led, "LED ON\n");
    expect_status(led, "On");
    given("The message ends with CR and LF");
    tell_text(led, "LED OFF\r\n");
    expect_status(led, "Off");
}

TEST("led.stream-end", .points = 1, .arena = true,
     .title = "The end of the stream ends a message too",
     .why = "printf 'LED ON' | nc -N localhost 5555 has no NUL to send.",
     .hint = "When recv returns 0, what has come so far is the message. When "
             "it returns -1 there is none.",
     .section = "Where a message ends", .manual = "recv(2)")
{
    struct program *led = start_led(NULL);
    tell_off(led); /* which a buffer may still hold */
    expect_status(led, "Off");
    given("After \"LED OFF\" and its NUL a client says \"LED ON\" and ends");
    struct conn *client = dial_led(led);
    say_text(client, "LED ON");
    half_close(client);
    expect_end(client);
    expect_status(led, "On");

    given("A client says \"LED OFF\" without an end and resets its "
          "connection; then comes \"LED ON\"");
    client = dial_led(led);
    say_apart(client, "LED OFF", strlen("LED OFF"));
    reset(client);
    tell_on(led);
    expect_status(led, "On");
}

TEST("led.pieces", .points = 1, .arena = true,
     .title = "A message that comes in pieces is one message",
     .why = "TCP is a stream: one send may become many recvs.",
     .hint = "is_complete: is there a NUL or a newline among what has come? "
             "Until then the library goes on receiving.",
     .section = "Where a message ends", .manual = "recv(2)")
{
    static const struct {
        const char *bytes;
        size_t size;
    } pieces[] = {{"LE", 2}, {"D OF", 4}, {"F", 1}, {"", 1}};
    struct program *led = start_led(NULL);
    struct conn *client = dial_led(led);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        say_apart(client, pieces[i].bytes, pieces[i].size);
    expect_end(client);
    expect_status(led, "Off");
}

TEST("led.rest-ignored", .points = 2, .arena = true,
     .title = "What follows the end of a message is ignored",
     .why = "One connection, one message. What comes behind it in the same "
            "segment was not asked for.",
     .hint = "The message's length is where its first NUL or newline stands, "
             "not what recv returned. One connection, one message: then close "
             "it.",
     .section = "Where a message ends", .manual = "recv(2)")
{
    struct program *led = start_led(NULL);
    given("\"LED ON\" and \"LED OFF\", a NUL behind each, come in one segment, "
          "and then \"LED ON\" alone");
    tell(led, "LED ON\0LED OFF", sizeof "LED ON\0LED OFF");
    expect_status(led, "On");
    tell_on(led);
    expect_status(led, "On");
    given("\"LED OFF\" and \"LED ON\", a newline behind each, come in one "
          "segment, and then \"LED OFF\" alone");
    tell_text(led, "LED OFF\nLED ON\n");
    expect_status(led, "Off");
    tell_off(led);
    expect_status(led, "Off");
    given("Behind \"LED ON\" and its NUL comes junk");
    tell(led, "LED ON\0xyz", sizeof "LED ON\0xyz");
    expect_status(led, "On");

    given("\"LED ON\" and a NUL come, then \"LED OFF\" and a NUL over the same "
          "connection, then \"LED ON\" over another one");
    struct conn *client = dial_led(led);
    say(client, "LED ON", sizeof "LED ON");
    expect_status(led, "On");
    flood(client, "LED OFF", sizeof "LED OFF"); /* it may have closed */
    hang_up(client);
    tell_on(led);
    expect_status(led, "On");
}

/* Then the opposite of what it could be mistaken for: so a mistake shows. */
static void expect_ignored(struct program *led, const char *message,
                           size_t size)
{
    bool off = size > 4 && (message[5] == 'F' || message[5] == 'f');
    given("%s and a NUL come, and then \"LED %s\"",
          show_bytes(message, size, 0), off ? "ON" : "OFF");
    tell(led, message, size + 1);
    if (off)
        tell_on(led);
    else
        tell_off(led);
    expect_status(led, off ? "On" : "Off");
}

TEST("led.exact", .points = 3, .arena = true,
     .title = "\"LED ONxyz\", \"led on\" and the like change nothing",
     .why = "A program that takes what is nearly right takes what is wrong.",
     .hint = "Compare the length as well: length == 6 && memcmp(message, "
             "\"LED ON\", 6) == 0. strncmp with 6 takes \"LED ONxyz\".",
     .section = "One message, one meaning", .manual = "memcmp(3)")
{
    static const char *const messages[] = {
        "LED ONxyz",  "LED ON ",       " LED ON",         "led on",
        "LED O",      "LED",           "LED ONN",         "LEDON",
        "ON",         "LED  ON",       "LED OFFF",        "LED Off",
        "LED OF",     "LED ON LED ON", "\x80\xff LED ON", "\001LED ON",
        "LED ON\xff", "LED ON\r"};
    struct program *led = start_led(NULL);
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        expect_ignored(led, messages[i], strlen(messages[i]));
}

TEST("led.logs-others", .points = 1, .arena = true,
     .title = "A message that is no command is logged, an empty one too",
     .why = "Who looks for the reason why the LED stays dark finds it there.",
     .hint = "syslog(LOG_WARNING, …) in the last else. Its bytes are no "
             "string: they need not have a NUL.",
     .section = "Saying it to the log", .manual = "syslog(3)")
{
    static const char *const messages[] = {"LED BLINK", ""};
    open_syslog();
    struct program *led =
        start_led(&(struct launch){.shared = true, .syslog = true});
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        const char *message = messages[i];
        let_work(led);
        size_t size = logged_size(led);
        tell(led, message, strlen(message) + 1);
        wait_logged(led, size,
                    *message ? format("The message \"%s\"", message)
                             : "A NUL alone");
        wait_syslog(NULL);
    }
}

TEST("led.empty", .points = 1, .arena = true,
     .title = "An empty message does not repeat the last one",
     .why = "What is still in the buffer is the message before.",
     .hint = "Compare only as many bytes as have come. With a size of 0 there "
             "is nothing to compare.",
     .section = "One message, one meaning", .manual = "recv(2)")
{
    static const struct {
        const char *what, *bytes;
        size_t size;
    } empties[] = {{"A client connects and leaves", "", 0},
                   {"A NUL alone comes", "", 1},
                   {"A newline alone comes", "\n", 1},
                   {"CR and LF alone come", "\r\n", 2}};
    struct program *led = start_led(NULL);
    for (size_t i = 0; i < sizeof empties / sizeof *empties; i++) {
        given("%s, after \"LED ON\" and before \"LED OFF\"", empties[i].what);
        tell_on(led);
        expect_status(led, "On");
        struct conn *client = dial_led(led);
        say(client, empties[i].bytes, empties[i].size);
        half_close(client);
        expect_end(client);
        tell_off(led);
        expect_status(led, "Off");
    }
}

/* Where a buffer is full, what comes next must not be taken for a message. */
TEST("led.overlong", .points = 1, .arena = true,
     .title = "A message that is too long for any buffer changes nothing",
     .why = "Where the buffer ends the message does not. \"LED ON\" may be its "
            "last six bytes.",
     .hint = "If the buffer is full and has no NUL or newline in it, it is no "
             "command. End the connection, and do not begin anew in the midst "
             "of the message.",
     .section = "Where a message ends", .manual = "recv(2)")
{
    static const size_t sizes[] = {8,    15,   16,   31,   32,   63,    64,
                                   127,  128,  255,  256,  511,  512,   1023,
                                   1024, 2048, 4095, 4096, 8192, 65536, 200000};
    struct program *led = start_led(NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *message = random_word(sizes[i] + strlen("LED ON"));
        strcpy(message + sizes[i], "LED ON");
        given("%zu other bytes, \"LED ON\" and a NUL come, and then \"LED "
              "OFF\"",
              sizes[i]);
        struct conn *client = dial_led(led);
        say_while_taken(client, message, strlen(message) + 1);
        half_close(client);
        hang_up(client);
        tell_off(led);
        expect_status(led, "Off");
    }
}

TEST("led.each-once", .points = 1, .arena = true,
     .title = "Fifty messages of fifty clients: fifty lines, in order",
     .why = "A status that is said twice, or late, is a wrong one.",
     .hint = "One connection a message; TCP_Server_Exec in a loop, for ever.",
     .section = "One message, one meaning", .manual = "accept(2)")
{
    enum { MESSAGES = 50 };
    struct program *led = start_led(NULL);
    bool on[MESSAGES];
    for (int i = 0; i < MESSAGES; i++) {
        on[i] = random_below(2);
        if (on[i])
            tell_on(led);
        else
            tell_off(led);
    }
    for (int i = 0; i < MESSAGES; i++)
        expect_status(led, on[i] ? "On" : "Off");
}

TEST("led.syslog", .points = 1, .arena = true,
     .title = "syslog is told the status, by \"LED TCP[pid]\"",
     .why = "A program that starts with the machine has no terminal; its log "
            "is looked for by that name.",
     .hint = "openlog(\"LED TCP\", LOG_PID | LOG_PERROR, LOG_USER).",
     .section = "Saying it to the log", .manual = "syslog(3)")
{
    open_syslog();
    struct program *led =
        start_led(&(struct launch){.shared = true, .syslog = true});
    regex_t ident;
    if (regcomp(&ident, "^LED TCP\\[[0-9]+\\]:? ", REG_EXTENDED | REG_NOSUB))
        broken("a pattern for the ident");
    for (int i = 0; i < 2; i++) {
        tell(led, i ? "LED OFF" : "LED ON", i ? 8 : 7);
        char *record = wait_syslog(i ? "LED Status: Off" : "LED Status: On");
        if (regexec(&ident, record, 0, NULL, 0) != 0)
            fail_test(
                &(struct verdict){.expected = "a record that begins \"LED "
                                              "TCP[\", its pid, \"]\"",
                                  .received =
                                      show_bytes(record, strlen(record), 0)},
                "syslog is told the status, but not under the name \"LED TCP\" "
                "with the process id behind it.");
    }
    regfree(&ident);
}

TEST("led.no-syslog", .points = 1, .arena = true,
     .title = "It works where the syslog daemon has gone, too",
     .why = "A container has none, and on any machine it may be restarted.",
     .hint = "syslog(3) has no result to look at: with LOG_PERROR the line is "
             "on stderr in any case. Do not open /dev/log yourself.",
     .section = "Saying it to the log", .manual = "syslog(3)")
{
    struct program *led =
        start_led(&(struct launch){.shared = true, .syslog = true});
    tell_on(led);
    expect_status(led, "On");
    tell_off(led);
    expect_status(led, "Off");
}
