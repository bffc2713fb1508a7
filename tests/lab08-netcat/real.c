/* real.c: nc with the real netcat-openbsd, and with itself. */
#include "nc.h"

#include <stdlib.h>
#include <string.h>

enum { MIB = 1 << 20, LARGE = 10 * MIB };

static struct program *start_at(const struct launch *launch,
                                const char *const *args)
{
    struct launch whole = *launch;
    for (int i = 0; args[i]; i++)
        whole.args[i] = args[i];
    whole.shared = true;
    whole.open_stdin = true;
    whole.most_output = 2 * LARGE;
    return start_program(&whole);
}

/* 10 MiB each way. Neither stdin ends: with -l the real netcat ends with its
 * client's stream, even if it still has something to send. */
static void exchange(struct program *server, struct program *client)
{
    const char *there = much(LARGE), *back = much(LARGE);
    feed_input(server, back, LARGE);
    feed_input(client, there, LARGE);
    wait_output(client, back, LARGE);
    wait_output(server, there, LARGE);
}

/* -N: shutdown at the end of stdin, which is not what it does by itself. */
static void pair_over_tcp(const char *const *server, const char *const *client)
{
    char *port = format("%u", random_port());
    struct program *first =
        start_at(&(struct launch){.name = server ? "netcat-openbsd" : "nc",
                                  .peer = server},
                 server ? (const char *const[]){"-N", "-l", port, NULL}
                        : (const char *const[]){"-l", port, NULL});
    wait_listening(first, atoi(port));
    struct program *second =
        start_at(&(struct launch){.name = client ? "netcat-openbsd" : "nc",
                                  .peer = client},
                 client ? (const char *const[]){"-N", "127.0.0.1", port, NULL}
                        : (const char *const[]){"127.0.0.1", port, NULL});
    exchange(first, second);
}

static void pair_over_unix(const char *const *server, const char *const *client)
{
    static const char *const real_server[] = {"-N", "-lU", "nc.sock", NULL};
    static const char *const real_client[] = {"-N", "-U", "nc.sock", NULL};
    struct program *first =
        start_at(&(struct launch){.name = server ? "netcat-openbsd" : "nc",
                                  .peer = server},
                 server ? real_server : real_server + 1);
    wait_listening_path(first, "nc.sock");
    struct program *second =
        start_at(&(struct launch){.name = client ? "netcat-openbsd" : "nc",
                                  .peer = client},
                 client ? real_client : real_client + 1);
    exchange(first, second);
}

#define WHY                                                                    \
    "Two programs that share a mistake understand each other. The real one "   \
    "does not share it."
#define HINT                                                                   \
    "Look at the tests of the two directions first, and run the pair by "      \
    "hand, with -v on both sides."

TEST("real.client", .points = 1, .arena = true,
     .title = "nc -l and the real netcat as its client: 10 MiB each way",
     .why = WHY, .hint = HINT, .section = "The real netcat", .manual = "nc(1)")
{
    pair_over_tcp(NULL, real_netcat());
}

TEST("real.server", .points = 1, .arena = true,
     .title = "nc and the real netcat -l: 10 MiB each way", .why = WHY,
     .hint = HINT, .section = "The real netcat", .manual = "nc(1)")
{
    pair_over_tcp(real_netcat(), NULL);
}

TEST("real.unix-client", .points = 1, .arena = true,
     .title = "nc -lU and the real netcat -U: 10 MiB each way", .why = WHY,
     .hint = HINT, .section = "The real netcat", .manual = "nc(1)")
{
    pair_over_unix(NULL, real_netcat());
}

TEST("real.unix-server", .points = 1, .arena = true,
     .title = "nc -U and the real netcat -lU: 10 MiB each way", .why = WHY,
     .hint = HINT, .section = "The real netcat", .manual = "nc(1)")
{
    pair_over_unix(real_netcat(), NULL);
}

TEST("nc.with-itself", .points = 1, .arena = true,
     .title = "nc and nc: 10 MiB each way, over TCP and a UNIX socket",
     .why = "This is how it will be used most.", .hint = HINT,
     .section = "The real netcat", .manual = "nc(1)")
{
    pair_over_tcp(NULL, NULL);
    pair_over_unix(NULL, NULL);
}
