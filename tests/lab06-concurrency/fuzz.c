/* fuzz.c: random conversations with the programs of lab 06. */
#include "fuzz/talk.h"

#define PREFIX "It is now: "
enum { PREFIX_SIZE = sizeof PREFIX - 1, LINE_SIZE = PREFIX_SIZE + 25 };

const char *const suite_lab = "lab06-concurrency";

static const char *const words[] = {
    "hello\n", "\n", "\n\n\n\n\n\n\n\n", "hello", PREFIX, "\r\n", NULL};

/* As many times as lines came, a last one without newline too, and one more. */
static size_t lines_due(struct bytes said)
{
    size_t count = 1;
    for (size_t i = 0; i < said.size; i++)
        count += said.data[i] == '\n';
    return count + (said.size && said.data[said.size - 1] != '\n');
}

static const char *wrong(struct bytes said, struct bytes answer)
{
    size_t due = lines_due(said);
    if (answer.size != due * LINE_SIZE)
        return format("%s lines were due, and %s bytes came", show_count(due),
                      show_count(answer.size));
    for (const char *line = answer.data; due > 0; due--, line += LINE_SIZE)
        if (memcmp(line, PREFIX, PREFIX_SIZE) != 0 ||
            !is_time(line + PREFIX_SIZE, 25))
            return show_bytes(line, LINE_SIZE, 0);
    return NULL;
}

static void serve(struct conn *client)
{
    struct bytes answer;
    say_text(client, "one\ntwo");
    half_close(client);
    answer.data = read_to_end(client, &answer.size);
    if (wrong((struct bytes){"one\ntwo", 7}, answer))
        fail_test(NULL, "The next client is not served: %s.",
                  wrong((struct bytes){"one\ntwo", 7}, answer));
    hang_up(client);
}

static void call(struct launch *launch)
{
    launch->args[0] = random_below(2) ? "127.0.0.1" : "localhost";
    launch->args[1] = "PORT";
}

static struct bytes reply(struct bytes said)
{
    (void)said;
    return (struct bytes){PREFIX "Sat Nov 21 01:19:07 2026\n", LINE_SIZE};
}

static const char *printed(const struct launch *launch, struct bytes told,
                           struct bytes output)
{
    const char *newline = told.size ? memchr(told.data, '\n', told.size) : NULL;
    (void)launch;
    if (told.size == 0)
        return "no line came";
    if (!newline)
        return NULL;
    return differs((struct bytes){told.data, newline + 1 - told.data}, output);
}

#define SERVER(NAME)                                                           \
    {                                                                          \
        .program = (NAME), .run = talk_to_server, .args = {"PORT"},            \
        .words = words, .serve = serve, .wrong = wrong                         \
    }

const struct talk talks[] = {
    SERVER("thread_server"),
    SERVER("poll_server"),
    {.program = "client",
     .run = talk_to_client,
     .words = words,
     .call = call,
     .reply = reply,
     .printed = printed},
    SERVER("fork_server"),
    {.program = "client", .run = talk_by_arguments},
    {.program = "poll_server", .run = talk_by_arguments},
    {0}};
