/* names.c: hosts and services that a test makes up. */
#include "names.h"

#include <string.h>

enum { MOST_ADDRESSES = 8 };

char *random_loopback(void)
{
    return format("127.%u.%u.%u", 1 + random_below(254), random_below(256),
                  2 + random_below(250));
}

char *random_service(void)
{
    static unsigned count; /* no two alike in a test */
    return format("svc-%c%c%u", 'a' + random_below(26), 'a' + random_below(26),
                  100 * random_below(10) + count++);
}

char *service_line(const char *name, uint16_t port, const char *protocol)
{
    return format("%s\t%u/%s\n", name, port, protocol);
}

/* Nothing in it can be written shorter: such an address takes all the room. */
char *random_groups(int count)
{
    char *groups = "";
    while (count-- > 0)
        groups = format("%s:%x", groups, 0x1000 + random_below(0xf000));
    return groups;
}

const char *family_of(const char *address)
{
    return strchr(address, ':') ? "IPv6" : "IPv4";
}

char *first_line(struct program *program)
{
    const char *text = output_of(program, NULL);
    return format("%.*s", (int)strcspn(text, "\n"), text);
}

/* An address of a network that is nobody's (RFC 4193, RFC 1918): the machine
 * gets one of each family, since some programs leave out families of which it
 * has but the loopback (AI_ADDRCONFIG, getaddrinfo(3)). */
static char *private_ipv6(void)
{
    return format("fd%02x%s", random_below(256), random_groups(7));
}

static struct host host_of(char **addresses, int count)
{
    struct host host = {.name =
                            format("host-%u.example", random_below(100000))};
    char *hosts = "127.0.0.1 localhost\n";
    for (int i = 0; i < count; i++)
        hosts = format("%s%s %s\n", hosts, addresses[i], host.name);
    host.hosts = hosts;
    host.addresses = resolve_in_cell(hosts, host.name);
    return host;
}

struct host host_here(int ipv4, bool ipv6)
{
    char *addresses[MOST_ADDRESSES];
    int count = 0;
    if (ipv6) {
        need_ipv6();
        add_address(format("10.%u.%u.1", random_below(256), random_below(256)));
    }
    for (int i = 0; i < ipv4; i++) {
        addresses[count++] = random_loopback();
        if (ipv6 && i < 2)
            add_address(addresses[count++] = private_ipv6());
    }
    return host_of(addresses, count);
}

struct host host_partly_reachable(void)
{
    need_ipv6();
    /* Of networks for examples (RFC 5737, RFC 3849). */
    char *addresses[] = {
        format("192.0.2.%u", 1 + random_below(254)), random_loopback(),
        format("2001:db8%s", random_groups(6)), private_ipv6()};
    add_address(format("10.%u.%u.1", random_below(256), random_below(256)));
    add_address(addresses[3]);
    return host_of(addresses, 4);
}
