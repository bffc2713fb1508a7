/* rules_udp.c: rules that all servers keep, as they look over UDP, where there
 * is no connection to reset, to leave open or to count. */
#include "inside.h"

#include <stdio.h>

/* The server is frozen meanwhile, so its answer meets a closed port every
 * time: what comes back to it is ICMP's "port unreachable". */
static void leave_before_answer(struct program *server, uint16_t port)
{
    freeze(server);
    struct udp *client = udp_client(server, port);
    send_datagram(client, "hello", 5);
    udp_close(client);
    thaw(server);
}

/* 1 MiB of datagrams of all sizes; nobody reads the answers. */
static void send_junk(struct program *server, uint16_t port)
{
    enum { JUNK = 1 << 20, MOST = 65507 };
    struct udp *client = udp_client(server, port);
    const unsigned char *junk = random_bytes(MOST);
    udp_keep_silent(client);
    note("a client sends 1 MiB of junk and reads nothing");
    for (size_t sent = 0; sent < JUNK;) {
        size_t size = random_below(MOST + 1);
        send_datagram(client, junk, size);
        sent += size;
    }
    udp_close(client);
}

static void serve_one(struct program *server, uint16_t port, serve_udp_t serve)
{
    serve(udp_client(server, port));
}

void rule_udp_survives(const char *name, serve_udp_t serve)
{
    uint16_t port = random_port();
    struct program *server = start_server(name, port);
    serve_one(server, port, serve);

    for (int i = 0; i < 3; i++) {
        leave_before_answer(server, port);
        expect_alive(server, "a client whose port was closed before the answer "
                             "came (ICMP: port unreachable)");
    }
    serve_one(server, port, serve);

    if (isolation_now() == ISOLATION_CELL) {
        send_from_port_0(server, port, "hello", 5);
        expect_alive(server, "a client that has no port to answer to");
        serve_one(server, port, serve);
    }

    send_junk(server, port);
    expect_alive(server, "a client that sent 1 MiB of junk and read nothing");
    serve_one(server, port, serve);

    starve_descriptors(server, true);
    struct udp *client = udp_client(server, port);
    send_datagram(client, "hello", 5);
    expect_alive(server, "a client came when there were no descriptors");
    starve_descriptors(server, false);
    udp_close(client);
    serve_one(server, port, serve);
}

void rule_udp_no_leak(const char *name, serve_udp_t serve)
{
    enum { CLIENTS = 1000, GONE = 20, ROUND = 200 };
    uint16_t port = random_port();
    struct program *server = start_server(name, port);

    serve_one(server, port, serve);
    struct census first = take_census(server);
    for (int i = 0; i < GONE; i++)
        leave_before_answer(server, port);
    let_work(server); /* what they sent is no more in its queue */
    /* Children and threads reach a limit sooner than descriptors: look often
     * enough to tell of what grows, not of what the limit does. */
    for (int served = 0; served < CLIENTS; served += ROUND) {
        for (int i = 0; i < ROUND; i++) {
            struct udp *client = udp_client(server, port);
            udp_keep_silent(client);
            serve(client);
        }
        expect_census(server, first,
                      format("after %s clients", show_count(served + ROUND)));
    }
}

void rule_udp_server_idle(const char *name, serve_udp_t serve)
{
    uint16_t port = random_port();
    struct program *server = start_server(name, port);

    expect_idle(server, "while it waits for a datagram");
    serve_one(server, port, serve);
    expect_idle(server, "after it has served a client");
    struct udp *client = udp_client(server, port);
    send_datagram(client, "", 0);
    expect_idle(server, "after an empty datagram");
    udp_close(client);
    leave_before_answer(server, port);
    expect_idle(server, "after an answer that was refused");
}
