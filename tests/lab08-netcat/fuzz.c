/* fuzz.c: random conversations with lab 08's nc, in its four roles. */
#include "fuzz/talk.h"

#include <signal.h>

const char *const suite_lab = "lab08-netcat";

enum role { CLIENT, SERVER, UNIX_CLIENT, UNIX_SERVER };

static const char *const words[] = {"hello\n", "\n", "hello", NULL};

struct pair {
    struct program *nc;
    struct conn *peer; /* null: nobody came */
};

static struct pair connect_nc(struct launch *launch, enum role role)
{
    uint16_t port = random_port();
    const char *const args[][3] = {[CLIENT] = {"127.0.0.1", port_text(port)},
                                   [SERVER] = {"-l", port_text(port)},
                                   [UNIX_CLIENT] = {"-U", "peer.sock"},
                                   [UNIX_SERVER] = {"-lU", "nc.sock"}};
    struct listener *listener = NULL;
    struct pair pair;
    int first = random_below(2) ? 1 : 0;

    if (first)
        launch->args[0] = "-v";
    memcpy(launch->args + first, args[role], sizeof args[role]);
    launch->shared = role == UNIX_CLIENT || role == UNIX_SERVER;
    if (role == CLIENT)
        listener = listen_here("127.0.0.1", port);
    if (role == UNIX_CLIENT)
        listener = listen_path("peer.sock");
    pair.nc = start_talking(launch);
    if (listener) {
        pair.peer = accept_here(listener, pair.nc);
        stop_listening(listener);
    } else if (role == SERVER) {
        wait_listening(pair.nc, port);
        pair.peer = dial(pair.nc, port);
    } else {
        wait_listening_path(pair.nc, "nc.sock");
        pair.peer = dial_path(pair.nc, "nc.sock");
    }
    return pair;
}

/* Both directions at once, in any order; returns whether the peer has ended its
 * side. */
static bool act(const struct talk *talk, struct pair pair, bool half)
{
    unsigned chance = random_below(100);
    if (chance < 55 && !half && pair.peer->sent.size < 300000) {
        say_now(pair.peer, random_piece(talk));
    } else if (chance < 65) {
        conn_receive(pair.peer, 1 + random_below(70000));
    } else if (chance < 75 && !has_ended(pair.nc)) {
        let_work(pair.nc);
    } else if (chance < 78 && !half) {
        half_close(pair.peer);
        return true;
    } else if (chance < 82 && !has_ended(pair.nc)) {
        send_signal(pair.nc, random_below(2) ? SIGCONT : SIGWINCH);
    } else if (chance < 86 && !has_ended(pair.nc)) {
        freeze(pair.nc);
        thaw(pair.nc);
    }
    return half;
}

/* All that each side said has come to the other one. */
static void expect_whole(struct pair pair, struct bytes input)
{
    struct bytes output;
    struct bytes told = {pair.peer->sent.data, pair.peer->sent.size};
    hear_out(&pair.peer, 1);
    expect_orderly_end(pair.nc);
    output.data = output_of(pair.nc, &output.size);
    const char *in =
        differs(input, (struct bytes){pair.peer->in.data, pair.peer->in.size});
    const char *out = differs(told, output);
    if (wait_exit(pair.nc) != 0 || pair.peer->error || in || out)
        fail_test(NULL, "nc %s, and did not carry all both ways: %s.",
                  describe_program(pair.nc),
                  in    ? in
                  : out ? out
                        : "a reset");
}

static void talk_to_nc(const struct talk *talk)
{
    size_t size = random_below(random_below(3) ? 200 : 300000);
    struct bytes input = {(const char *)random_bytes(size), size};
    struct launch launch = {.name = talk->program, .open_stdin = true};
    struct pair pair = connect_nc(&launch, random_below(4));
    bool held = random_below(5) == 0, half = false;

    if (held)
        hold_output(pair.nc);
    feed_input(pair.nc, input.data, input.size);
    end_input(pair.nc);
    for (int i = random_below(40); i > 0; i--)
        half = act(talk, pair, half);
    if (held)
        release_output(pair.nc);
    if (random_below(3) == 0) {
        if (random_below(2))
            reset(pair.peer);
        else
            hang_up(pair.peer);
        expect_orderly_end(pair.nc);
        return;
    }
    if (!half)
        half_close(pair.peer);
    expect_whole(pair, input);
}

const struct talk talks[] = {
    {.program = "nc", .run = talk_to_nc, .words = words},
    {.program = "nc", .run = talk_to_nc, .words = words},
    {.program = "nc", .run = talk_by_arguments},
    {0}};
