/*
 * led_process.c - switches an LED as it is told over TCP
 *
 * Shows a server that is nothing but its callbacks: lab 9's library listens,
 * accepts, receives, watches the clock and closes; what is left for this file
 * is when a message is whole, and what it means.
 *
 *     build/solutions/lab10-button-led/led_process [--chip CHIP]
 *         [--line OFFSET] [PORT]
 *     printf 'LED ON\0' | nc -N localhost 5555
 */
#include <err.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "gpio.h"
#include "net.h"
#include "pins.h"
#include "tcp_server.h"

/* A message that is not over by then never will be; and a client that keeps
   its end open holds up the next one no longer. */
enum { DEFAULT_PORT = 5555, TIMEOUT_MS = 1000 };

struct options {
    const char *chip; /* null: the simulated board */
    uint16_t line, port;
};

/* ---- What a message means ---- */

/* Where a message ends: at its first NUL or newline. Returns its length, or -1
   where it has no end yet. */
static int message_length(const char *buffer, int size)
{
    for (int i = 0; i < size; i++)
        if (buffer[i] == '\0' || buffer[i] == '\n')
            return i;
    return -1;
}

static int has_end(const char *buffer, int size, void *led)
{
    (void)led;
    return message_length(buffer, size) != -1;
}

static bool equals(const char *message, int length, const char *text)
{
    return (size_t)length == strlen(text) &&
           memcmp(message, text, strlen(text)) == 0;
}

/* No string: neither is there a NUL at its end, nor need there be none within.
   And whoever reads the log has a terminal that strange bytes would upset. */
static void log_other(const char *message, int length)
{
    char text[4 * 64 + 1] = "";
    size_t end = 0;

    for (int i = 0; i < length && end + 4 < sizeof text; i++) {
        unsigned char byte = (unsigned char)message[i];
        bool plain = byte >= ' ' && byte < 0x7f && byte != '\\';
        end += (size_t)snprintf(text + end, sizeof text - end,
                                plain ? "%c" : "\\x%02x", byte);
    }
    syslog(LOG_WARNING, "not a command, ignored: \"%s\"", text);
}

static void set_led(struct gpio_line *led, bool on)
{
    if (gpio_set(led, on) == -1)
        syslog(LOG_ERR, "the LED: %s", gpio_error());
    else
        syslog(LOG_INFO, "LED Status: %s", on ? "On" : "Off");
}

/* A message without an end is one that the end of the stream ended, or one
   that filled the buffer, and so is longer than any command. */
static int take_message(char *buffer, int size, void *led)
{
    int length = message_length(buffer, size);

    if (length == -1)
        length = size;
    else if (buffer[length] == '\n' && length > 0 && buffer[length - 1] == '\r')
        length--;
    if (equals(buffer, length, "LED ON"))
        set_led(led, true);
    else if (equals(buffer, length, "LED OFF"))
        set_led(led, false);
    else
        log_other(buffer, length);
    return 0;
}

/* ---- The command line ---- */

static _Noreturn void usage(void)
{
    fprintf(stderr,
            "usage: led_process [--chip CHIP] [--line OFFSET] [PORT]\n");
    exit(2);
}

static struct options read_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"chip", required_argument, NULL, 'c'},
        {"line", required_argument, NULL, 'l'},
        {0}};
    struct options options = {.line = LED_OFFSET, .port = DEFAULT_PORT};
    int letter;

    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (letter == 'c')
            options.chip = optarg;
        else if (letter != 'l' || !net_parse_port(optarg, 0, &options.line))
            usage(); /* an offset is a number like a port */
    }
    if (argc - optind > 1 ||
        (optind < argc && !net_parse_port(argv[optind], 0, &options.port)))
        usage();
    return options;
}

int main(int argc, char **argv)
{
    struct options options = read_options(argc, argv);
    const struct gpio_config config = {
        .chip = options.chip, .offset = options.line, .owner = "led_process"};
    char buffer[64]; /* longer than any command */
    TCP_Server_t server = {
        .port = options.port,
        .buffer = buffer,
        .buffer_size = sizeof buffer,
        .cb = {.is_complete = has_end, .on_receive = take_message},
        .timeout_ms = TIMEOUT_MS};

    /* LOG_PERROR: to stderr too, and there also if no daemon takes it. */
    openlog("LED TCP", LOG_PID | LOG_PERROR, LOG_USER);
    if (!TCP_Server_Init(&server))
        err(1, "port %u", options.port);
    struct gpio_line *led = gpio_open_output(&config, 0);
    if (led == NULL)
        errx(1, "LED: %s", gpio_error());
    if (net_announce(server.socket) == -1)
        err(1, "stdout");
    for (;;)
        if (!TCP_Server_Exec(&server, led))
            syslog(LOG_WARNING, "a client left or said nothing in time");
}
