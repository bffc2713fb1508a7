/* The suite of lab 07: datagrams.
 *
 * Points: 52 for the server, 48 for the client. What the lab teaches weighs
 * most: one datagram in, one out, of the same length, to whoever sent it (3 to
 * 6 each); and a client that expects loss, tries again and gives up (4 each),
 * and takes nobody else's answer (4). One point has what earlier labs taught or
 * what the helpers do. Nobody gets a point for not crashing: each test wants an
 * exchange, or an error that is told.
 *
 * Each test asks for one thing. A datagram that is longer than it should be, or
 * comes twice, or from the wrong port, is told by the test that is there for
 * that.
 *
 * The contract makes the client wait: 500 ms for each answer. So
 * client.no-answer and client.silent take 1.5 s, client.third-try 1 s, three
 * more half a second each, and the suite no less than the longest; they begin
 * first (.waits) and run side by side. */
#include "lab07.h"

#include <stdlib.h>
#include <string.h>

const char *const suite_lab = "lab07-datagrams";
const bool suite_talks_udp = true;

char *upper(const void *data, size_t size)
{
    char *copy = malloc(size + 1);
    if (!copy)
        broken("out of memory");
    memcpy(copy, data, size);
    copy[size] = '\0';
    for (size_t i = 0; i < size; i++)
        if (copy[i] >= 'a' && copy[i] <= 'z')
            copy[i] -= 'a' - 'A';
    return copy;
}

char *capitals(size_t size)
{
    return upper(random_word(size), size);
}

void ask(struct udp *client, const void *data, size_t size)
{
    send_datagram(client, data, size);
    expect_in_datagram(client, upper(data, size), size);
}

void serve(struct udp *client)
{
    size_t size = 5 + random_below(20);
    ask(client, capitals(size), size);
    udp_close(client);
}

void expect_try(struct udp *server, const char *text)
{
    expect_in_datagram(server, text, strlen(text));
}

void answer(struct udp *server, const char *text)
{
    send_datagram(server, upper(text, strlen(text)), strlen(text));
}

void expect_late_enough(struct udp *server)
{
    if (datagram_gap(server) >= TOO_SOON)
        return;
    fail_test(
        &(struct verdict){.expected = "the next try 500 ms after the one "
                                      "before",
                          .received = format("it came less than %d ms "
                                             "after that",
                                             TOO_SOON)},
        "client sends again too soon: the answer may well be on its way.");
}

struct program *start_client(struct udp *server, uint16_t port,
                             const char *text)
{
    struct program *client =
        start("client", .args = {"127.0.0.1", format("%u", port), text});
    if (server)
        udp_attend(server, client);
    return client;
}

void expect_printed(struct program *client, const void *answer, size_t size)
{
    static const char head[] = "Received ";
    size_t printed, before = strlen(head);
    wait_exit(client);
    const char *output = output_of(client, &printed);
    if (memmem(output, printed, answer, size))
        return;
    char *due = malloc(before + size + 1);
    if (!due)
        broken("out of memory");
    memcpy(due, head, before);
    memcpy(due + before, answer, size);
    due[before + size] = '\n';
    expect_output(client, due, before + size + 1);
}

void expect_capitals(struct program *client, const char *text)
{
    expect_printed(client, upper(text, strlen(text)), strlen(text));
}

/* ---- For make compare ---------------------------------------------------- */

/* A text of 65,507 bytes. */
#define TEN_OF(X) X X X X X X X X X X
#define HUNDRED TEN_OF(TEN_OF("x"))
#define THOUSAND TEN_OF(HUNDRED)
#define FIVE_OF(X) X X X X X
#define LONGEST                                                                \
    FIVE_OF(TEN_OF(THOUSAND))                                                  \
    TEN_OF(THOUSAND) FIVE_OF(THOUSAND) FIVE_OF(HUNDRED) "datagra"

void (*const suite_canonical)(char *text) = NULL;

const struct pairing suite_pairings[] = {
    {.title = "the default text"},
    {.title = "words and digits", .client_args = {"The quick brown fox 0123"}},
    {.title = "an empty datagram", .client_args = {""}},
    {.title = "letters outside ASCII",
     .client_args = {"cora\xc3\xa7\xc3\xa3o"}},
    {.title = "control characters", .client_args = {"a\tb\nc\x01\x7f"}},
    {.title = "the longest datagram", .client_args = {LONGEST}},
    {.title = "one byte more", .client_args = {LONGEST "s"}},
    {.title = "a name of the machine",
     .client_args = {"localhost", "PORT", "by name"}},
    {.title = "nobody is there",
     .client_args = {"127.0.0.1", "PORT"},
     .alone = true},
    {.title = "a surplus argument",
     .client_args = {"localhost", "PORT", "a", "b"},
     .alone = true},
    {0}};
