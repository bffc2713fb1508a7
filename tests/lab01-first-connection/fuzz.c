/* fuzz.c: random conversations with the programs of lab 01. */
#include "fuzz/talk.h"

#define ANSWER "I am the server. I received your message.\n"
#define PROMPT "Enter the message: "

const char *const suite_lab = "lab01-first-connection";

static const char *const words[] = {"hello\n", "\n",   "\r\n", "hello",
                                    ANSWER,    "%s%n", NULL};

static void serve(struct conn *client)
{
    say_text(client, "hello\n");
    expect_text(client, ANSWER);
    hang_up(client);
}

static const char *wrong(struct bytes said, struct bytes answer)
{
    (void)said;
    return differs((struct bytes){ANSWER, strlen(ANSWER)}, answer);
}

static void call(struct launch *launch)
{
    size_t size = random_below(300);
    launch->args[0] = random_below(2) ? "127.0.0.1" : "localhost";
    launch->args[1] = "PORT";
    launch->input = (const char *)random_bytes(size);
    launch->input_size = size;
}

static struct bytes reply(struct bytes said)
{
    bool whole = said.size && said.data[said.size - 1] == '\n';
    return (struct bytes){ANSWER, whole ? strlen(ANSWER) : 0};
}

static const char *printed(const struct launch *launch, struct bytes told,
                           struct bytes output)
{
    struct buffer due = {0};
    (void)launch;
    buffer_text(&due, PROMPT);
    buffer_add(&due, told.data, told.size);
    if (told.size == 0)
        return "nobody answered it";
    return differs((struct bytes){due.data, due.size}, output);
}

const struct talk talks[] = {
    {.program = "server",
     .run = talk_to_server,
     .args = {"PORT"},
     .words = words,
     .edge = 255,
     .serve = serve,
     .wrong = wrong,
     .ends_first = in_any_case,
     .once = true},
    {.program = "client",
     .run = talk_to_client,
     .words = words,
     .call = call,
     .reply = reply,
     .printed = printed},
    {.program = "server", .run = talk_by_arguments, .words = words},
    {.program = "client", .run = talk_by_arguments, .words = words},
    {0}};
