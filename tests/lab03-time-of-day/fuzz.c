/* fuzz.c: random conversations with the programs of lab 03. */
#include "fuzz/talk.h"
#include "times.h"

#define WORDS "Received from server: "

const char *const suite_lab = "lab03-time-of-day";

static const char *const words[] = {"Sat Nov 21 01:19:07 2026\n",
                                    "Sat Nov 21 01:19:07 2026", "\n", "Sat",
                                    NULL};

static void call(struct launch *launch)
{
    launch->args[0] = random_below(2) ? "127.0.0.1" : "localhost";
    launch->args[1] = "PORT";
}

static struct bytes reply(struct bytes said)
{
    (void)said;
    return (struct bytes){words[0], strlen(words[0])};
}

static const char *printed(const struct launch *launch, struct bytes told,
                           struct bytes output)
{
    struct buffer due = {0};
    (void)launch;
    if (told.size == 0)
        return "the server said nothing";
    buffer_text(&due, WORDS);
    buffer_add(&due, told.data, told.size);
    if (is_time(told.data, told.size))
        return differs((struct bytes){due.data, due.size}, output);
    return output.size < strlen(WORDS) ? "too little" : NULL;
}

const struct talk talks[] = {{.program = "server",
                              .run = talk_to_server,
                              .args = {"PORT"},
                              .words = words,
                              .serve = serve_time,
                              .wrong = no_time,
                              .ends_first = in_any_case},
                             {.program = "client",
                              .run = talk_to_client,
                              .words = words,
                              .call = call,
                              .reply = reply,
                              .printed = printed},
                             {.program = "server", .run = talk_by_arguments},
                             {.program = "client", .run = talk_by_arguments},
                             {0}};
