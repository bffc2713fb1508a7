/* ports_fuzz.c: what is a port on a command line? common/ and lab 1 answer with
 * strtol, this file digit by digit. */
#include "fuzz.h"

#include "common/net_address.c"

#define main main_of_server
#include "solutions/lab01-first-connection/server.c"
#undef main

/* -1 for what is no port. */
static long value_of(const char *text)
{
    long value = 0;

    if (*text == '\0')
        return -1;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        value = value > 65535 ? value : value * 10 + *text - '0';
    }
    return value > 65535 ? -1 : value;
}

/* Numbers where something changes: the fuzzer would seek them for long. */
static const char *const edges[] = {
    "0",          "1",          "65535",
    "65536",      "4294967295", "4294967376",
    "2147483648", "-65456",     "18446744073709551616",
};

static void check(const char *text, uint16_t min)
{
    uint16_t port = 4711;
    long due = value_of(text);

    CHECK(parse_port(text) == due);
    if (due >= min) {
        CHECK(net_parse_port(text, min, &port));
        CHECK(port == due);
    } else {
        CHECK(!net_parse_port(text, min, &port));
        CHECK(port == 4711);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    uint16_t min = take_byte(&input) % 2;
    char *text = take_text(&input), around[64];

    check(text, min);
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        check(edges[i], min);
        snprintf(around, sizeof around, "%.10s%s%.10s", text, edges[i], text);
        check(around, min);
    }
    free(text);
    return 0;
}
