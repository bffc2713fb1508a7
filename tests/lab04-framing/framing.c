/* framing.c: lab 04, framing: what its tests share, and make compare.
 *
 * Points: 34 for the pair that shows the problem, of which most are there to be
 * had with the library of common/; 66 for the pair that solves it. There, what
 * the lab teaches has 2 each: lines in pieces, lines in heaps, the last line,
 * many lines, the limit, a line out and a line back. What a program is there
 * for has 2 as well. All else has 1: who breaks one rule of all servers loses
 * that, and not the lab.
 */
#include "framing.h"

#include <stdlib.h>
#include <string.h>

const char *const suite_lab = "lab04-framing";

/* ---- Bytes ---- */

void add(struct text *text, const void *data, size_t size)
{
    text->data = realloc(text->data, text->size + size + 1);
    if (!text->data)
        broken("out of memory");
    memcpy(text->data + text->size, data, size);
    text->size += size;
    text->data[text->size] = '\0';
}

void add_text(struct text *text, const char *string)
{
    add(text, string, strlen(string));
}

char *random_line_bytes(size_t size)
{
    char *bytes = (char *)random_bytes(size);
    for (size_t i = 0; i < size; i++)
        while (bytes[i] == '\n')
            bytes[i] = random_below(256);
    return bytes;
}

void add_answer(struct text *answers, const void *line, size_t length)
{
    add_text(answers, ECHO);
    add(answers, line, length);
    add_text(answers, "\n");
}

char *answer_to(const char *line)
{
    return format(ECHO "%s\n", line);
}

/* ---- Servers ---- */

/* The answer must be there once the client has sent all. What is in it, and how
 * the server ends the stream, is left to the tests that are there for that. */
void serve_data(struct conn *client)
{
    size_t size = 5 + random_below(20);
    say_text(client, random_word(size));
    half_close(client);
    read_bytes(client, size);
    hang_up(client);
}

void serve_line(struct conn *client)
{
    size_t size = 5 + random_below(20);
    say_text(client, format("%s\n", random_word(size)));
    half_close(client);
    read_bytes(client, size);
    hang_up(client);
}

void rule_next_client(const char *name, serve_t serve)
{
    uint16_t port = random_port();
    struct program *server = start_server(name, port);
    struct conn *first = dial(server, port), *second = dial(server, port);
    serve(first);
    let_work(server);
    if (has_ended(server))
        fail_test(&(struct verdict){.expected = "a server that goes on",
                                    .received = describe_program(server)},
                  "%s %s after its first client; the second one was waiting "
                  "already.",
                  name, describe_program(server));
    serve(second);
    serve(dial(server, port));
}

/* ---- Clients ---- */

void answer_one(struct conn *conn, const char *message, const char *end)
{
    char *answer = format(ECHO "%s%s", message, end);
    expect_text(conn, format("%s%s", message, end));
    say_apart(conn, answer, strlen(answer)); /* so that no two are joined */
}

void expect_printed(struct program *client, const char *due)
{
    expect_exit(client, 0);
    expect_output(client, due, strlen(due));
}

void expect_silence(struct conn *conn, struct program *client,
                    const char *otherwise)
{
    let_work(client);
    if (!hears_within(conn, 0, NULL, NULL))
        return;
    fail_test(&(struct verdict){.expected = "a client that waits",
                                .received = describe_program(client)},
              "%s.", otherwise);
}

void rule_early_end(const char *name, const char *end, const char *piece)
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    static const char *const ways[] = {
        "The server ends the stream instead of an answer",
        "The server ends the stream after its first answer",
        "The server resets the connection instead of an answer"};
    const char *first = random_word(12), *second = random_word(12);
    for (int way = 0; way < 3; way++) {
        given("%s", ways[way]);
        struct program *client = start(
            name, .args = {"127.0.0.1", format("%u", port), first, second});
        struct conn *conn = accept_here(listener, client);
        if (way == 1)
            answer_one(conn, first, end);
        expect_text(conn, format("%s%s", way == 1 ? second : first, end));
        if (way == 2)
            reset(conn);
        else
            hang_up(conn);
        expect_runtime_error(client,
                             way == 2 ? "Connection reset by peer" : NULL);
    }
    if (!piece)
        return;
    given("The server ends the stream in the middle of an answer");
    struct program *client =
        start(name, .args = {"127.0.0.1", format("%u", port), first});
    struct conn *conn = accept_here(listener, client);
    expect_text(conn, format("%s%s", first, end));
    say_text(conn, piece);
    hang_up(conn);
    expect_runtime_error(client, NULL);
}

/* The client finds the answer, the end and the reset at once, because it was
 * frozen; so its next message meets a connection that is no more. */
void rule_server_gone(const char *name, const char *end)
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    const char *first = random_word(12), *second = random_word(12);
    struct program *client =
        start(name, .args = {"127.0.0.1", format("%u", port), first, second});
    struct conn *conn = accept_here(listener, client);
    let_work(client);
    freeze(client);
    expect_text(conn, format("%s%s", first, end));
    say_text(conn, format(ECHO "%s%s", first, end));
    half_close(conn);
    reset(conn);
    thaw(client);
    expect_runtime_error(client, NULL);
}

/* ---- For make compare ---- */

void (*const suite_canonical)(char *text) = NULL;

#define ECHO_PAIR .server = "echo_server", .client = "echo_client"
#define LINE_PAIR .server = "line_server", .client = "line_client"

const struct pairing suite_pairings[] = {
    {.title = "echo: the default messages", ECHO_PAIR},
    {.title = "echo: one, two, three",
     ECHO_PAIR,
     .client_args = {"one", "two", "three"}},
    {.title = "echo: control characters",
     ECHO_PAIR,
     .client_args = {"a\tb\nc\x01\x7f", "cora\xc3\xa7\xc3\xa3o"}},
    {.title = "echo: an empty message", ECHO_PAIR, .client_args = {"one", ""}},
    {.title = "lines: the default messages", LINE_PAIR},
    {.title = "lines: one, two, three",
     LINE_PAIR,
     .client_args = {"one", "two", "three"}},
    {.title = "lines: empty, and not ASCII",
     LINE_PAIR,
     .client_args = {"", "cora\xc3\xa7\xc3\xa3o", "a\tb\x01\x7f", "-"}},
    {.title = "lines: a newline within",
     LINE_PAIR,
     .client_args = {"one", "two\nthree"}},
    {.title = "lines of stdin",
     LINE_PAIR,
     .client_args = {"localhost", "PORT", "-"},
     .input = "one\n\nthree\r\n\tthe last has no newline"},
    {.title = "no lines of stdin",
     LINE_PAIR,
     .client_args = {"localhost", "PORT", "-"},
     .input = ""},
    {.title = "a wrong port",
     LINE_PAIR,
     .client_args = {"localhost", "80x", "PORT"}},
    {0}};
