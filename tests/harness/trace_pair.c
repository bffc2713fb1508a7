/* trace_pair.c: a server and a client, each on a machine of its own, from the
 * server's start until nothing more comes. */
#include "result.h"
#include "runner.h"
#include "trace.h"

#include <errno.h>
#include <stdio.h>

/* ---- From loopback to the link ---- */

static const struct {
    const char *here, *there;
} addresses[] = {{"localhost", "server"},
                 {"127.0.0.1", SERVER_ADDRESS},
                 {"::1", SERVER_ADDRESS_6},
                 {"::ffff:127.0.0.1", "::ffff:" SERVER_ADDRESS}};

static const char *address_there(const char *argument)
{
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        if (strcmp(argument, addresses[i].here) == 0)
            return addresses[i].there;
    return argument;
}

static bool names_host(const struct pairing *input)
{
    for (int i = 0; i < 6 && input->client_args[i]; i++)
        if (strcmp(input->client_args[i], "localhost") == 0)
            return true;
    return false;
}

/* What names stand for on the client's machine. A program that was built to
 * dial "localhost" finds the server by that name. */
static const char *write_hosts(bool by_default)
{
    const char *hosts = format(
        "%s\tlocalhost\n::1\tlocalhost\n%s\tserver\n%s\tserver\n%s\tclient\n"
        "%s\tclient\n",
        by_default ? SERVER_ADDRESS : "127.0.0.1", SERVER_ADDRESS,
        SERVER_ADDRESS_6, CLIENT_ADDRESS, CLIENT_ADDRESS_6);
    FILE *file = fopen(trace_hosts_file(), "we");
    if (!file || fputs(hosts, file) < 0 || fclose(file) != 0)
        broken("cannot write the recording: %s", strerror(errno));
    return hosts;
}

static void send_to_far_end(struct launch *client, const struct pairing *input)
{
    client->far_end = true;
    if (!trace_has_link())
        return;
    client->hosts = write_hosts(input->default_port != 0);
    for (int i = 0; client->args[i]; i++)
        client->args[i] =
            strcmp(client->args[i], "localhost") == 0 && !names_host(input)
                ? SERVER_ADDRESS
                : address_there(client->args[i]);
}

/* ---- The run ---- */

static void wait_for_end(struct program *program)
{
    if (wait_for(program_ended, program, -1, 0, 25) != WAITED_DONE)
        trace_note("%s does not end: it %s.", program->label,
                   describe_program(program));
}

struct silence {
    int calm_looks;
    double until; /* for a program that never rests */
};

static bool nothing_to_come(void *arg)
{
    enum { CALM = 5 };
    struct silence *silence = arg;
    bool on_its_way = trace_is_busy(), busy = on_its_way;
    for (struct program *p = all_programs; p && !busy; p = p->next)
        busy = !p->ended && measure(p).runnable;
    silence->calm_looks = busy ? 0 : silence->calm_looks + 1;
    return silence->calm_looks > CALM ||
           (!on_its_way && now_ms() > silence->until);
}

static void wait_for_silence(struct program *server, uint16_t port)
{
    enum { LONG_ENOUGH = 2000 };
    if (server && !server->ended && port && !talks_udp())
        wait_connections_over(port);
    struct silence silence = {.until = now_ms() + LONG_ENOUGH};
    wait_for(nothing_to_come, &silence, -1, 0, 2);
}

static void run_lab_pair(void)
{
    const struct pairing *input = &suite_pairings[trace.pair - 1];
    uint16_t port = input->default_port ? input->default_port : random_port();
    char *number = format("%u", port);
    struct launch of_server =
        pairing_launch(input, true, !trace.server_in_python, number);
    struct launch of_client =
        pairing_launch(input, false, !trace.client_in_python, number);
    struct program *server = NULL;
    send_to_far_end(&of_client, input);
    if (!of_client.peer)
        require_executable(&of_client); /* before the server runs for nobody */
    if (!input->alone) {
        server = start_program(&of_server);
        wait_listening(server, port);
    }
    struct program *client = start_program(&of_client);
    if (input->drive)
        input->drive(server, client);
    wait_for_end(client);
    if (server && input->server_ends)
        wait_for_end(server);
    wait_for_silence(server, port);
}

/* ---- Two commands ---- */

static const char *const *shell_command(const char *command)
{
    const char **words = need(calloc(4, sizeof *words));
    words[0] = "/bin/sh";
    words[1] = "-c";
    words[2] = format("exec %s", command);
    return words;
}

static bool is_open(void)
{
    uint16_t found;
    return tcp_port(trace.port) ||
           count_udp_ports("/proc/self/net/udp", trace.port, &found) ||
           count_udp_ports("/proc/self/net/udp6", trace.port, &found);
}

static bool is_ready(void *server)
{
    return is_open() || is_gone(server);
}

static void run_commands(void)
{
    struct launch server_launch = {.name = "server",
                                   .peer = shell_command(trace.server_command)};
    struct launch client_launch = {.name = "client",
                                   .peer = shell_command(trace.client_command),
                                   .input = trace.input,
                                   .far_end = true};
    if (trace_has_link())
        write_hosts(false);
    struct program *server = start_program(&server_launch);
    wait_for(is_ready, server, -1, 0, 2);
    if (!is_open())
        trace_note("The server did not listen%s: it %s.",
                   trace.port ? format(" on port %u", trace.port) : "",
                   describe_program(server));
    struct program *client = start_program(&client_launch);
    wait_for_end(client);
    wait_for_silence(server, trace.port);
}

/* "server and nc". */
static const char *title_of_commands(void)
{
    const char *server =
        strrchr(format("/%s", first_word(trace.server_command)), '/');
    const char *client =
        strrchr(format("/%s", first_word(trace.client_command)), '/');
    return format("%s and %s", server + 1, client + 1);
}

json_t *trace_run_pair(uint64_t seed)
{
    bool of_lab = !trace.server_command;
    struct test test = {.id = "pair",
                        .title = of_lab ? suite_pairings[trace.pair - 1].title
                                        : title_of_commands(),
                        .run = of_lab ? run_lab_pair : run_commands};
    const struct test *tests[] = {&test};
    struct run run = {.tests = tests,
                      .count = 1,
                      .jobs = 1,
                      .seed = seed,
                      .who = "trace",
                      .lab = suite_lab,
                      .kit_version = "",
                      .partial = true};
    return run_tests(&run);
}
