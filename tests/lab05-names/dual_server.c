/* The suite of lab 05, third part: what is new in dual_server. */
#include "names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char name[] = "dual_server";

TEST("dual_server.listens", .points = 1,
     .title = "The server listens on the port that it is given",
     .why = "No client can reach a server before it listens.",
     .hint = "socket, bind and listen, each checked. getaddrinfo with "
             "AI_PASSIVE and no host makes the address for bind.",
     .section = "dual_server, step by step", .manual = "bind(2)")
{
    start_server(name, random_port());
}

TEST("dual_server.time", .points = 2,
     .title = "A client is sent the time, as ctime(3) writes it, and a newline",
     .why = "This is lab 3's server, and its clients find what they know.",
     .hint = "Bring your code from lab 3. time(NULL), then ctime_r: send the "
             "24 characters and the newline, without the NUL.",
     .section = "dual_server, step by step", .manual = "ctime(3)")
{
    rule_time(name);
}

TEST("dual_server.ipv6", .points = 3, .title = "A client of IPv6 is served",
     .why = "localhost is ::1 for most programs today: whoever does not listen "
            "there refuses them first.",
     .hint = "socket(AF_INET6, SOCK_STREAM, 0), bound to \"::\", which stands "
             "for all addresses.",
     .section = "One socket for both", .manual = "ipv6(7)")
{
    need_ipv6();
    uint16_t port = random_port();
    struct program *server = start_server(name, port);
    serve_time(dial_at(server, "::1", port));
}

TEST("dual_server.ipv4", .points = 2,
     .title = "And a client of IPv4, at every address of the machine",
     .why = "An IPv6 socket takes IPv4 clients too, unless it is told not to.",
     .hint = "Bind to \"::\", not to \"::1\": AI_PASSIVE does. And "
             "IPV6_V6ONLY must be 0.",
     .section = "One socket for both", .manual = "ipv6(7)")
{
    rule_every_address(name, serve_time);
}

TEST("dual_server.socket", .points = 2, .arena = true,
     .title = "One socket serves both families",
     .why = "Two sockets need poll, two of everything, and a rule for what "
            "happens when one of them fails.",
     .hint = "One IPv6 socket with IPV6_V6ONLY off. No second socket for IPv4.",
     .section = "One socket for both", .manual = "ipv6(7)")
{
    need_ipv6();
    uint16_t port = random_port();
    start_server(name, port);
    int ipv4 = count_listening(port, false), both = count_listening(port, true);
    if (ipv4 != 0 || both != 1)
        fail_test(
            &(struct verdict){
                .expected = "one IPv6 socket in state LISTEN",
                .received = format("%d of IPv6 and %d of IPv4", both, ipv4)},
            both == 0 ? "dual_server listens on an IPv4 socket, which IPv6 "
                        "clients cannot reach."
                      : "dual_server listens on more than one socket.");
}

TEST("dual_server.v6only", .points = 3, .arena = true,
     .title = "Also where the system separates the families by default",
     .why = "Whether an IPv6 socket takes IPv4 clients is net.ipv6.bindv6only "
            "on Linux, and other systems have defaults of their own.",
     .hint = "setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, …) with 0, between "
             "socket and bind. Do not trust the default.",
     .section = "One socket for both", .manual = "ipv6(7)")
{
    need_ipv6();
    uint16_t port = random_port();
    set_network("net/ipv6/bindv6only", "1");
    struct program *server = start_server(name, port);
    given("With net.ipv6.bindv6only = 1");
    struct conn *client = try_dial(server, "127.0.0.1", port);
    if (!client)
        fail_test(
            &(struct verdict){.expected = "a connection of IPv4",
                              .received = "Connection refused"},
            "The server is there for IPv6 alone: it left to the system whether "
            "its socket takes IPv4 clients too.");
    serve_time(client);
    serve_time(dial_at(server, "::1", port));
}

/* A whole line of its stdout, if it is there; line 0 is the ready line. */
static char *nth_line(struct program *server, int number)
{
    const char *text = output_of(server, NULL);
    for (int i = 0; i < number && text; i++)
        text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL;
    return text && strchr(text, '\n')
               ? format("%.*s", (int)strcspn(text, "\n"), text)
               : NULL;
}

/* One client from the address; the server's line about it, number `number`. */
static void expect_client_line(struct program *server, uint16_t port,
                               const char *from, int number)
{
    bool ipv6 = strchr(from, ':');
    struct conn *client =
        dial_from(server, from, ipv6 ? "::1" : "127.0.0.1", port);
    serve_time(client);
    let_work(server); /* what it has to say of it, it has said by then */
    char *line = nth_line(server, number),
         *due = format("client %s %s", family_of(from), from);
    size_t size;
    const char *output = output_of(server, &size);
    struct verdict shown = {
        .expected = show_bytes(format("%s\n", due), strlen(due) + 1, 0),
        .received = show_bytes(output, size, 0)};
    if (!line)
        fail_test(&shown,
                  "A client from %s has come and gone, and no line about it is "
                  "on stdout: not printed, or not flushed.",
                  from);
    if (strcmp(line, due) == 0)
        return;
    shown.received = show_bytes(line, strlen(line), 0);
    fail_test(
        &shown,
        strstr(line, "::ffff:")
            ? "The address of a client from %s is shown as the mapped one."
            : "The line about a client from %s is not quite what it "
              "should be.",
        from);
}

TEST("dual_server.client", .points = 3, .arena = true,
     .title = "Each client has its line on stdout, flushed",
     .why = "Who came, and over which IP, is the first thing that anybody asks "
            "of a server that speaks both.",
     .hint = "accept fills in a struct sockaddr_storage; getnameinfo with "
             "NI_NUMERICHOST writes it. Then fflush(stdout): a pipe is "
             "buffered.",
     .section = "Who is there?", .manual = "accept(2)")
{
    need_ipv6();
    char *other = format("fd%02x%s", random_below(256), random_groups(7));
    uint16_t port = random_port();
    add_address(other);
    struct program *server = start_server(name, port);
    expect_client_line(server, port, "::1", 1);
    expect_client_line(server, port, other, 2);
}

TEST("dual_server.mapped", .points = 3,
     .title = "A client of IPv4 is shown as one",
     .why = "To an IPv6 socket 127.0.0.1 comes as ::ffff:127.0.0.1. Nobody "
            "finds that in a list of IPv4 addresses.",
     .hint = "IN6_IS_ADDR_V4MAPPED tells; the last 4 of the 16 bytes of "
             "sin6_addr are the IPv4 address.",
     .section = "Who is there?", .manual = "ipv6(7)")
{
    uint16_t port = random_port();
    struct program *server = start_server(name, port);
    expect_client_line(server, port, "127.0.0.1", 1);
    expect_client_line(server, port, random_loopback(), 2);
}

TEST("dual_server.service", .points = 2, .arena = true,
     .title = "The service can be given by its name",
     .why = "A name that both sides know saves agreeing on a number.",
     .hint = "getaddrinfo(NULL, service, …) with SOCK_STREAM, AI_PASSIVE and "
             "the family of your socket: it looks into /etc/services.",
     .section = "Ports and their names", .manual = "services(5)")
{
    char *service = random_service();
    uint16_t port = random_port();
    struct program *server =
        start(name, .args = {service},
              .services = format("%s%s", service_line(service, port + 1, "udp"),
                                 service_line(service, port, "tcp")));
    wait_listening(server, port);
    serve_time(dial(server, port));
    char *line = nth_line(server, 0),
         *due = format("listening on port %u", port);
    if (line && strcmp(line, due) != 0)
        fail_test(
            &(struct verdict){.expected = show_bytes(due, strlen(due), 0),
                              .received = show_bytes(line, strlen(line), 0)},
            "The ready line does not say the port of the service %s.", service);
}

TEST("dual_server.denied", .points = 2, .arena = true,
     .title = "A port that it may not bind: \"bind: Permission denied\"",
     .why = "Ports up to 1023 are the administrator's, and that limit can be "
            "moved. A program that shall use one must be told why it cannot.",
     .hint = "Check what bind returns: err(1, \"bind\").",
     .section = "Ports and their names", .manual = "ip(7)")
{
    set_network("net/ipv4/ip_unprivileged_port_start", "32768");
    struct program *server = start(name, .args = {format("%u", random_port())});
    given("Ports below 32768 are the administrator's");
    let_work(server);
    if (!has_ended(server) && listening_port(0))
        fail_test(&(struct verdict){.expected = "\"bind: Permission denied\"",
                                    .received = format("it listens on port %u",
                                                       listening_port(0))},
                  "dual_server does not notice that bind has failed, and "
                  "listens on another port, where nobody looks for it.");
    expect_runtime_error(server, "Permission denied");
    static const char due[] = "dual_server: bind: Permission denied\n";
    size_t size;
    const char *errors = errors_of(server, &size);
    if (!strstr(errors, due))
        fail_test(&(struct verdict){.expected = show_bytes(due, strlen(due), 0),
                                    .received = show_bytes(errors, size, 0)},
                  "The message does not say which call it was: the SUBJECT is "
                  "bind.");
}
