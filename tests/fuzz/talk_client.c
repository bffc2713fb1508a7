/* talk_client.c: a server that does what it likes with a client; and command
 * lines. */
#include "talk.h"

#include <signal.h>

enum { MOST_TOLD = 300000 };

/* ---- A strange server ---- */

/* What is due for what the client has said, or a piece of it. */
static void answer_some(const struct talk *talk, struct conn *conn)
{
    conn_receive(conn, SIZE_MAX);
    struct bytes said = {conn->in.data, conn->in.size};
    struct bytes due = talk->reply(said);
    if (due.size <= conn->sent.size)
        return;
    struct bytes rest = {due.data + conn->sent.size,
                         due.size - conn->sent.size};
    if (random_below(3) == 0)
        rest.size = 1 + random_below(rest.size);
    say_now(conn, rest);
}

/* A client that is rightly answered, in pieces; or by somebody who says what
 * comes into his head. False: the connection is no more. */
static bool answer_or_not(const struct talk *talk, struct conn *conn, bool kind)
{
    struct program *client = conn->program;
    unsigned chance = random_below(100);
    if (chance < 30 && !has_ended(client))
        let_work(client);
    else if (chance < 70 && talk->reply && kind)
        answer_some(talk, conn);
    else if (chance < 70 && conn->sent.size < MOST_TOLD)
        say_now(conn, random_piece(talk));
    else if (chance < 74 && !has_ended(client))
        freeze(client), thaw(client);
    else if (chance < 78 && !has_ended(client))
        send_signal(client, random_below(2) ? SIGCONT : SIGWINCH);
    else if (chance < 80 && !kind)
        reset(conn);
    return conn->fd >= 0;
}

/* Up to its end the client is told all that is due to it, if that is meant. */
static bool is_over(void *arg)
{
    return has_ended(((struct conn *)arg)->program);
}

static void answer_all(const struct talk *talk, struct conn *conn)
{
    for (int i = 0; i < 400 && !has_ended(conn->program); i++) {
        answer_some(talk, conn);
        wait_within(5, is_over, conn, NULL, NULL);
    }
}

static void check_client(const struct talk *talk, const struct launch *launch,
                         struct program *client, struct bytes told)
{
    struct bytes output;
    expect_orderly_end(client);
    output.data = output_of(client, &output.size);
    if (wait_exit(client) != 0 || !talk->printed)
        return;
    const char *wrong = talk->printed(launch, told, output);
    if (wrong)
        fail_test(NULL,
                  "%s ended with status 0, and printed something else "
                  "than was due: %s.",
                  talk->program, wrong);
}

void talk_to_client(const struct talk *talk)
{
    struct launch launch = {.name = talk->program};
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    bool kind = random_below(3) > 0, whole = kind && random_below(2);
    talk->call(&launch);
    for (int i = 0; launch.args[i]; i++)
        if (strcmp(launch.args[i], "PORT") == 0)
            launch.args[i] = port_text(port);
    struct program *client = start_talking(&launch);
    struct conn *conn = try_accept(listener, client, "server");
    stop_listening(listener);
    if (!conn) {
        check_client(talk, &launch, client, (struct bytes){"", 0});
        return;
    }
    bool there = true;
    for (int i = random_below(40); i > 0 && there; i--)
        there = answer_or_not(talk, conn, kind);
    if (there && whole && talk->reply)
        answer_all(talk, conn);
    if (there && random_below(2)) {
        half_close(conn);
        let_work(client);
    }
    if (there && random_below(4) == 0)
        reset(conn);
    else if (there)
        hang_up(conn);
    check_client(talk, &launch, client,
                 (struct bytes){conn->sent.data, conn->sent.size});
}

/* ---- Command lines ---- */

static const char *random_argument(const struct talk *talk)
{
    static const char *const words[] = {
        "",           "-",     "--",        "-l",        "-v",
        "-U",         "-lU",   "-lv",       "-x",        "--help",
        "0",          "1",     "80",        "080",       "65535",
        "65536",      "70000", "-1",        "+80",       " 80",
        "80x",        "8 0",   "0x50",      "1e3",       "99999999999999999999",
        "127.0.0.1",  "::1",   "localhost", "256.0.0.1", "nowhere.invalid",
        "%s%n%n",     "a\nb",  "--chip",    "--line",    "--debounce",
        "daytime",    "http",  "\xc3\xa9",  "127.1",     "1.2.3.4.5",
        "fe80::1%lo", "*",     "/",         "/tmp",      "/dev/null",
        "4711"};
    if (random_below(12) == 0)
        return random_word(1 + random_below(random_below(4) ? 30 : 9000));
    if (talk->words && talk->words[0] && random_below(6) == 0) {
        const char *word = talk->words[0];
        return *word ? word : "x";
    }
    return words[random_below(sizeof words / sizeof *words)];
}

static bool ended_or_waits(struct program *program)
{
    let_work(program);
    return has_ended(program);
}

void talk_by_arguments(const struct talk *talk)
{
    for (int i = 0; i < 4; i++) {
        struct launch launch = {.name = talk->program, .input = "one\ntwo\n"};
        int count = random_below(6);
        for (int j = 0; j < count; j++)
            launch.args[j] = random_argument(talk);
        struct program *program = start_talking(&launch);
        if (ended_or_waits(program)) {
            expect_orderly_end(program);
            continue;
        }
        expect_idle(program, "when it took its arguments for right ones");
        expect_no_sanitizer_report(program);
    }
}
