/* fuzz.c: random conversations with the programs of lab 05. */
#include "fuzz/talk.h"
#include "times.h"

const char *const suite_lab = "lab05-names";

static const char *const words[] = {"Sat Nov 21 01:19:07 2026\n", "\n", "hello",
                                    NULL};

/* What dual_server prints of its clients. */
static const char *printed_clients(const struct launch *launch,
                                   struct bytes told, struct bytes output)
{
    static const char client[] = "client IPv4 127.0.0.1\n";
    const char *line = memchr(output.data, '\n', output.size);
    (void)launch;
    (void)told;
    for (line = line ? line + 1 : output.data; *line; line += sizeof client - 1)
        if (strncmp(line, client, sizeof client - 1) != 0)
            return show_bytes(line, strlen(line), 0);
    return NULL;
}

static void call(struct launch *launch)
{
    launch->args[0] = "127.0.0.1";
    launch->args[1] = "PORT";
}

static const char *printed_stream(const struct launch *launch,
                                  struct bytes told, struct bytes output)
{
    struct buffer due = {0};
    buffer_text(&due,
                format("connected to 127.0.0.1 port %s\n", launch->args[1]));
    buffer_add(&due, told.data, told.size);
    return differs((struct bytes){due.data, due.size}, output);
}

const struct talk talks[] = {
    {.program = "dual_server",
     .run = talk_to_server,
     .args = {"PORT"},
     .words = words,
     .serve = serve_time,
     .wrong = no_time,
     .ends_first = in_any_case,
     .printed = printed_clients},
    {.program = "dial",
     .run = talk_to_client,
     .words = words,
     .call = call,
     .printed = printed_stream},
    {.program = "lookup", .run = talk_by_arguments},
    {.program = "dial", .run = talk_by_arguments},
    {.program = "dual_server", .run = talk_by_arguments},
    {0}};
