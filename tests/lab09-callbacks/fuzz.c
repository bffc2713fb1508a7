/* fuzz.c: random conversations with lab 09's library, through the kit's mains,
 * which say what they saw (drive.h). */
#include "fuzz/talk.h"

const char *const suite_lab = "lab09-callbacks";

static const char *const words[] = {"hello\n", "\n", "hello", "a\nb", NULL};

/* ---- What the mains say ---- */

/* No line may begin so: a callback was called with what is not there, or
 * something was left open. */
static const char *bad_line(struct bytes output)
{
    const char *line = output.data, *end;
    for (; (end = strchr(line, '\n')); line = end + 1) {
        bool leaked =
            strncmp(line, "descriptors +", 13) == 0 && line[13] != '0';
        if (leaked || strncmp(line, "wrong: ", 7) == 0 ||
            strncmp(line, "user_data: ", 11) == 0)
            return show_line(line);
    }
    return NULL;
}

static const char *printed(const struct launch *launch, struct bytes told,
                           struct bytes output)
{
    (void)launch;
    (void)told;
    return bad_line(output);
}

/* ---- The server ---- */

static void serve(struct conn *client)
{
    say_text(client, "olleh\n");
    half_close(client);
    expect_text(client, "\nhello");
    expect_end(client);
    hang_up(client);
}

/* The start of what was said, backwards: up to its first newline at least, or
 * to the end, or as much as the buffer holds. */
static const char *wrong(struct bytes said, struct bytes answer)
{
    size_t least = said.size;
    const char *newline = said.size ? memchr(said.data, '\n', said.size) : NULL;
    if (newline)
        least = newline + 1 - said.data;
    if (least > 1024)
        least = 1024;
    if (answer.size == 0 && least) /* its time may be over */
        return NULL;
    if (answer.size < least || answer.size > said.size)
        return format("%s bytes answer %s", show_count(answer.size),
                      show_count(said.size));
    for (size_t i = 0; i < answer.size; i++)
        if (answer.data[i] != said.data[answer.size - 1 - i])
            return show_bytes(answer.data, answer.size, i);
    return NULL;
}

/* ---- The client ---- */

static void call(struct launch *launch)
{
    static const char *const keys[] = {"size=1",     "size=7",   "size=5000",
                                       "until=\n",   "until=lo", "timeout=50",
                                       "receive=1",  "send=1",   "claim=-1",
                                       "claim=9999", "say="};
    int count = 2;
    launch->args[0] = random_below(2) ? "127.0.0.1" : "localhost";
    launch->args[1] = "PORT";
    for (int i = random_below(4); i > 0; i--)
        launch->args[count++] = keys[random_below(11)];
    if (random_below(2))
        launch->args[count++] = format("say=%s", random_word(random_below(50)));
}

static struct bytes reply(struct bytes said)
{
    char *line = format("%.*s\n", (int)said.size, said.data);
    return (struct bytes){line, said.size ? strlen(line) : 0};
}

/* Its main says why in a way of its own. */
static void talk_to_driven_client(const struct talk *talk)
{
    struct launch launch = {.name = talk->program};
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct bytes output;
    talk->call(&launch);
    launch.args[1] = port_text(port);
    struct program *client = start_talking(&launch);
    struct conn *conn = try_accept(listener, client, "server");
    for (int i = random_below(12); conn && i > 0; i--) {
        conn_receive(conn, SIZE_MAX);
        if (random_below(3) == 0 && conn->in.size)
            say_now(conn, reply((struct bytes){conn->in.data, conn->in.size}));
        else
            say_now(conn, random_piece(talk));
        if (random_below(2) && !has_ended(client))
            let_work(client);
    }
    if (conn && random_below(2))
        half_close(conn);
    if (conn && random_below(3) == 0)
        reset(conn);
    else if (conn)
        hang_up(conn);
    int status = wait_exit(client);
    const char *report = sanitizer_report();
    output.data = output_of(client, &output.size);
    const char *bad = bad_line(output);
    if (report || bad || status > 1)
        fail_test(NULL, "tcp_client %s: %s.", describe_program(client),
                  report ? report
                  : bad  ? bad
                         : "no status of its own");
}

const struct talk talks[] = {{.program = "tcp_server",
                              .run = talk_to_server,
                              .args = {"PORT", "until=\n", "timeout=500"},
                              .words = words,
                              .serve = serve,
                              .wrong = wrong,
                              .ends_first = in_any_case,
                              .printed = printed},
                             {.program = "tcp_client",
                              .run = talk_to_driven_client,
                              .words = words,
                              .call = call},
                             {0}};
