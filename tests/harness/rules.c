/* rules.c: the rules that the programs of all labs keep. A suite calls them
 * from its own tests, which carry the points and the words. */
#include "inside.h"

#include <stdio.h>

/* No port at all in plain digits from 0 to 65535. */
static const char *const bad_ports[] = {"",   "80x",   " 80",         "+80",
                                        "-1", "70000", "99999999999", NULL};

/* ---- Usage ---- */

struct refusal {
    struct program *program;
};

static bool refused_or_serving(void *arg)
{
    struct refusal *refusal = arg;
    return refusal->program->ended ||
           (isolation_now() == ISOLATION_CELL && listening_port(0));
}

/* A program that takes the wrong arguments for right ones goes to work. */
static void expect_refusal(struct program *program)
{
    struct refusal refusal = {program};
    wait_for(refused_or_serving, &refusal, -1, 0, 2);
    if (!program->ended && isolation_now() == ISOLATION_CELL &&
        listening_port(0))
        fail_test(
            &(struct verdict){
                .expected = "\"usage: …\" on stderr and exit status 2",
                .received = format("it listens on port %u", listening_port(0))},
            "%s takes wrong arguments for right ones.", program->name);
    expect_usage_error(program);
}

void rule_server_usage(const char *name, int least, int most)
{
    struct launch extra = {.name = name, .args = {"0"}};
    for (int i = 1; i <= most; i++)
        extra.args[i] = "extra";
    expect_refusal(start_program(&extra));
    if (least > 0)
        expect_refusal(start(name));
    for (int i = 0; bad_ports[i]; i++)
        expect_refusal(start(name, .args = {bad_ports[i]}));
}

static struct launch with_address(const struct launch *client, const char *host,
                                  const char *port)
{
    struct launch launch = *client;
    launch.args[0] = host;
    launch.args[1] = port;
    return launch;
}

void rule_client_usage(const struct launch *client, int least, int most)
{
    struct launch launch = with_address(client, "localhost", "4242");
    for (int i = 2; i <= most; i++)
        launch.args[i] = "extra";
    expect_refusal(start_program(&launch));
    for (int count = 0; count < least; count++) {
        launch = with_address(client, "localhost", "4242");
        for (int i = count; launch.args[i]; i++)
            launch.args[i] = NULL;
        expect_refusal(start_program(&launch));
    }
    for (int i = 0; bad_ports[i]; i++) {
        launch = with_address(client, "localhost", bad_ports[i]);
        expect_refusal(start_program(&launch));
    }
    launch = with_address(client, "localhost", "0");
    expect_refusal(start_program(&launch));
}

/* ---- Ready ---- */

static uint16_t expect_ready_line(struct program *server)
{
    char *line = wait_line(server);
    unsigned port = 0;
    int length = 0;
    if (sscanf(line, "listening on port %5u%n", &port, &length) == 1 &&
        line[length] == '\0' && listening_port(port))
        return port;
    struct verdict shown = {
        .expected = isolation_now() == ISOLATION_CELL
                        ? format("\"listening on port %u\"", listening_port(0))
                        : "\"listening on port N\", N being the bound port",
        .received = show_bytes(line, strlen(line), 0)};
    fail_test(&shown,
              "%s's first line on stdout is not the ready line with "
              "the port it really listens on.",
              server->name);
}

void rule_ready_line(const char *name, serve_t serve)
{
    struct program *server = start(name, .args = {"0"});
    if (isolation_now() == ISOLATION_CELL)
        wait_listening(server, 0);
    serve(dial(server, expect_ready_line(server)));
    stop_program(server);

    /* Not before it can be connected to: hold it just before listen(). */
    uint16_t port = random_port();
    server =
        start(name, .args = {format("%u", port)}, .faults = "stop-at-listen");
    if (wait_frozen(server)) {
        size_t size;
        const char *early = output_of(server, &size);
        if (size && memchr(early, '\n', size))
            fail_test(&(struct verdict){.expected = "no line before listen()",
                                        .received = show_bytes(early, size, 0)},
                      "%s says that it listens before it does: a client that "
                      "believes it is refused.",
                      name);
        thaw(server);
    }
    wait_listening(server, port);
    expect_ready_line(server);
}

void rule_every_address(const char *name, serve_t serve)
{
    uint16_t port = random_port();
    struct program *server = start_server(name, port);
    serve(dial_at(server,
                  format("127.%u.%u.%u", 1 + random_below(254),
                         random_below(256), 2 + random_below(250)),
                  port));
}

/* ---- Starting again ---- */

void rule_restart(const char *name, serve_t serve)
{
    uint16_t port = random_port();
    struct program *server = start_server(name, port);
    struct conn *client = dial(server, port);
    if (!wait_accepted(port))
        fail_test(&(struct verdict){.received = describe_program(server)},
                  "%s does not accept a connection.", name);
    note("%s is killed while it has a client, and started again", name);
    stop_program(server);
    half_close(client); /* not close: with unread input that is a reset */

    server = start(name, .args = {format("%u", port)});
    wait_listening(server, port);
    serve(dial(server, port));
}

void rule_port_taken(const char *name, serve_t serve)
{
    uint16_t port = random_port();
    struct program *first = start_server(name, port);
    struct program *second = start(name, .args = {format("%u", port)});
    expect_runtime_error(second, "Address already in use");
    serve(dial(first, port));
}

/* ---- Clients that misbehave ---- */

enum { JUNK = 1 << 20 };

static void expect_alive(struct program *server, const char *after)
{
    if (has_ended(server))
        fail_test(&(struct verdict){.expected = "a server that goes on",
                                    .received = describe_program(server)},
                  "%s %s, after %s.", server->name, describe_program(server),
                  after);
}

/* The reply meets a connection that was closed in order and then reset. The
 * server is frozen meanwhile, so that it happens every time. */
static void leave_before_reply(struct program *server, uint16_t port)
{
    freeze(server);
    struct conn *client = dial(server, port);
    say_text(client, "hello\n");
    half_close(client);
    reset(client);
    thaw(server);
}

static void send_junk(struct program *server, uint16_t port)
{
    struct conn *client = dial(server, port);
    flood(client, random_bytes(JUNK), JUNK);
    reset(client);
}

void rule_survives(const char *name, serve_t serve)
{
    uint16_t port = random_port();
    struct program *server = start_server(name, port);

    hang_up(dial(server, port));
    serve(dial(server, port));
    expect_alive(server, "a client that left at once");

    reset(dial(server, port));
    serve(dial(server, port));
    expect_alive(server, "a client that reset its connection");

    for (int i = 0; i < 3; i++)
        leave_before_reply(server, port);
    serve(dial(server, port));
    expect_alive(server, "a client that was gone before its reply");

    send_junk(server, port);
    serve(dial(server, port));
    expect_alive(server, "a client that sent 1 MiB of junk and read nothing");
}

void rule_faults(const char *name, const char *faults, serve_t serve)
{
    uint16_t port = random_port();
    struct program *server =
        start(name, .args = {format("%u", port)}, .faults = faults);
    wait_listening(server, port);
    for (int i = 0; i < 3; i++)
        serve(dial(server, port));
}

/* ---- What a server holds ---- */

void rule_no_leak(const char *name, serve_t serve)
{
    enum { CLIENTS = 200 };
    uint16_t port = random_port();
    struct program *server = start_server(name, port);

    serve(dial(server, port));
    wait_connections_over(port);
    struct census first = take_census(server);
    for (int i = 0; i < CLIENTS; i++) {
        struct conn *client = dial(server, port);
        if (i % 8 == 3)
            reset(client);
        else if (i % 8 == 6)
            hang_up(client);
        else
            serve(client);
    }
    serve(dial(server, port));
    wait_connections_over(port);
    expect_census(server, first, format("after %d clients", CLIENTS));
}

void rule_out_of_descriptors(const char *name, serve_t serve)
{
    uint16_t port = random_port();
    struct program *server = start_server(name, port);

    serve(dial(server, port));
    wait_connections_over(port);
    starve_descriptors(server, true);
    /* An accept that already waits has its descriptor: the first gets in, and
     * only the next finds that there are none. */
    struct conn *first = dial(server, port);
    expect_idle(server, "when there are no descriptors");
    hang_up(first);
    struct conn *second = dial(server, port);
    expect_idle(server, "when there are no descriptors for a client that "
                        "waits");
    expect_alive(server, "accept failed with EMFILE");
    starve_descriptors(server, false);
    hang_up(second);
    serve(dial(server, port));
    expect_alive(server, "there were descriptors again");
}

void rule_server_idle(const char *name, serve_t serve)
{
    uint16_t port = random_port();
    struct program *server = start_server(name, port);

    expect_idle(server, "while it waits for a client");
    struct conn *client = dial(server, port);
    expect_idle(server, "while a client says nothing");
    half_close(client);
    expect_idle(server, "after the end of a client's stream");
    hang_up(client);
    reset(dial(server, port));
    expect_idle(server, "after a client's reset");
    serve(dial(server, port));
    expect_idle(server, "after it has served a client");
}

/* ---- Clients ---- */

void rule_client_refused(const struct launch *client)
{
    struct launch launch =
        with_address(client, "127.0.0.1", format("%u", random_port()));
    expect_runtime_error(start_program(&launch), "Connection refused");
}

void rule_client_unknown_host(const struct launch *client)
{
    char *name = format("no-such-host-%u.invalid", random_below(100000));
    struct launch launch = with_address(client, name, "4242");
    /* In a cell names come from /etc/hosts alone, so the reason is known. */
    bool cell = isolation_now() == ISOLATION_CELL;
    expect_runtime_error(start_program(&launch),
                         cell ? "Name or service not known" : NULL);
}

/* A name with three addresses, of which the first, the second, the third is
 * the one that answers, whatever the order in which they are tried. */
void rule_client_addresses(const struct launch *client, answer_t answer)
{
    char *name = format("host-%u.example", random_below(100000));
    unsigned net = 1 + random_below(200);
    char *addresses[3], *hosts = format("127.0.0.1 localhost\n");

    for (int i = 0; i < 3; i++) {
        addresses[i] = format("127.%u.%u.%u", net, i, 2 + random_below(250));
        hosts = format("%s%s %s\n", hosts, addresses[i], name);
    }
    for (int i = 0; i < 3; i++) {
        uint16_t port = random_port();
        struct listener *listener = listen_here(addresses[i], port);
        struct launch launch = with_address(client, name, format("%u", port));
        launch.hosts = hosts;
        note("%s has the addresses %s, %s and %s; only %s answers", name,
             addresses[0], addresses[1], addresses[2], addresses[i]);
        struct program *program = start_program(&launch);
        answer(accept_here(listener, program), program);
        stop_listening(listener);
    }
}
