/* The suite of lab 06: concurrency.
 *
 * One protocol, three servers: servers.h holds their tests, and is compiled
 * three times, by fork.c, thread.c and poll.c.
 *
 * Points: 28 for fork_server, 30 for thread_server, 29 for poll_server, 13 for
 * the client. A way to serve counts as much as any other, so each test has the
 * same points for all three; threads and the loop have one or two more that the
 * others can not fail. Two points each have what the lab teaches: 500 clients
 * at once, what has ended is gone, SIGTERM ends all. The rest is one point a
 * rule: whoever breaks one of them keeps the others. */
#include "suite.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

const char *const suite_lab = "lab06-concurrency";

/* Room for 1,000 stacks of 8 MiB, and for the C library's arenas. */
int suite_addresses_mib = 16384;

void serve(struct conn *client)
{
    read_line(client);
    half_close(client);
    hang_up(client);
}

void serve_twice(struct conn *client)
{
    read_line(client);
    say_text(client, format("%s\n", random_word(1 + random_below(20))));
    serve(client);
}

void skip_prefix(struct told *told)
{
    size_t length = strlen(told->line);
    if (length > TIME_SIZE)
        told->line += length - TIME_SIZE;
}

void say_letters(struct conn *client, int count)
{
    char lines[2 * count];
    for (int i = 0; i < count; i++)
        memcpy(lines + 2 * i, "a\n", 2);
    say_deaf(client, lines, sizeof lines);
}

void expect_lines(struct program *server, struct conn *client, int count,
                  const char *what)
{
    for (int i = 0; i < count; i++)
        read_line(client);
    let_work(server);
    if (unread_bytes(client) == 0)
        return;
    char *line = read_line(client);
    fail_test(&(struct verdict){.expected = "nothing more",
                                .received = show_bytes(line, strlen(line), 0)},
              "The server sends a line too many: %s.", what);
}

void expect_ends_by_sigterm(struct program *server, const char *when)
{
    /* The contract's bound is a second; the rest is what nobody exceeds by
     * accident. */
    enum { BOUND = 1500 };
    send_signal(server, SIGTERM);
    if (ends_within(server, BOUND, NULL, NULL))
        return;
    let_work(server); /* what it does in the end is shown, not on the way */
    fail_test(&(struct verdict){.expected = "its end within a second",
                                .received = describe_program(server)},
              "The server goes on after SIGTERM, %s.", when);
}

void (*const suite_canonical)(char *text) = mask_times;

const struct pairing suite_pairings[] = {
    {.title = "fork_server and client", .server = "fork_server"},
    {.title = "thread_server and client", .server = "thread_server"},
    {.title = "poll_server and client", .server = "poll_server"},
    {.title = "by number",
     .server = "poll_server",
     .client_args = {"127.0.0.1", "PORT"}},
    {.title = "nobody listens",
     .client_args = {"localhost", "5155"},
     .alone = true},
    {.title = "no port at all",
     .client_args = {"localhost", "0"},
     .alone = true},
    {0}};
