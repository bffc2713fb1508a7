/* The suite of lab 09: callbacks.
 *
 * What is tested are functions. They run in the cell, called by a main of the
 * kit (drive_tcp_server.c, drive_tcp_client.c), which says what they were asked
 * and answered; here is the other end of the wire. What the wire shows is
 * judged by the wire.
 *
 * server.c: an exchange of the server's. server_rules.c: its rules, and all
 * clients that are no friends. client.c, client_rules.c: the client.
 *
 * Each test asks for one thing, so it looks at those lines of the main only
 * that this thing shows in.
 *
 * The points: 60 for the server, 40 for the client, which is the same steps
 * again. What is new weighs most: that a callback is called with what came, and
 * that what it says is sent, is 4 points each at the server and 3 at the
 * client; when a message is whole, and one deadline for all of an exchange, 2
 * or 3 for each question. A connection, without which there is nothing, has 2.
 * What common/ does and earlier labs have taught, the rules of all programs, is
 * one point each; but tcp_server.close has 3 and tcp_server.reset, survives and
 * no-leak 2, because lab 10 stands on them: what fails there would have to be
 * found through a button. */
#include "driven.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const suite_lab = "lab09-callbacks";

/* ---- Programs ---- */

static struct driven run(const struct launch *more, struct launch launch,
                         const char *mark, const char *keys, va_list args)
{
    char *text = NULL;
    int count = 0;
    if (vasprintf(&text, keys, args) < 0)
        broken("out of memory");
    while (launch.args[count])
        count++;
    launch.args[count++] = format("mark=%s", mark);
    for (char *key = strtok(text, " "); key; key = strtok(NULL, " "))
        launch.args[count++] = key;
    if (more) {
        launch.input = more->input;
        launch.input_size = more->input_size;
        launch.faults = more->faults;
        launch.open_stdin = more->open_stdin;
        launch.hosts = more->hosts;
        launch.sanitized = more->sanitized;
    }
    return (struct driven){
        .name = launch.name, .program = start_program(&launch), .mark = mark};
}

/* Letters that no library would print by itself. */
static char *new_mark(void)
{
    char *mark = format("#%08x ", (unsigned)random_u64());
    return mark;
}

struct driven run_server(const struct launch *more, const char *keys, ...)
{
    uint16_t port = random_port();
    va_list args;
    va_start(args, keys);
    struct driven driven =
        run(more,
            (struct launch){.name = "tcp_server", .args = {format("%u", port)}},
            new_mark(), keys, args);
    va_end(args);
    driven.port = port;
    wait_listening(driven.program, port);
    return driven;
}

static struct driven run_caller(const struct launch *more, const char *host,
                                uint16_t port, const char *keys, va_list args)
{
    return run(more,
               (struct launch){.name = "tcp_client",
                               .args = {host, format("%u", port)}},
               new_mark(), keys, args);
}

struct driven run_client(const struct launch *more, const char *host,
                         uint16_t port, const char *keys, ...)
{
    va_list args;
    va_start(args, keys);
    struct driven driven = run_caller(more, host, port, keys, args);
    va_end(args);
    return driven;
}

struct driven call_here(const struct launch *more, const char *keys, ...)
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    va_list args;
    va_start(args, keys);
    struct driven driven = run_caller(more, "127.0.0.1", port, keys, args);
    va_end(args);
    driven.conn = accept_here(listener, driven.program);
    stop_listening(listener);
    return driven;
}

/* ---- What the main says ---- */

char *heard(const void *data, size_t size)
{
    const unsigned char *bytes = data;
    char *line = malloc(32 + 4 * size), *end = line;
    if (!line)
        broken("out of memory");
    end += sprintf(end, "on_receive %zu%s", size, size ? " " : "");
    for (size_t i = 0; i < size; i++)
        if (bytes[i] >= ' ' && bytes[i] < 0x7f && bytes[i] != '\\')
            *end++ = bytes[i], *end = '\0';
        else
            end += sprintf(end, "\\x%02x", bytes[i]);
    return line;
}

static bool is_word_of(const char *word, size_t length, const char *words)
{
    for (; *words; words += strcspn(words, " "), words += *words == ' ')
        if (strcspn(words, " ") == length && strncmp(words, word, length) == 0)
            return true;
    return false;
}

struct lines {
    const char *at;
    size_t left;
};

/* The next line of the main's that is of one of the kinds, without its mark;
 * null: there is no more. What the library itself prints may stand before it,
 * even without a newline. */
static char *next_line(struct lines *lines, const char *mark, const char *kinds)
{
    const char *found;
    while ((found = memmem(lines->at, lines->left, mark, strlen(mark)))) {
        const char *text = found + strlen(mark);
        lines->left -= text - lines->at;
        lines->at = text;
        const char *end = memchr(text, '\n', lines->left);
        if (!end)
            return NULL;
        size_t word = strcspn(text, " :\n");
        if (is_word_of(text, word, kinds))
            return format("%.*s", (int)(end - text), text);
    }
    return NULL;
}

static bool fits(const char *due, const char *told)
{
    size_t size = strlen(due);
    return strcmp(due, told) == 0 ||
           (strcmp(due, "on_send") == 0 && strncmp(due, told, size) == 0);
}

/* "on_receive 5 hello" in words. */
static char *in_words(const char *line)
{
    long size;
    char rest[8];
    if (sscanf(line, "on_receive %ld", &size) == 1)
        return size == 0
                   ? format("on_receive was called with size 0")
                   : format("on_receive was called with %s",
                            size == 1 ? "1 byte" : format("%ld bytes", size));
    if (strncmp(line, "on_send", 7) == 0)
        return format("on_send was called%s%s",
                      line[7] ? ", with room for" : "", line + 7);
    if (sscanf(line, "exec %7s", rest) == 1)
        return format("TCP_Server_Exec returned %s", rest);
    if (sscanf(line, "connect %7s", rest) == 1)
        return format("TCP_Client_Connect returned %s", rest);
    if (sscanf(line, "init %7s", rest) == 1)
        return format("TCP_Server_Init returned %s", rest);
    if (sscanf(line, "descriptors %ld", &size) == 1)
        return size == 0   ? format("the call left nothing open")
               : size == 1 ? format("the call left a descriptor open")
                           : format("the call left %ld descriptors more than "
                                    "before",
                                    size);
    return format("%s", line);
}

/* The same line with its bytes as every test shows them. */
static char *shown_line(const char *line, const char *other)
{
    size_t size = 0,
           focus = common_prefix(line, strlen(line), other ? other : "",
                                 other ? strlen(other) : 0);
    int start = 0;
    if (sscanf(line, "on_receive %*d%n", &start) < 0 || !start || !line[start])
        return show_line(line);
    start++; /* the space */
    char *bytes = malloc(strlen(line));
    if (!bytes)
        broken("out of memory");
    for (const char *at = line + start; *at; at++, size++) {
        unsigned value = (unsigned char)*at;
        if (*at == '\\' && sscanf(at, "\\x%2x", &value) == 1)
            at += 3;
        bytes[size] = (char)value;
    }
    focus = focus > (size_t)start && size == strlen(line) - start
                ? focus - start
                : 0;
    return format("%.*s%s", start, line, show_bytes(bytes, size, focus));
}

static _Noreturn void fail_line(struct driven driven, const char *due,
                                const char *told)
{
    struct verdict shown = {
        .expected = due ? shown_line(due, told) : "nothing more",
        .received = told ? shown_line(told, due) : "nothing more"};
    size_t size, word = told ? strcspn(told, " :") : 0;
    if (told && told[word] == ':') /* that says all there is to say */
        fail_test(NULL, "%s.", told + word + strlen(": "));
    if (!told && has_ended(driven.program) &&
        errors_of(driven.program, &size)[0])
        shown.received =
            format("nothing more; stderr %s",
                   show_bytes(errors_of(driven.program, NULL), size, 0));
    if (!told && has_ended(driven.program))
        fail_test(&shown, "%s %s. This was still due: %s.", driven.name,
                  describe_program(driven.program), in_words(due));
    if (!told)
        fail_test(&shown, "This has not come: %s. %s %s.", in_words(due),
                  driven.name, describe_program(driven.program));
    if (!due)
        fail_test(&shown, "%s. That was not due.", in_words(told));
    if (strcmp(in_words(due), in_words(told)) == 0)
        fail_test(&shown, "%s, as was due, but not with those that came.",
                  in_words(told));
    fail_test(&shown, "%s. What was due: %s.", in_words(told), in_words(due));
}

static void compare_lines(struct driven driven, const char *kinds, va_list due)
{
    struct lines output;
    output.at = output_of(driven.program, &output.left);
    for (;;) {
        const char *line = va_arg(due, const char *);
        char *told = next_line(&output, driven.mark, kinds);
        if (!line && !told)
            return;
        if (!line || !told || !fits(line, told))
            fail_line(driven, line, told);
    }
}

void expect_told(struct driven driven, const char *kinds, ...)
{
    va_list due;
    wait_exit(driven.program);
    va_start(due, kinds);
    compare_lines(driven, kinds, due);
    va_end(due);
}

void expect_told_so_far(struct driven driven, const char *kinds, ...)
{
    va_list due;
    let_work(driven.program);
    va_start(due, kinds);
    compare_lines(driven, kinds, due);
    va_end(due);
}

/* ---- Time ---- */

static void drip(void *conn)
{
    say_text(conn, "x");
}

void expect_returns(struct driven driven, int ms, struct conn *dripping,
                    const char *peer)
{
    bool server = strcmp(driven.name, "tcp_server") == 0;
    if (!ends_within(driven.program, ms, dripping ? drip : NULL, dripping))
        fail_test(
            &(struct verdict){.expected = "its return",
                              .received = describe_program(driven.program)},
            "%s does not return, for a %s that %s.",
            server ? "TCP_Server_Exec" : "TCP_Client_Connect",
            server ? "client" : "server", peer);
}

/* ---- Words ---- */

char *backwards(const char *word, size_t size)
{
    char *copy = malloc(size + 1);
    if (!copy)
        broken("out of memory");
    for (size_t i = 0; i < size; i++)
        copy[i] = word[size - 1 - i];
    copy[size] = '\0';
    return copy;
}

void serve_backwards(struct conn *client)
{
    size_t size = 5 + random_below(20);
    const char *word = random_word(size);
    say(client, word, size);
    half_close(client);
    expect_bytes(client, backwards(word, size), size);
    hang_up(client);
}

/* ---- For make compare ---------------------------------------------------- */

void (*const suite_canonical)(char *text) = NULL;

const struct pairing suite_pairings[] = {
    {.title = "a word, and it comes back",
     .server = "tcp_server",
     .client = "tcp_client",
     .server_args = {"PORT", "calls=1"},
     .server_ends = true},
    {.title = "no callback at all",
     .server = "tcp_server",
     .client = "tcp_client",
     .server_args = {"PORT", "calls=1", "send=unset", "receive=unset"},
     .client_args = {"send=unset", "receive=unset"},
     .server_ends = true},
    {.title = "a message with an end",
     .server = "tcp_server",
     .client = "tcp_client",
     .server_args = {"PORT", "calls=1", "until=.", "say=well, well."},
     .client_args = {"say=one, two.", "until=."},
     .server_ends = true},
    {.title = "letters outside ASCII",
     .server = "tcp_server",
     .client = "tcp_client",
     .server_args = {"PORT", "calls=1"},
     .client_args = {"say=cora\xc3\xa7\xc3\xa3o"},
     .server_ends = true},
    {.title = "more than the buffer holds",
     .server = "tcp_server",
     .client = "tcp_client",
     .server_args = {"PORT", "calls=1", "size=4", "until=."},
     .client_args = {"size=30", "say=more than four", "until=."},
     .server_ends = true},
    {.title = "a size beyond the buffer",
     .server = "tcp_server",
     .client = "tcp_client",
     .server_args = {"PORT", "calls=1", "size=6", "say=sixsix", "claim=60"},
     .client_args = {"until=.", "say=six"},
     .server_ends = true},
    {.title = "a negative size",
     .server = "tcp_server",
     .client = "tcp_client",
     .server_args = {"PORT", "calls=1", "claim=-1"},
     .server_ends = true},
    {.title = "a callback that says no",
     .server = "tcp_server",
     .client = "tcp_client",
     .server_args = {"PORT", "calls=1", "receive=1"},
     .server_ends = true},
    {.title = "the client's own says no",
     .server = "tcp_server",
     .client = "tcp_client",
     .server_args = {"PORT", "calls=1", "say=hello"},
     .client_args = {"send=3"},
     .server_ends = true},
    {.title = "nobody listens",
     .client = "tcp_client",
     .client_args = {"localhost", "5555"},
     .alone = true},
    {.title = "no port at all",
     .client = "tcp_client",
     .client_args = {"localhost", "70000"},
     .alone = true},
    {0}};
