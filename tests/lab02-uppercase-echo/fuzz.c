/* fuzz.c: random conversations with the programs of lab 02. */
#include "fuzz/talk.h"

const char *const suite_lab = "lab02-uppercase-echo";

static const char *const words[] = {"hello\n",      "a",    "zZ{`aA@[", "\n",
                                    "cora\xc3\xa7", "\xc3", "\xa7",     NULL};

static void serve(struct conn *client)
{
    say_text(client, "hello");
    half_close(client);
    expect_text(client, "HELLO");
    expect_end(client);
    hang_up(client);
}

static struct bytes upper(struct bytes said)
{
    return (struct bytes){in_upper_case(said), said.size};
}

static const char *wrong(struct bytes said, struct bytes answer)
{
    return differs(upper(said), answer);
}

static void call(struct launch *launch)
{
    static const unsigned sizes[] = {1, 10, 300, 5000, 100000};
    launch->args[0] = random_below(2) ? "127.0.0.1" : "localhost";
    launch->args[1] = "PORT";
    launch->args[2] = random_word(random_below(sizes[random_below(5)]));
}

static const char *printed(const struct launch *launch, struct bytes told,
                           struct bytes output)
{
    struct buffer due = {0};
    size_t size = strlen(launch->args[2]);
    if (told.size < size)
        return "not all of the text has come back";
    buffer_text(&due, "Received ");
    buffer_add(&due, told.data, size);
    buffer_text(&due, "\n");
    return differs((struct bytes){due.data, due.size}, output);
}

const struct talk talks[] = {{.program = "server",
                              .run = talk_to_server,
                              .args = {"PORT"},
                              .words = words,
                              .serve = serve,
                              .wrong = wrong},
                             {.program = "client",
                              .run = talk_to_client,
                              .words = words,
                              .call = call,
                              .reply = upper,
                              .printed = printed},
                             {.program = "server", .run = talk_by_arguments},
                             {.program = "server",
                              .run = talk_to_server,
                              .args = {"PORT"},
                              .serve = serve,
                              .wrong = wrong},
                             {.program = "client", .run = talk_by_arguments},
                             {0}};
