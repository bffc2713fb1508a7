/* board_fuzz.c: clients of the simulated board say whatever they like. Each
 * line is answered, with one that begins with "ok" or "error" unless it brings
 * news, and lines belong to nobody who has gone. */
#include "fuzz.h"

#include <stdarg.h>

#include "hw/board/lines.c"

enum { CLIENTS = 3 };
static struct client clients[CLIENTS];
static int answers;

static void check_line(const char *format, va_list args)
{
    char text[2 * LINE_SIZE];
    int size = vsnprintf(text, sizeof text, format, args);

    CHECK(size > 0 && size < (int)sizeof text);
    CHECK(strchr(text, '\n') == NULL);
    answers++;
}

void tell(struct client *client, const char *format, ...)
{
    va_list args;

    (void)client;
    va_start(args, format);
    check_line(format, args);
    va_end(args);
}

void tell_watchers(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    check_line(format, args);
    va_end(args);
}

static void obey(struct client *client, char *line)
{
    answers = 0;
    chip_obey(client, line);
    CHECK(answers > 0);
}

/* A command of a line, which may be there: it would take long to think of. */
static void say_command(struct client *client, struct input *input)
{
    static const char *const rests[] = {"", " in", " out 1", " 0", " 1"};
    char line[64];
    unsigned command = take_byte(input) % 5, number = take_byte(input);

    snprintf(line, sizeof line, "%s %u%s", commands[command].word,
             number % (LINES + 4), rests[take_byte(input) % 5]);
    obey(client, line);
}

static void say(struct client *client, struct input *input)
{
    char line[LINE_SIZE + 1];
    size_t size = take_bytes(input, line, take_byte(input) % LINE_SIZE);
    size_t length = size;

    for (size_t i = 0; i < length; i++)
        if (line[i] == '\n' || line[i] == '\0')
            length = i;
    input->data -= size - length; /* the rest is the next line's */
    input->size += size - length;
    if (length < size)
        take_byte(input);
    line[length] = '\0';
    obey(client, line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};

    memset(clients, 0, sizeof clients);
    memset(lines, 0, sizeof lines);
    for (int i = 0; i < CLIENTS; i++)
        snprintf(clients[i].name, sizeof clients[i].name, "client %d", i + 1);
    chip_init(false, 1);
    while (input.size > 0) {
        unsigned order = take_byte(&input);
        struct client *client = &clients[order % CLIENTS];
        if (order < 150)
            say(client, &input);
        else if (order < 250)
            say_command(client, &input);
        else
            chip_release(client);
        CHECK(strlen(client->name) <= NAME_SIZE);
    }
    for (int i = 0; i < CLIENTS; i++)
        chip_release(&clients[i]);
    for (int i = 0; i < LINES; i++)
        CHECK(lines[i].owner == NULL);
    return 0;
}
