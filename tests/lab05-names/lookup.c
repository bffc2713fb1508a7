/* The suite of lab 05: names, ports and addresses. First: lookup.
 *
 * Points: 25 for lookup, 28 for dial, 47 for dual_server. What the lab teaches
 * has 2 to 4 each: both families, the resolver's order, one address after the
 * other, one socket for all, whose client it is. lookup.ipv4 has most, since
 * most of lookup hangs on it. What dual_server keeps of lab 3 and of all
 * servers has 1 each, which makes 24 of its 47.
 *
 * In a cell names come from the files that a test brings along, so it knows
 * what must be found.
 */
#include "names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const suite_lab = "lab05-names";

/* No service of the machine's own has a name in the tests below. */
static const char no_services[] = "# none\n";

/* ---- What lookup printed ------------------------------------------------- */

/* A line is "FAMILY ADDRESS port PORT (CLASS, NAME)"; for tests that ask for a
 * part of it alone. A part that is missing is empty. */
struct found {
    char family[8], address[64], port[8], class_name[16], name[64];
};

static struct found parse(const char *line)
{
    struct found found = {0};
    sscanf(line, "%7s %63s port %7[0-9] (%15[^,)], %63[^)])", found.family,
           found.address, found.port, found.class_name, found.name);
    return found;
}

/* The command line is right, so that it must end well. */
static void expect_found(struct program *lookup)
{
    int status = wait_exit(lookup);
    size_t size;
    const char *errors = errors_of(lookup, &size);
    if (status != 0)
        fail_test(
            &(struct verdict){
                .expected = "exit status 0",
                .received = format("stderr %s", show_bytes(errors, size, 0))},
            "lookup %s, where there was something to find.",
            describe_program(lookup));
}

static struct program *run_lookup(const char *host, const char *service,
                                  const char *hosts, const char *services)
{
    struct program *lookup =
        start("lookup", .args = {host, service}, .hosts = hosts,
              .services = services ? services : no_services);
    expect_found(lookup);
    return lookup;
}

/* The first line of `lookup 127.0.0.1 SERVICE`. */
static char *line_for(const char *service, const char *services)
{
    return first_line(run_lookup("127.0.0.1", service, NULL, services));
}

static const char *class_of(uint16_t port)
{
    return port < 1024 ? "well-known" : port < 49152 ? "registered" : "dynamic";
}

/* Up to the class: what follows is not this test's question. */
static void expect_first_line(const char *address, uint16_t port)
{
    struct program *lookup =
        run_lookup(address, format("%u", port), NULL, NULL);
    char *line = first_line(lookup),
         *due = format("%s %s port %u (%s", family_of(address), address, port,
                       class_of(port));
    size_t same = common_prefix(line, strlen(line), due, strlen(due));
    char next = same == strlen(due) ? line[same] : '\0';
    if (next == ')' || next == ',')
        return;
    due = format("%s)", due);
    fail_test(
        &(struct verdict){.expected = show_bytes(due, strlen(due), same),
                          .received = show_bytes(line, strlen(line), same)},
        "The line for %s and port %u is not quite what it should be.", address,
        port);
}

/* ---- Tests --------------------------------------------------------------- */

TEST("lookup.ipv4", .points = 4, .arena = true,
     .title = "An IPv4 address is printed with its family, port and class",
     .why = "This is what lookup is about: addresses as the programs see them, "
            "in words for people.",
     .hint = "getaddrinfo gives a list. For each entry getnameinfo with "
             "NI_NUMERICHOST | NI_NUMERICSERV writes address and port; "
             "ai_family tells IPv4 from IPv6.",
     .section = "lookup, step by step", .manual = "getnameinfo(3)")
{
    expect_first_line(random_loopback(), random_port());
}

TEST("lookup.ipv6", .points = 3, .arena = true,
     .title = "So is an IPv6 address",
     .why = "More and more machines have an IPv6 address first, or nothing "
            "else. A program that asks for AF_INET does not find them.",
     .hint = "AF_UNSPEC in the hints: any family. And pass ai_addr with "
             "ai_addrlen to getnameinfo; do not take it for a sockaddr_in.",
     .section = "Two families", .manual = "getaddrinfo(3)")
{
    need_ipv6();
    expect_first_line("::1", 50000 + random_below(15000));
    expect_first_line(format("2001:db8%s", random_groups(6)),
                      2000 + random_below(40000));
}

/* The addresses that it printed, a text of lines. */
static char *addresses_of(struct program *lookup, bool repeated)
{
    char *all = "", *last = "";
    for (const char *line = output_of(lookup, NULL); *line;) {
        struct found found = parse(line);
        if (repeated || strcmp(found.address, last) != 0)
            all = format("%s%s\n", all, found.address);
        last = format("%s", found.address);
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    return all;
}

/* In words: how the addresses differ from those due. */
static const char *what_is_wrong(const char *got, const struct host *host)
{
    int found = 0, all = 0;
    char *ipv4_first = "", *ipv6 = "";
    for (; host->addresses[all]; all++) {
        const char *address = host->addresses[all];
        char *line = format("%s\n", address);
        found += strstr(got, line) != NULL;
        if (strchr(address, ':'))
            ipv6 = format("%s%s", ipv6, line);
        else
            ipv4_first = format("%s%s", ipv4_first, line);
    }
    if (found < all)
        return format("lookup printed %d of the %d addresses of %s", found, all,
                      host->name);
    if (strcmp(got, format("%s%s", ipv4_first, ipv6)) == 0)
        return "All addresses are there, but those of IPv4 come first; the "
               "resolver has another order";
    return "All addresses are there, but not in the order of the resolver";
}

TEST("lookup.order", .points = 3, .arena = true,
     .title = "All addresses of a name, in the order of the resolver",
     .why = "The resolver has put the addresses that are likely to work first. "
            "Whoever sorts them again knows less than it does.",
     .hint = "Follow ai_next from the head of the list to its end, and print "
             "as you go. No sorting, no second list for each family.",
     .section = "The resolver's order", .manual = "gai.conf(5)")
{
    struct host host = host_here(3, true);
    char *due = "";
    for (int i = 0; host.addresses[i]; i++)
        due = format("%s%s\n", due, host.addresses[i]);
    struct program *lookup =
        run_lookup(host.name, format("%u", random_port()), host.hosts, NULL);
    char *got = addresses_of(lookup, false);
    size_t same = common_prefix(got, strlen(got), due, strlen(due));
    if (strcmp(got, due) != 0)
        fail_test(
            &(struct verdict){
                .sent = format("/etc/hosts has %s",
                               show_bytes(host.hosts, strlen(host.hosts), 0)),
                .expected = show_bytes(due, strlen(due), same),
                .received = show_bytes(got, strlen(got), same)},
            "%s.", what_is_wrong(got, &host));
}

TEST("lookup.once", .points = 2, .arena = true,
     .title = "Each address is printed once",
     .why = "Without a socket type getaddrinfo gives each address three times: "
            "for streams, for datagrams and for raw sockets.",
     .hint = "Set ai_socktype = SOCK_STREAM in the hints.",
     .section = "Three times the same", .manual = "getaddrinfo(3)")
{
    struct host host = host_here(2, false);
    struct program *lookup =
        run_lookup(host.name, format("%u", random_port()), host.hosts, NULL);
    char *all = addresses_of(lookup, true);
    char *one = format("%s\n", host.addresses[0]), *at = strstr(all, one);
    if (at && strstr(at + 1, one))
        fail_test(&(struct verdict){.expected = "one line an address",
                                    .received = show_bytes(
                                        output_of(lookup, NULL),
                                        strlen(output_of(lookup, NULL)), 0)},
                  "lookup printed %s more than once.", host.addresses[0]);
    if (!at)
        fail_test(
            &(struct verdict){.expected = show_bytes(one, strlen(one), 0),
                              .received = show_bytes(all, strlen(all), 0)},
            "lookup did not print the address %s.", host.addresses[0]);
}

TEST("lookup.class", .points = 3, .arena = true,
     .title = "well-known up to 1023, registered to 49151, dynamic above",
     .why = "What a port is for, and who may use it, hangs on these ranges; a "
            "comparison that is off by one is wrong at their ends alone.",
     .hint = "Compare the number in host byte order: ntohs of the port in the "
             "address.",
     .section = "Ports and their names", .manual = "services(5)")
{
    static const uint16_t ports[] = {0, 1023, 1024, 49151, 49152, 65535};
    for (int i = 0; i < 6; i++) {
        given("SERVICE is %u", ports[i]);
        char *line = line_for(format("%u", ports[i]), NULL);
        given(NULL);
        struct found found = parse(line);
        if (strcmp(found.class_name, class_of(ports[i])) != 0)
            fail_test(&(struct verdict){.expected = class_of(ports[i]),
                                        .received =
                                            show_bytes(line, strlen(line), 0)},
                      "lookup does not call port %u %s.", ports[i],
                      class_of(ports[i]));
    }
}

/* That name or, if it is empty, none at all. */
static void expect_name(const char *line, const char *name, const char *reason)
{
    struct found found = parse(line);
    if (strcmp(found.name, name) == 0)
        return;
    fail_test(&(struct verdict){.expected = *name ? format("the name %s", name)
                                                  : "no comma and no name",
                                .received = show_bytes(line, strlen(line), 0)},
              "%s", reason);
}

TEST("lookup.by-name", .points = 2, .arena = true,
     .title = "A service can be given by its name",
     .why = "People remember names. /etc/services says which number is meant.",
     .hint = "Give the text to getaddrinfo as it is: it knows names and "
             "numbers. Without AI_NUMERICSERV.",
     .section = "Ports and their names", .manual = "services(5)")
{
    char *name = random_service(), *other = random_service();
    uint16_t port = random_port();
    char *line =
        line_for(name, format("%s%s", service_line(other, port + 1, "tcp"),
                              service_line(name, port, "tcp")));
    char *due = format("%u", port);
    if (strcmp(parse(line).port, due) != 0)
        fail_test(
            &(struct verdict){.expected = format("port %s", due),
                              .received = show_bytes(line, strlen(line), 0)},
            "The service %s has port %s in /etc/services, and lookup did not "
            "find it.",
            name, due);
}

TEST("lookup.name", .points = 2, .arena = true,
     .title = "A port with a name is printed with it, one without is not",
     .why = "getnameinfo gives the number where it knows no name. "
            "\"(registered, 4242)\" says nothing that was not said before.",
     .hint = "Ask getnameinfo twice: for the number, and without "
             "NI_NUMERICSERV for the name. If both are the same there is none.",
     .section = "Ports and their names", .manual = "getnameinfo(3)")
{
    char *name = random_service();
    uint16_t port = random_port();
    char *services = format("%s%s", service_line(name, port, "tcp"),
                            service_line(name, port, "udp"));
    expect_name(line_for(format("%u", port), services), name,
                format("Port %u is called %s in /etc/services, and lookup does "
                       "not say so.",
                       port, name));
    expect_name(line_for(format("%u", port + 1), services), "",
                format("Port %u has no name in /etc/services.", port + 1));
}

TEST("lookup.tcp", .points = 1, .arena = true,
     .title = "The name is that of the TCP service, not of the UDP one",
     .why = "The same number can be one service over TCP and another one over "
            "UDP: 514 is a shell there and the system log here.",
     .hint =
         "NI_DGRAM asks for the UDP name: leave it out. getservbyport wants "
         "\"tcp\" as its second argument.",
     .section = "Ports and their names", .manual = "getnameinfo(3)")
{
    char *udp = random_service(), *tcp = random_service(),
         *other = random_service();
    uint16_t port = random_port();
    char *services = format("%s%s%s", service_line(udp, port, "udp"),
                            service_line(tcp, port, "tcp"),
                            service_line(other, port + 1, "udp"));
    expect_name(
        line_for(format("%u", port), services), tcp,
        format("Port %u is %s over TCP, and %s over UDP.", port, tcp, udp));
    char *line = line_for(format("%u", port + 1), services);
    if (strcmp(parse(line).name, other) == 0)
        fail_test(
            &(struct verdict){.expected = "no name",
                              .received = show_bytes(line, strlen(line), 0)},
            "Port %u has a name over UDP alone.", port + 1);
}

TEST("lookup.unknown-host", .points = 1, .arena = true,
     .title = "A host that does not exist is a run-time error",
     .why = "A name can be mistyped, or the network down; the user wants to "
            "know which.",
     .hint = "getaddrinfo returns an error number of its own, not errno; "
             "gai_strerror puts it into words.",
     .section = "Usage and run-time errors", .manual = "gai_strerror(3)")
{
    rule_client_unknown_host(&(struct launch){.name = "lookup"});
}

TEST("lookup.no-service", .points = 1, .arena = true,
     .title = "A service that does not exist is a run-time error, 80x too",
     .why = "Whether a name is a service is known when /etc/services has been "
            "read, not before.",
     .hint =
         "A text with a letter in it goes to getaddrinfo. strtol would stop "
         "at the x, and say 80.",
     .section = "Usage and run-time errors", .manual = "gai_strerror(3)")
{
    struct launch right = {.name = "lookup",
                           .args = {"127.0.0.1", "http"},
                           .services = no_services};
    rule_unknown_service(&right);
}

TEST("lookup.usage", .points = 2, .arena = true,
     .title = "Wrong arguments: \"usage: …\" on stderr and exit status 2",
     .why = "getaddrinfo takes \" 80\" and \"+80\" for 80, nothing at all for "
            "0, and 70000 for 4464, without a word.",
     .hint = "Before getaddrinfo: a SERVICE without a letter must be plain "
             "digits, 0 to 65535. Look at each character.",
     .section = "Usage and run-time errors", .manual = "strtol(3)")
{
    rule_service_usage(
        &(struct launch){.name = "lookup", .args = {"127.0.0.1", "80"}}, 0);
}

TEST("lookup.sanitizers", .points = 1, .arena = true,
     .title = "AddressSanitizer, LeakSanitizer and UBSan stay silent",
     .why = "The list of getaddrinfo is yours, and freeaddrinfo gives it back. "
            "A server that forgets that grows with each name.",
     .hint = "freeaddrinfo(list), with the head of the list, on every way out "
             "of the function.",
     .section = "Memory and the sanitizers", .manual = "getaddrinfo(3)")
{
    struct host host = host_here(3, false);
    struct launch launch = {.name = "lookup",
                            .args = {host.name, format("%u", random_port())},
                            .hosts = host.hosts,
                            .sanitized = true};
    for (int i = 0; i < 3; i++) { /* twice on a way out that is an error */
        if (i > 0)
            launch.args[i - 1] = "no-such-name.invalid";
        struct program *lookup = start_program(&launch);
        wait_exit(lookup);
        expect_no_sanitizer_report(lookup);
        if (i == 0 && *first_line(lookup) == '\0')
            fail_test(&(struct verdict){.expected = "a line for each address",
                                        .received = describe_program(lookup)},
                      "lookup prints nothing: what it does with the list is "
                      "not to be seen.");
        launch.args[0] = host.name;
    }
}
