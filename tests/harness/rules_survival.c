/* rules_survival.c: the rules of servers that serve on, whatever their clients
 * do. */
#include "inside.h"

/* ---- Clients that misbehave ---- */

enum { JUNK = 1 << 20 };

/* Who exits by himself says why at last; a signal leaves no time for that. */
static char *describe_last_words(struct program *program)
{
    size_t size;
    const char *text = errors_of(program, &size), *line = text;
    for (size_t i = 0; i + 1 < size; i++)
        line = text[i] == '\n' ? text + i + 1 : line;
    if (size == 0 || !program->ended || WIFSIGNALED(program->wait_status))
        return describe_program(program);
    return format("%s; the last line on stderr is %s",
                  describe_program(program),
                  show_bytes(line, text + size - line, 0));
}

void expect_alive(struct program *server, const char *after)
{
    let_work(server); /* one that dies of it has died by then */
    if (has_ended(server))
        gone_within(server, 250); /* its children may be about to end, too */
    if (is_gone(server))
        fail_test(&(struct verdict){.expected = "a server that goes on",
                                    .received = describe_last_words(server)},
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

/* A reset takes away what nobody has read yet: first the server takes what it
 * will take. */
static void send_junk(struct program *server, uint16_t port)
{
    struct conn *client = dial(server, port);
    flood(client, random_bytes(JUNK), JUNK);
    let_work(server);
    reset(client);
}

void rule_survives(const char *name, serve_t serve)
{
    uint16_t port = pick_port();
    struct program *server = listen_at(name, port);

    /* What a server says unasked has come by then: else it is chance whether
     * the end is also a reset, for something that nobody read. */
    struct conn *client = dial(server, port);
    expect_alive(server, "a client that says nothing");
    hang_up(client);
    expect_alive(server, "a client that left at once");
    serve(dial(server, port));

    reset(dial(server, port));
    expect_alive(server, "a client that reset its connection");
    serve(dial(server, port));

    for (int i = 0; i < 3; i++) {
        leave_before_reply(server, port);
        expect_alive(server, "a client that was gone before its reply");
    }
    serve(dial(server, port));

    send_junk(server, port);
    expect_alive(server, "a client that sent 1 MiB of junk and read nothing");
    serve(dial(server, port));
}

static void serve_under(const struct service *service, const char *faults)
{
    uint16_t port = pick_port();
    struct launch launch = server_at(service->name, format("%u", port));
    launch.faults = faults;
    struct program *server = start_program(&launch);
    let_work(server); /* one that dies of it at once has died by then */
    if (is_gone(server))
        fail_test(&(struct verdict){.expected = "a server that goes on",
                                    .received = describe_last_words(server)},
                  "%s %s.", service->name, describe_program(server));
    wait_listening(server, port);
    for (int i = 0; i < 3; i++)
        visit(service, server, port);
    stop_program(server);
}

const struct interruption interruptions[] = {
    {"eintr=accept", "Every second accept is interrupted (EINTR)"},
    {"eintr=recv", "Every second recv (or read) is interrupted (EINTR)"},
    {"eintr=send", "Every second send (or write) is interrupted (EINTR)"},
    {"eintr=poll", "Every second poll (or select) is interrupted (EINTR)"}};

static void interrupted(const struct service *service)
{
    for (int i = service->serve_udp ? 1 : 0; i < INTERRUPTIONS; i++) {
        given("%s", interruptions[i].in_words);
        serve_under(service, interruptions[i].faults);
    }
}

void rule_interrupted(const char *name, serve_t serve)
{
    interrupted(&(struct service){.name = name, .serve = serve});
}

void rule_udp_interrupted(const char *name, serve_udp_t serve)
{
    interrupted(&(struct service){.name = name, .serve_udp = serve});
}

void rule_aborted(const char *name, serve_t serve)
{
    given("Every second accept finds that its client has gone (ECONNABORTED)");
    serve_under(&(struct service){.name = name, .serve = serve}, "aborted");
}

/* ---- What a server holds ---- */

void rule_no_leak(const char *name, serve_t serve)
{
    enum { CLIENTS = 200 };
    uint16_t port = pick_port();
    struct program *server = listen_at(name, port);

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
    uint16_t port = pick_port();
    struct program *server = listen_at(name, port);

    serve(dial(server, port));
    wait_connections_over(port);
    let_work(server); /* it has closed its descriptor by then */
    starve_descriptors(server, true);
    /* An accept that already waits has its descriptor: the first gets in, and
     * only the next finds that there are none. */
    struct conn *first = dial(server, port);
    expect_idle(server, "when there are no descriptors");
    hang_up(first);
    expect_alive(server, "accept failed with EMFILE");
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
    uint16_t port = pick_port();
    struct program *server = listen_at(name, port);

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
