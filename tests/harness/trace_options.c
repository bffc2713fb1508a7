/* trace_options.c: what make trace is asked for, and what it cannot do. */
#include "inside.h"
#include "trace.h"

#include <errno.h>
#include <stdio.h>

static _Noreturn void refuse(const char *about, ...)
{
    va_list args;
    va_start(args, about);
    fprintf(stderr, "%s\n", vformat(about, args));
    va_end(args);
    exit(2);
}

/* Digits alone. */
static long whole_number(const char *text, char **end)
{
    if (*text < '0' || *text > '9') {
        *end = (char *)text;
        return -1;
    }
    errno = 0;
    long value = strtol(text, end, 10);
    return errno ? -1 : value;
}

long number_in(const char *name, const char *text, long least, long most)
{
    char *end;
    long value = whole_number(text, &end);
    if (*end || value < least || value > most)
        refuse("%s must be a number from %ld to %ld, not \"%s\".", name, least,
               most, text);
    return value;
}

static int read_delay(const char *text)
{
    enum { MOST = 1000 };
    char *end;
    long value = whole_number(text, &end);
    if ((strcmp(end, "ms") != 0 && *end) || value < 0 || value > MOST)
        refuse("DELAY must be a time from 0ms to %dms, as DELAY=20ms, not "
               "\"%s\".",
               MOST, text);
    return (int)value;
}

static void read_losses(const char *text, unsigned *lost)
{
    char *end = (char *)text;
    int count = 0;
    for (const char *next = text;; next = end + 1) {
        long value = whole_number(next, &end);
        if (value < 1 || value > MOST_PACKETS || (*end && *end != ',') ||
            count == MOST_LOST - 1)
            refuse("LOSS must name packets by their numbers, the first is 1, "
                   "as LOSS=4 or LOSS=4,7, not \"%s\".",
                   text);
        lost[count++] = (unsigned)value;
        if (!*end)
            return;
    }
}

static void read_peer(const char *name, const char *text, bool *in_python)
{
    if (strcmp(text, "python") != 0 && strcmp(text, "c") != 0 &&
        strcmp(text, "C") != 0)
        refuse("%s of a lab is \"python\" or \"c\", not \"%s\". For any two "
               "programs leave LAB out.",
               name, text);
    *in_python = strcmp(text, "python") == 0;
}

static void read_commands(const struct trace_words *words)
{
    if (!words->server || !words->client)
        refuse("Two programs are SERVER=\"a command\" and CLIENT=\"a "
               "command\": %s is missing.",
               words->server ? "CLIENT" : "SERVER");
    trace.server_command = words->server;
    trace.client_command = words->client;
    trace.input = words->input;
    if (words->port)
        trace.port = (uint16_t)number_in("PORT", words->port, 1, 65535);
}

static void read_lab(const struct trace_words *words)
{
    int pairs = 0;
    while (suite_pairings[pairs].title)
        pairs++;
    trace.pair = 1;
    if (words->pair) {
        char *end;
        long pair = whole_number(words->pair, &end);
        if (*end || pair < 1 || pair > pairs) {
            fprintf(stderr, "There is no PAIR=%s in %s. Its pairs:\n",
                    words->pair, suite_lab);
            for (int i = 0; i < pairs; i++)
                fprintf(stderr, "  %d  %s\n", i + 1, suite_pairings[i].title);
            exit(2);
        }
        trace.pair = (int)pair;
    }
    if (words->server)
        read_peer("SERVER", words->server, &trace.server_in_python);
    if (words->client)
        read_peer("CLIENT", words->client, &trace.client_in_python);
}

/* A test is the other side itself, on the same machine. */
static void read_test(const struct trace_words *words)
{
    const struct {
        const char *name, *text;
    } of_pairs[] = {{"PAIR", words->pair},     {"SERVER", words->server},
                    {"CLIENT", words->client}, {"DELAY", words->delay},
                    {"LOSS", words->loss},     {"RCVBUF", words->rcvbuf}};
    for (size_t i = 0; i < sizeof of_pairs / sizeof *of_pairs; i++)
        if (of_pairs[i].text)
            refuse("%s does not go with TEST: a test is client or server "
                   "itself, on one machine with the program.",
                   of_pairs[i].name);
}

void trace_read_options(const struct trace_words *words)
{
    trace.folder = words->folder;
    trace.is_test = words->test != NULL;
    if (words->test)
        read_test(words);
    else if (suite_pairings[0].title)
        read_lab(words);
    else
        read_commands(words);
    if (words->delay)
        trace.link.delay_ms = read_delay(words->delay);
    if (words->loss)
        read_losses(words->loss, trace.link.lost);
    if (words->rcvbuf)
        trace.link.rcvbuf =
            (int)number_in("RCVBUF", words->rcvbuf, 1024, 6291456);
}
