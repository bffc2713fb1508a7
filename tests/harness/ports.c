/* ports.c: who listens, and which connections there are, as the arena's tables
 * in /proc/self/net tell (proc(5)). Nobody connects to find out. */
#include "inside.h"

#include <netinet/tcp.h>
#include <stdio.h>

/* ---- Ports in state LISTEN ---- */

/* Lines are "sl: local:PORT remote:PORT ST …", numbers in hexadecimal, 0A being
 * TCP_LISTEN; proc(5). Dual-stack sockets are in tcp6 alone. */
static int count_listeners(const char *path, uint16_t port, uint16_t *found)
{
    FILE *table = fopen(path, "re");
    char line[256];
    unsigned local = 0, state;
    int count = 0;
    while (table && fgets(line, sizeof line, table))
        if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", &local,
                   &state) == 2 &&
            state == TCP_LISTEN && (port == 0 || local == port)) {
            *found = local;
            count++;
        }
    if (table)
        fclose(table);
    return count;
}

bool talks_udp(void)
{
    return &suite_talks_udp && suite_talks_udp;
}

static int count_ports(bool ipv6, uint16_t port, uint16_t *found)
{
    if (talks_udp())
        return count_udp_ports(
            ipv6 ? "/proc/self/net/udp6" : "/proc/self/net/udp", port, found);
    return count_listeners(ipv6 ? "/proc/self/net/tcp6" : "/proc/self/net/tcp",
                           port, found);
}

uint16_t tcp_port(uint16_t port)
{
    uint16_t found = 0;
    if (!count_listeners("/proc/self/net/tcp", port, &found))
        count_listeners("/proc/self/net/tcp6", port, &found);
    return found;
}

uint16_t listening_port(uint16_t port)
{
    uint16_t found = 0;
    if (!count_ports(false, port, &found))
        count_ports(true, port, &found);
    return found;
}

bool is_shared(uint16_t port)
{
    uint16_t found;
    return count_ports(false, port, &found) > 1 ||
           count_ports(true, port, &found) > 1;
}

int count_listening(uint16_t port, bool ipv6)
{
    uint16_t found;
    return count_listeners(ipv6 ? "/proc/self/net/tcp6" : "/proc/self/net/tcp",
                           port, &found);
}

/* ---- Connections that the server holds ---- */

/* A connection that waits in the accept queue belongs to no process yet and has
 * inode 0. One that the server has accepted has an inode until it is closed. If
 * `ended` is set, one whose end began on the server's side counts as well. */
static bool holds_connection(const char *path, uint16_t port, bool ended)
{
    FILE *table = fopen(path, "re");
    char line[256];
    unsigned local, state;
    unsigned long inode;
    bool holds = false;
    while (table && !holds && fgets(line, sizeof line, table))
        holds =
            sscanf(line,
                   " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s "
                   "%*s %*s %lu",
                   &local, &state, &inode) == 3 &&
            local == port && state != TCP_LISTEN &&
            (inode != 0 ||
             (ended && (state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 ||
                        state == TCP_TIME_WAIT)));
    if (table)
        fclose(table);
    return holds;
}

static bool has_accepted(void *arg)
{
    uint16_t port = *(uint16_t *)arg;
    return holds_connection("/proc/self/net/tcp", port, true) ||
           holds_connection("/proc/self/net/tcp6", port, true);
}

static bool connections_over(void *arg)
{
    uint16_t port = *(uint16_t *)arg;
    return !holds_connection("/proc/self/net/tcp", port, false) &&
           !holds_connection("/proc/self/net/tcp6", port, false);
}

bool wait_accepted(uint16_t port)
{
    return wait_for(has_accepted, &port, -1, 0, 2) == WAITED_DONE;
}

bool wait_connections_over(uint16_t port)
{
    return wait_for(connections_over, &port, -1, 0, 2) == WAITED_DONE;
}
