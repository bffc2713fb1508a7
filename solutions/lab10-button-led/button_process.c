/*
 * button_process.c - tells led_process over TCP when a button was pressed
 *
 * Shows an event loop around two libraries: poll(2) waits for the button, lab
 * 9's client takes one message to the LED. And that a command counts as sent
 * only when it is: else the two would disagree from then on.
 *
 *     build/solutions/lab10-button-led/button_process [--chip CHIP]
 *         [--line OFFSET] [--debounce MS] [HOST [PORT]]
 *     echo 0 > /tmp/tcp_file
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "gpio.h"
#include "net.h"
#include "pins.h"
#include "tcp_client.h"

#define DEFAULT_FIFO "/tmp/tcp_file"

enum {
    DEFAULT_PORT = 5555,
    DEBOUNCE_MS = 20,
    EXCHANGE_MS = 1000, /* with an LED that accepts and then sleeps */
    RETRY_MS = 2000,
    PAUSE_MS = 50
};

struct options {
    const char *chip; /* null: the simulated board, and the FIFO */
    uint16_t line, debounce_ms;
    const char *host;
    uint16_t port;
};

/* ---- The command, and its way to the LED ---- */

/* The NUL belongs to the message: it is its end. */
static int write_command(char *buffer, int *size, void *data)
{
    const char *command = data;

    *size = (int)strlen(command) + 1;
    memcpy(buffer, command, (size_t)*size);
    return 0;
}

/* The LED may just be starting. Who waits a moment between the tries does not
   keep it from that. */
static bool deliver(TCP_Client_t *led, char *command)
{
    int64_t deadline = net_now_ms() + RETRY_MS;

    while (!TCP_Client_Connect(led, command)) {
        if (net_now_ms() + PAUSE_MS > deadline)
            return false;
        poll(NULL, 0, PAUSE_MS);
    }
    return true;
}

/* Returns the state in which the LED is now. */
static bool toggle(TCP_Client_t *led, bool on)
{
    char commands[2][sizeof "LED OFF"] = {"LED OFF", "LED ON"};
    char *command = commands[!on];

    if (deliver(led, command))
        return !on;
    syslog(LOG_ERR, "%s not delivered to %s port %d", command, led->hostname,
           led->port);
    return on;
}

/* ---- The button ---- */

static void log_line(const char *line)
{
    syslog(LOG_WARNING, "%s", line);
}

static const char *fifo; /* null: there is none */

/* Whatever the program is doing: unlink may be called here. */
static void remove_fifo(int number)
{
    unlink(fifo);
    signal(number, SIG_DFL);
    raise(number);
}

/* Both signals wait while the FIFO is made: before, nothing at that path would
   be ours to remove, and afterwards nobody else would do it. */
static struct gpio_line *open_button(const struct options *options)
{
    const char *path = getenv("BUTTON_FIFO");
    const struct gpio_config config = {
        .chip = options->chip,
        .offset = options->line,
        .owner = "button_process",
        .active_low = true, /* it connects a pulled-up pin to ground */
        .pull_up = true,
        .debounce_ms = options->debounce_ms,
        .fifo = options->chip != NULL ? NULL
                : path != NULL        ? path
                                      : DEFAULT_FIFO,
        .log = log_line};
    struct sigaction removing = {.sa_handler = remove_fifo};
    sigset_t both, before;

    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &both, &before) == -1)
        err(1, "sigprocmask");
    struct gpio_line *button = gpio_open_input(&config);
    if (button == NULL)
        errx(1, "button: %s", gpio_error());
    fifo = config.fifo;
    if (fifo != NULL && (sigaction(SIGINT, &removing, NULL) == -1 ||
                         sigaction(SIGTERM, &removing, NULL) == -1))
        err(1, "sigaction");
    if (sigprocmask(SIG_SETMASK, &before, NULL) == -1)
        err(1, "sigprocmask");
    return button;
}

/* Waits for the next press. */
static void wait_for_press(struct gpio_line *button)
{
    struct pollfd waiting = {.fd = gpio_fd(button), .events = POLLIN};
    struct gpio_edge edge;
    int got;

    while ((got = gpio_next_edge(button, &edge)) != 1 || edge.value != 1) {
        if (got == -1) {
            warnx("button: %s", gpio_error());
            gpio_close(button);
            exit(1);
        }
        if (got == 0 && poll(&waiting, 1, -1) == -1 && errno != EINTR)
            err(1, "poll");
    }
}

/* ---- The command line ---- */

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: button_process [--chip CHIP] [--line OFFSET] "
                    "[--debounce MS] [HOST [PORT]]\n");
    exit(2);
}

static struct options read_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"chip", required_argument, NULL, 'c'},
        {"line", required_argument, NULL, 'l'},
        {"debounce", required_argument, NULL, 'd'},
        {0}};
    struct options options = {.line = BUTTON_OFFSET,
                              .debounce_ms = DEBOUNCE_MS,
                              .host = "localhost",
                              .port = DEFAULT_PORT};
    int letter;

    /* Offsets and milliseconds are numbers like a port. */
    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (letter == 'c')
            options.chip = optarg;
        else if (letter == '?' ||
                 !net_parse_port(optarg, 0,
                                 letter == 'l' ? &options.line
                                               : &options.debounce_ms))
            usage();
    }
    if (argc - optind > 2 ||
        (argc - optind > 1 &&
         !net_parse_port(argv[optind + 1], 1, &options.port)))
        usage();
    if (optind < argc)
        options.host = argv[optind];
    return options;
}

int main(int argc, char **argv)
{
    struct options options = read_options(argc, argv);
    char buffer[sizeof "LED OFF"];
    TCP_Client_t led = {.hostname = options.host,
                        .port = options.port,
                        .buffer = buffer,
                        .buffer_size = sizeof buffer,
                        .cb = {.on_send = write_command},
                        .timeout_ms = EXCHANGE_MS};
    bool on = false;

    /* LOG_PERROR: to stderr too, and there also if no daemon takes it. */
    openlog("Button TCP", LOG_PID | LOG_PERROR, LOG_USER);
    struct gpio_line *button = open_button(&options);
    for (;;) {
        wait_for_press(button);
        on = toggle(&led, on);
    }
}
