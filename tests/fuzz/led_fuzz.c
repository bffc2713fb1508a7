/* led_fuzz.c: lab 10's LED: any message, in pieces, into a buffer of its size.
 * It is on after exactly "LED ON", off after exactly "LED OFF", and what else
 * comes is logged in characters that can be shown. */
#include "fuzz.h"

#include <stdarg.h>
#include <syslog.h>

static int led; /* -1: nobody has said */
static char log_line[400];

static void keep_log(int priority, const char *format, ...)
{
    va_list args;

    (void)priority;
    va_start(args, format);
    CHECK(vsnprintf(log_line, sizeof log_line, format, args) <
          (int)sizeof log_line);
    va_end(args);
}

#define syslog keep_log
#define main main_of_led_process
#include "solutions/lab10-button-led/led_process.c"
#undef main

struct gpio_line *gpio_open_output(const struct gpio_config *config, int value)
{
    (void)config;
    (void)value;
    return NULL;
}

int gpio_set(struct gpio_line *line, int value)
{
    (void)line;
    led = value;
    return 0;
}

const char *gpio_error(void)
{
    return "";
}

bool TCP_Server_Init(TCP_Server_t *server)
{
    return server == NULL;
}

bool TCP_Server_Exec(TCP_Server_t *server, void *data)
{
    return server == data;
}

/* What a message says: 1, 0, or -1 for no command. */
static int meaning(const char *message, size_t size)
{
    size_t length = 0;

    while (length < size && message[length] != '\0' && message[length] != '\n')
        length++;
    if (length < size && message[length] == '\n' && length > 0 &&
        message[length - 1] == '\r')
        length--;
    if (length == 6 && memcmp(message, "LED ON", 6) == 0)
        return 1;
    return length == 7 && memcmp(message, "LED OFF", 7) == 0 ? 0 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* As large as led_process's, and of that size to the byte. */
    char *buffer = malloc(64);
    struct input input = {data, size};
    size_t have = 0, got;

    do { /* as lab 9's library has it */
        unsigned most = 1 + take_byte(&input) % 16;
        got = take_bytes(&input, buffer + have,
                         most < 64 - have ? most : 64 - have);
        have += got;
    } while (got > 0 && have < 64 && !has_end(buffer, (int)have, NULL));
    led = -1;
    log_line[0] = '\0';
    CHECK(take_message(buffer, (int)have, NULL) == 0);
    CHECK(led == meaning(buffer, have));
    CHECK(log_line[0] != '\0');
    for (const char *c = log_line; *c != '\0'; c++)
        CHECK(*c >= ' ' && *c < 0x7f);
    free(buffer);
    return 0;
}
