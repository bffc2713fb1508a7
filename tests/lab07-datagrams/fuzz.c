/* fuzz.c: random conversations with the programs of lab 07. */
#include "fuzz/talk.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>

const char *const suite_lab = "lab07-datagrams";
const bool suite_talks_udp = true;

enum { DATAGRAM_MAX = 65507, MOST_CLIENTS = 6, MOST_TEXT = 3000 };

/* A size that is short mostly, and sometimes the least or the most. */
static size_t random_size(void)
{
    switch (random_below(8)) {
    case 0:
        return 0;
    case 1:
        return DATAGRAM_MAX - random_below(2);
    case 2:
        return random_below(DATAGRAM_MAX);
    default:
        return random_below(60);
    }
}

/* ---- The server ---- */

struct asker {
    struct udp *udp;
    bool stays; /* to hear its answer */
    struct bytes said;
};

static void ask(struct asker *asker)
{
    asker->said.size = random_size();
    asker->said.data = (const char *)random_bytes(asker->said.size);
    send_datagram(asker->udp, asker->said.data, asker->said.size);
}

/* Some ask and go, some ask twice, some wait. No more at once than the kernel
 * keeps for a server that does not look. */
static void hold_round(struct program *server, uint16_t port)
{
    struct asker askers[MOST_CLIENTS];
    int count = 1 + random_below(3);
    bool frozen = random_below(3) == 0;
    if (frozen)
        freeze(server);
    for (int i = 0; i < count; i++) {
        askers[i].udp = udp_client(server, port);
        askers[i].stays = random_below(3) > 0;
        if (random_below(5) == 0)
            send_from_port_0(server, port, "nobody", 6);
        ask(&askers[i]);
        if (!askers[i].stays)
            udp_close(askers[i].udp);
        if (random_below(4) == 0 && !frozen)
            send_signal(server, random_below(2) ? SIGCONT : SIGURG);
    }
    if (frozen)
        thaw(server);
    for (int i = 0; i < count; i++)
        if (askers[i].stays) {
            expect_datagram(askers[i].udp, in_upper_case(askers[i].said),
                            askers[i].said.size);
            udp_close(askers[i].udp);
        }
}

static void serve(struct program *server, uint16_t port)
{
    struct udp *client = udp_client(server, port);
    send_datagram(client, "hello", 5);
    expect_datagram(client, "HELLO", 5);
    udp_close(client);
}

static void talk_to_udp_server(const struct talk *talk)
{
    uint16_t port = random_port();
    struct launch launch = {.name = talk->program, .args = {port_text(port)}};
    struct program *server = start_talking(&launch);
    wait_listening(server, port);
    serve(server, port);
    struct census first = take_census(server);
    first.mappings = 1 << 20; /* a sanitizer's memory grows */
    for (int i = 1 + random_below(4); i > 0; i--) {
        hold_round(server, port);
        expect_alive(server, "random datagrams");
        serve(server, port);
    }
    expect_census(server, first, "after random datagrams");
    expect_idle(server, "after random datagrams");
    expect_no_sanitizer_report(server);
}

/* ---- The client ---- */

/* What comes is the answer, or anything, or comes from somebody else. */
static bool answer(struct udp *server, struct bytes text)
{
    static const char *const ways = "rrrjjsse";
    struct udp *stranger;
    size_t size = random_size();
    switch (ways[random_below(8)]) {
    case 'r':
        send_datagram(server, in_upper_case(text), text.size);
        return true;
    case 'j':
        send_datagram(server, random_bytes(size), size);
        return true;
    case 's':
        stranger = udp_stranger(server, "127.0.0.1", 0);
        send_datagram(stranger, random_bytes(size), size);
        udp_close(stranger);
        return false;
    default:
        return false;
    }
}

static void talk_to_udp_client(const struct talk *talk)
{
    uint16_t port = random_port();
    char *text = random_word(random_below(random_below(5) ? 60 : MOST_TEXT));
    struct launch launch = {.name = talk->program,
                            .args = {"127.0.0.1", port_text(port), text}};
    struct udp *server = udp_server("127.0.0.1", port);
    struct program *client = start_talking(&launch);
    struct bytes asked;
    bool answered = false;
    udp_attend(server, client);
    for (int i = random_below(4); i > 0 && !answered; i--) {
        asked.data = read_datagram(server, &asked.size);
        if (asked.size != strlen(text) ||
            memcmp(asked.data, text, asked.size) != 0)
            fail_test(NULL, "client sends something else than its text.");
        answered = answer(server, asked);
        if (random_below(6) == 0)
            freeze(client), thaw(client);
        let_work(client);
        if (has_ended(client))
            break;
    }
    udp_close(server);
    expect_orderly_end(client);
    size_t size;
    const char *output = output_of(client, &size);
    if (wait_exit(client) == 0 &&
        (!answered || size < 10 || memcmp(output, "Received ", 9) != 0))
        fail_test(NULL, "client ends with status 0, and was not answered.");
}

const struct talk talks[] = {{.program = "server", .run = talk_to_udp_server},
                             {.program = "client", .run = talk_to_udp_client},
                             {.program = "server", .run = talk_to_udp_server},
                             {.program = "server", .run = talk_by_arguments},
                             {.program = "client", .run = talk_by_arguments},
                             {0}};
