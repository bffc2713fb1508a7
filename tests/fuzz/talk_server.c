/* talk_server.c: many clients at once, of whom each does what it likes. */
#include "talk.h"

#include <signal.h>

enum { MOST_CLIENTS = 24, MOST_SAID = 300000 };

struct crew {
    const struct talk *talk;
    struct program *server;
    uint16_t port;
    struct conn *conns[MOST_CLIENTS];
    bool half[MOST_CLIENTS]; /* has ended its own side */
    int count;
    bool frozen;
};

static bool is_here(const struct crew *crew, int i)
{
    return crew->conns[i] && crew->conns[i]->fd >= 0;
}

static void leave(struct conn *conn)
{
    if (random_below(2))
        reset(conn);
    else
        hang_up(conn);
}

/* A signal that is ignored unless somebody asked for it. */
static void disturb(struct crew *crew)
{
    static const int signals[] = {SIGCONT, SIGURG, SIGWINCH, SIGCHLD};
    if (!has_ended(crew->server))
        send_signal(crew->server, signals[random_below(4)]);
}

static void freeze_or_thaw(struct crew *crew)
{
    if (!crew->frozen && has_ended(crew->server))
        return;
    if (crew->frozen)
        thaw(crew->server);
    else
        freeze(crew->server);
    crew->frozen = !crew->frozen;
}

static void act(struct crew *crew, int i)
{
    struct conn *conn = crew->conns[i];
    unsigned chance = random_below(100);
    if (chance < 62 && !crew->half[i] && conn->sent.size < MOST_SAID) {
        say_now(conn, random_piece(crew->talk));
    } else if (chance < 70) {
        conn_receive(conn, 1 + random_below(5000));
    } else if (chance < 76 && !crew->frozen) {
        let_work(crew->server);
    } else if (chance < 80 && !crew->half[i]) {
        half_close(conn);
        crew->half[i] = true;
    } else if (chance < 84) {
        leave(conn);
    } else if (chance < 87) {
        freeze_or_thaw(crew);
    } else if (chance < 89) {
        disturb(crew);
    }
}

static void come(struct crew *crew, int i)
{
    crew->conns[i] = crew->talk->once && i > 0
                         ? NULL
                         : try_dial(crew->server, "127.0.0.1", crew->port);
    crew->half[i] = false;
}

static void check_answer(const struct talk *talk, struct conn *conn)
{
    struct bytes said = {conn->sent.data, conn->sent.size};
    struct bytes answer = {conn->in.data, conn->in.size};
    if (conn->error && !(talk->ends_first && talk->ends_first(said)))
        fail_test(NULL, "%s ended its side, and was reset by %s: %s.",
                  conn->name, talk->program, strerror(conn->error));
    const char *wrong = talk->wrong ? talk->wrong(said, answer) : NULL;
    if (wrong)
        fail_test(NULL, "%s did not get from %s what was due: %s.", conn->name,
                  talk->program, wrong);
}

/* Those who are still there at last end their side, or leave at once. */
static void end_round(struct crew *crew)
{
    struct conn *proper[MOST_CLIENTS];
    int count = 0;
    for (int i = 0; i < crew->count; i++)
        if (is_here(crew, i)) {
            if (random_below(3) == 0) {
                leave(crew->conns[i]);
                continue;
            }
            if (!crew->half[i])
                half_close(crew->conns[i]);
            proper[count++] = crew->conns[i];
        }
    hear_out(proper, count);
    for (int i = 0; i < count; i++) {
        check_answer(crew->talk, proper[i]);
        hang_up(proper[i]);
    }
}

static void hold_round(struct crew *crew)
{
    int steps = 5 + random_below(60);
    crew->count = crew->talk->once  ? 1
                  : random_below(5) ? 1 + random_below(4)
                                    : MOST_CLIENTS;
    for (int i = 0; i < crew->count; i++)
        crew->conns[i] = NULL;
    for (int i = 0; i < steps; i++) {
        int who = random_below(crew->count);
        if (is_here(crew, who))
            act(crew, who);
        else if (!crew->conns[who] || !crew->talk->once)
            come(crew, who);
    }
    if (crew->frozen)
        freeze_or_thaw(crew);
    end_round(crew);
}

static void expect_going_on(struct crew *crew)
{
    let_work(crew->server);
    const char *report = sanitizer_report();
    if (report)
        fail_test(sanitizer_verdict(report), "%s", report);
    expect_alive(crew->server, "a random conversation");
}

static void check_output(const struct talk *talk, struct program *server)
{
    struct bytes output;
    output.data = output_of(server, &output.size);
    const char *wrong = talk->printed
                            ? talk->printed(NULL, (struct bytes){"", 0}, output)
                            : NULL;
    if (wrong)
        fail_test(NULL, "%s printed what it should not: %s.", talk->program,
                  wrong);
}

void talk_to_server(const struct talk *talk)
{
    struct crew crew = {.talk = talk, .port = random_port()};
    struct launch launch = {.name = talk->program};
    for (int i = 0; talk->args[i]; i++)
        launch.args[i] = strcmp(talk->args[i], "PORT") == 0
                             ? port_text(crew.port)
                             : talk->args[i];
    crew.server = start_talking(&launch);
    wait_listening(crew.server, crew.port);
    if (talk->once) {
        hold_round(&crew);
        let_work(crew.server);
        if (!has_ended(crew.server) &&
            listening_port(crew.port)) /* nobody came */
            talk->serve(dial(crew.server, crew.port));
        expect_orderly_end(crew.server);
        return;
    }
    talk->serve(dial(crew.server, crew.port));
    wait_connections_over(crew.port);
    struct census first = take_census(crew.server);
    first.mappings = 1 << 20; /* a sanitizer's memory grows */
    for (int i = random_below(3); i >= 0; i--) {
        hold_round(&crew);
        expect_going_on(&crew);
        talk->serve(dial(crew.server, crew.port));
    }
    wait_connections_over(crew.port);
    expect_census(crew.server, first, "after a random conversation");
    expect_idle(crew.server, "after a random conversation");
    check_output(talk, crew.server);
    expect_no_sanitizer_report(crew.server);
}
