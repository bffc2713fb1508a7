/* compare.c: led_process and button_process in C and in Python. */
#include "lab10.h"

#include <signal.h>
#include <string.h>

enum { PRESSES = 7 };

static void press_some(struct program *led, struct program *button)
{
    wait_fifo(button, FIFO);
    write_once(button, "1\n\n00\n");
    for (int i = 0; i < PRESSES; i++) {
        press(button);
        expect_status(led, i % 2 ? "Off" : "On");
    }
    send_signal(button, SIGTERM);
    expect_fifo_gone(button, FIFO, "at SIGTERM");
}

static void press_many_at_once(struct program *led, struct program *button)
{
    char *lines = random_word(2 * PRESSES);
    for (int i = 0; i < PRESSES; i++)
        memcpy(lines + 2 * i, "0\n", 2);
    wait_fifo(button, FIFO);
    write_once(button, lines);
    for (int i = 0; i < PRESSES; i++)
        expect_status(led, i % 2 ? "Off" : "On");
    send_signal(button, SIGINT);
    expect_fifo_gone(button, FIFO, "at SIGINT");
}

#define PAIR                                                                   \
    .server = "led_process", .client = "button_process", .default_port = PORT, \
    .shared = true, .env = {"BUTTON_FIFO=" FIFO}

const struct pairing suite_pairings[] = {
    {.title = "presses, one by one", PAIR, .drive = press_some},
    {.title = "presses, all at once", PAIR, .drive = press_many_at_once},
    {.title = NULL}};

/* Of a log's lines what the contract says, and not how each program begins
 * them; of what else it logs, nothing. */
static void only_status(char *text)
{
    static const char words[] = "LED Status: ";
    char *to = text;
    for (char *line = text, *next; *line; line = next) {
        size_t length = strcspn(line, "\n");
        next = line + length + (line[length] == '\n');
        char *found = strstr(line, words);
        if (found && found < line + length)
            line = found;
        else if (strncmp(line, "client's ", 9) != 0 &&
                 strncmp(line, "server's stdout", 15) != 0)
            continue;
        memmove(to, line, next - line);
        to += next - line;
    }
    *to = '\0';
}

void (*const suite_canonical)(char *text) = only_status;
