/* rules.c: the rules that the programs of all labs keep. A suite calls them
 * from its own tests, which carry the points and the words. */
#include "inside.h"

#include <arpa/inet.h>
#include <stdio.h>

/* The last one is 10,000 to those who keep 32 bits of it. */
const char *const bad_ports[] = {"",           "80x",   " 80",   "+80",
                                 "-1",         "65536", "70000", "99999999999",
                                 "4294977296", NULL};

/* ---- A server and its port ---- */

static const char *server_option;
static uint16_t default_port; /* 0: the port is an argument */

void rules_server_option(const char *option)
{
    server_option = option;
}

void rules_default_port(uint16_t port)
{
    default_port = port;
}

uint16_t pick_port(void)
{
    if (default_port)
        enter_fresh_arena();
    return default_port ? default_port : random_port();
}

struct launch server_at(const char *name, const char *port)
{
    struct launch launch = {.name = name, .args = {port}};
    if (default_port)
        launch.args[0] = NULL;
    if (server_option) {
        launch.args[0] = server_option;
        launch.args[1] = port;
    }
    return launch;
}

struct program *start_at(const char *name, uint16_t port)
{
    struct launch launch = server_at(name, format("%u", port));
    return start_program(&launch);
}

struct program *listen_at(const char *name, uint16_t port)
{
    struct program *server = start_at(name, port);
    wait_listening(server, port);
    return server;
}

static void visit_at(const struct service *service, struct program *server,
                     const char *address, uint16_t port)
{
    if (service->serve_udp)
        /* From another one of 127.0.0.0/8 the answer's way back is the same. */
        service->serve_udp(udp_client_at(server, "127.0.0.1", address, port));
    else
        service->serve(dial_at(server, address, port));
}

void visit(const struct service *service, struct program *server, uint16_t port)
{
    visit_at(service, server, "127.0.0.1", port);
}

/* ---- Usage ---- */

bool is_serving(const struct program *program)
{
    return !program->ended && isolation_now() == ISOLATION_CELL &&
           listening_port(0);
}

bool refused_or_serving(void *program)
{
    return ((struct program *)program)->ended || is_serving(program);
}

void expect_refusal(struct program *program)
{
    wait_for(refused_or_serving, program, -1, 0, 2);
    if (is_serving(program))
        fail_test(
            &(struct verdict){
                .expected = "\"usage: …\" on stderr and exit status 2",
                .received = format("it listens on port %u", listening_port(0))},
            "The command line `%s` is wrong, and %s takes it for right.",
            program->command, program->name);
    expect_usage_error(program);
}

void expect_taken(const struct launch *launch, uint16_t port, bool is_server)
{
    if (isolation_now() != ISOLATION_CELL)
        return;
    struct program *program = start_program(launch);
    wait_for(refused_or_serving, program, -1, 0, 2);
    bool refused = program->ended && WIFEXITED(program->wait_status) &&
                   WEXITSTATUS(program->wait_status) == 2;
    if (is_server ? !listening_port(port) : refused)
        fail_test(&(struct verdict){.received = describe_end(program)},
                  "The command line `%s` is right, and %s does not take it: "
                  "it %s.",
                  program->command, program->name, describe_program(program));
    stop_program(program);
}

void rule_server_usage(const char *name, int least, int most)
{
    struct launch launch = server_at(name, "0");
    for (int i = 1; i <= most; i++)
        launch.args[i + (server_option != NULL)] = "extra";
    expect_refusal(start_program(&launch));
    launch = server_at(name, NULL);
    if (least > 0)
        expect_refusal(start_program(&launch));
    for (int i = 0; bad_ports[i]; i++) {
        launch = server_at(name, bad_ports[i]);
        expect_refusal(start_program(&launch));
    }
    launch = server_at(name, "65535");
    expect_taken(&launch, 65535, true);
    launch = server_at(name, "1"); /* bind may say no to it */
    expect_taken(&launch, 1, false);
}

/* ---- Ready ---- */

struct ready_line {
    struct program *server;
    char *line; /* without its newline; null until it is there */
};

static bool ready_line_printed(void *arg)
{
    struct ready_line *ready = arg;
    const char *output = output_of(ready->server, NULL), *end;
    for (; !ready->line && (end = strchr(output, '\n')); output = end + 1)
        if (strncmp(output, "listening on port ", 18) == 0)
            ready->line = format("%.*s", (int)(end - output), output);
    return ready->line || ready->server->ended;
}

static uint16_t expect_ready_line(struct program *server)
{
    struct ready_line ready = {server, NULL};
    enum waited how = wait_for(ready_line_printed, &ready, -1, 0, 2);
    size_t size;
    const char *output = output_of(server, &size);
    uint16_t port = 0;
    if (ready.line)
        port = strtoul(ready.line + strlen("listening on port "), NULL, 10);
    struct verdict shown = {
        .expected = isolation_now() == ISOLATION_CELL
                        ? format("\"listening on port %u\\n\" on stdout",
                                 listening_port(0))
                        : "\"listening on port N\\n\" on stdout, N being the "
                          "bound port",
        .received = format("stdout %s", show_bytes(output, size, 0))};
    if (!ready.line && how != WAITED_DONE)
        fail_waiting(how, &shown,
                     format("%s listens, but no ready line has come from it",
                            server->name));
    if (!ready.line)
        fail_test(&shown, "%s ended without a ready line.", server->name);
    if (strcmp(ready.line, format("listening on port %u", port)) != 0)
        fail_test(&shown, "%s's ready line is not quite what it should be.",
                  server->name);
    if (port == 0 || !listening_port(port))
        fail_test(&shown,
                  "%s's ready line does not say the port that it really "
                  "listens on%s.",
                  server->name,
                  port == 0 ? ", but the one that was asked for"
                  : listening_port(htons(port)) ? ": the two bytes are swapped"
                                                : "");
    return port;
}

static void ready_line(const struct service *service)
{
    const char *name = service->name;
    bool udp = service->serve_udp != NULL;
    struct program *server = start_at(name, 0);
    if (isolation_now() == ISOLATION_CELL)
        wait_listening(server, 0);
    visit(service, server, expect_ready_line(server));
    stop_program(server);

    /* Not before it can be connected to: hold it just before that. */
    uint16_t port = pick_port();
    struct launch launch = server_at(name, format("%u", port));
    launch.faults = udp ? "stop-at-bind" : "stop-at-listen";
    server = start_program(&launch);
    if (wait_frozen(server)) {
        struct ready_line early = {server, NULL};
        if (ready_line_printed(&early) && early.line)
            fail_test(
                &(struct verdict){
                    .expected = format("no line before "
                                       "%s()",
                                       udp ? "bind" : "listen"),
                    .received = show_bytes(early.line, strlen(early.line), 0)},
                "%s says that it listens before it does: a client that "
                "believes it is refused.",
                name);
        thaw(server);
    }
    wait_listening(server, port);
    expect_ready_line(server);
}

void rule_ready_line(const char *name, serve_t serve)
{
    ready_line(&(struct service){.name = name, .serve = serve});
}

void rule_udp_ready_line(const char *name, serve_udp_t serve)
{
    ready_line(&(struct service){.name = name, .serve_udp = serve});
}

static void every_address(const struct service *service)
{
    uint16_t port = pick_port();
    struct program *server = listen_at(service->name, port);
    visit_at(service, server,
             format("127.%u.%u.%u", 1 + random_below(254), random_below(256),
                    2 + random_below(250)),
             port);
}

void rule_every_address(const char *name, serve_t serve)
{
    every_address(&(struct service){.name = name, .serve = serve});
}

void rule_udp_every_address(const char *name, serve_udp_t serve)
{
    every_address(&(struct service){.name = name, .serve_udp = serve});
}

/* ---- Starting again ---- */

void rule_restart(const char *name, serve_t serve)
{
    uint16_t port = pick_port();
    struct program *server = listen_at(name, port);
    struct conn *client = dial(server, port);
    if (!wait_accepted(port))
        fail_test(&(struct verdict){.received = describe_program(server)},
                  "%s does not accept a connection.", name);
    stop_program(server);
    half_close(client); /* not close: with unread input that is a reset */

    given("%s was killed while it had a client, and is started again", name);
    server = listen_at(name, port);
    serve(dial(server, port));
}

struct sharing {
    struct program *second;
    uint16_t port;
};

/* Does the second server listen, on this port or, where the arena's ports are
 * known, on any? */
static bool ended_or_listens(void *arg)
{
    struct sharing *sharing = arg;
    bool cell = isolation_now() == ISOLATION_CELL;
    return sharing->second->ended || is_shared(cell ? 0 : sharing->port);
}

static void port_taken(const struct service *service)
{
    const char *name = service->name;
    bool udp = service->serve_udp != NULL;
    uint16_t port = pick_port();
    struct program *first = listen_at(name, port);
    struct program *second = start_at(name, port);
    struct sharing sharing = {second, port};
    wait_for(ended_or_listens, &sharing, -1, 0, 2);
    if (!second->ended && is_shared(port))
        fail_test(&(struct verdict){.expected = "\"Address already in use\" "
                                                "from bind",
                                    .received =
                                        udp ? "two sockets that are bound to "
                                              "one port"
                                            : "two sockets that listen on one "
                                              "port"},
                  udp ? "A second %s has port %u too, and takes the datagrams "
                        "that are meant for the first."
                      : "A second %s listens on port %u too: the two share its "
                        "clients by chance.",
                  name, port);
    if (!second->ended && isolation_now() == ISOLATION_CELL && is_shared(0))
        fail_test(&(struct verdict){.expected = "\"Address already in use\" "
                                                "from bind",
                                    .received = "a socket that listens on "
                                                "another port"},
                  "A second %s does not notice that port %u is taken, and "
                  "listens on another one, where nobody looks for it.",
                  name, port);
    if (!second->ended)
        fail_test(&(struct verdict){.expected = "\"Address already in use\" "
                                                "from bind",
                                    .received = describe_program(second)},
                  "A second %s goes on though it cannot have port %u: nobody "
                  "looks at what bind returned.",
                  name, port);
    expect_runtime_error(second, "Address already in use");
    visit(service, first, port);
}

void rule_port_taken(const char *name, serve_t serve)
{
    port_taken(&(struct service){.name = name, .serve = serve});
}

void rule_udp_port_taken(const char *name, serve_udp_t serve)
{
    port_taken(&(struct service){.name = name, .serve_udp = serve});
}
