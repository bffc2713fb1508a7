/* rules_client.c: the rules that clients keep, and all programs that take a
 * SERVICE. */
#include "inside.h"

#include <stdio.h>

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
    if (most >= 0)
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
    launch = with_address(client, "localhost", "1");
    expect_taken(&launch, 1, false);
    launch = with_address(client, "localhost", "65535");
    expect_taken(&launch, 65535, false);
}

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

void rule_client_interrupted(const struct launch *client, answer_t answer)
{
    for (int i = 1; i < INTERRUPTIONS; i++) { /* a client accepts nobody */
        uint16_t port = random_port();
        struct listener *listener = listen_here("127.0.0.1", port);
        struct launch launch =
            with_address(client, "127.0.0.1", format("%u", port));
        launch.faults = interruptions[i].faults;
        given("%s", interruptions[i].in_words);
        struct program *program = start_program(&launch);
        answer(accept_here(listener, program), program);
        stop_listening(listener);
    }
}

/* A name with three addresses, of which the first, the second, the third is
 * the one that answers, whatever the order in which they are tried. */
static void client_addresses(const struct launch *client, answer_t answer,
                             answer_udp_t answer_udp)
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
        struct launch launch = with_address(client, name, format("%u", port));
        launch.hosts = hosts;
        struct udp *server = answer_udp ? udp_server(addresses[i], port) : NULL;
        struct listener *listener =
            answer_udp ? NULL : listen_here(addresses[i], port);
        given("%s has the addresses %s, %s and %s, and only %s answers", name,
              addresses[0], addresses[1], addresses[2], addresses[i]);
        struct program *program = start_program(&launch);
        if (answer_udp) {
            answer_udp(server, program);
            udp_close(server);
        } else {
            answer(accept_here(listener, program), program);
            stop_listening(listener);
        }
    }
}

void rule_client_addresses(const struct launch *client, answer_t answer)
{
    client_addresses(client, answer, NULL);
}

void rule_udp_client_addresses(const struct launch *client, answer_udp_t answer)
{
    client_addresses(client, NULL, answer);
}

/* ---- Services: names and numbers ---- */

/* No name, which has a letter (RFC 6335, section 5.1), and no port. */
static const char *const bad_services[] = {
    "",      "80-",   " 80",         "80 ",        "+80", "-1",
    "65536", "70000", "99999999999", "4294977296", NULL};

static int count_arguments(const struct launch *launch)
{
    int count = 0;
    while (launch->args[count])
        count++;
    return count;
}

static struct launch with_service(const struct launch *right,
                                  const char *service)
{
    struct launch launch = *right;
    launch.args[count_arguments(right) - 1] = service;
    return launch;
}

void rule_service_usage(const struct launch *right, uint16_t lowest)
{
    int count = count_arguments(right);
    struct launch launch = *right;
    launch.args[count] = "extra";
    expect_refusal(start_program(&launch));
    for (int i = count; i-- > 0;) {
        launch.args[i + 1] = launch.args[i] = NULL;
        expect_refusal(start_program(&launch));
    }
    for (int i = 0; bad_services[i]; i++) {
        launch = with_service(right, bad_services[i]);
        expect_refusal(start_program(&launch));
    }
    if (lowest > 0) {
        launch = with_service(right, format("%d", lowest - 1));
        expect_refusal(start_program(&launch));
    }
    launch = with_service(right, format("%u", lowest));
    expect_taken(&launch, lowest, count == 1);
    launch = with_service(right, "65535");
    expect_taken(&launch, 65535, count == 1);
    launch = with_service(right, "1"); /* bind may say no to it */
    expect_taken(&launch, 1, false);
}

/* Does the text speak of that port, where there is none but the name "4242x"?
 */
static bool speaks_of(const char *text, const char *port)
{
    for (const char *at = text; (at = strstr(at, port)); at++)
        if (at[strlen(port)] != 'x')
            return true;
    return false;
}

void rule_unknown_service(const struct launch *right)
{
    char *port = format("%u", random_port());
    char *services[] = {format("%sx", port),
                        format("no-such-service-%u", random_below(100000))};
    for (int i = 0; i < 2; i++) {
        struct launch launch = with_service(right, services[i]);
        struct program *program = start_program(&launch);
        wait_for(refused_or_serving, program, -1, 0, 2);
        let_work(program); /* its last words may be still to come */
        bool guessed = i == 0 && (speaks_of(errors_of(program, NULL), port) ||
                                  speaks_of(output_of(program, NULL), port));
        given("%s is the name of no service", services[i]);
        if (guessed || is_serving(program))
            fail_test(
                &(struct verdict){.expected =
                                      "exit status 1, and a message on stderr",
                                  .received = describe_end(program)},
                "%s takes it for a port.", program->name);
        expect_runtime_error(program, NULL);
    }
}
