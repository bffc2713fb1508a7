/* fuzz.c: random conversations with the programs of lab 04. */
#include "fuzz/talk.h"

#define ECHO "Echo ==>"
#define REFUSAL "ERR line too long\n"
enum { LONGEST = 65536, ECHO_SIZE = sizeof ECHO - 1 };

const char *const suite_lab = "lab04-framing";

static const char *const words[] = {"hello\n",    "\n",    "\n\n\n", "a\nb\nc",
                                    "\nEcho ==>", "hello", "\r\n",   ECHO,
                                    "x\n",        NULL};

/* ---- Servers ---- */

static void serve_data(struct conn *client)
{
    say_text(client, "hello");
    half_close(client);
    expect_text(client, ECHO);
    hang_up(client);
}

static void serve_line(struct conn *client)
{
    say_text(client, "hello\nlast");
    half_close(client);
    expect_text(client, ECHO "hello\n" ECHO "last\n");
    expect_end(client);
    hang_up(client);
}

/* Where its pieces end is chance. */
static const char *wrong_data(struct bytes said, struct bytes answer)
{
    if (answer.size < said.size || (answer.size - said.size) % ECHO_SIZE ||
        (said.size && memcmp(answer.data, ECHO, ECHO_SIZE) != 0))
        return format("%s bytes are no answer to %s", show_count(answer.size),
                      show_count(said.size));
    return NULL;
}

/* What is due for all lines, or up to one that is too long. */
static struct buffer due_for(struct bytes said, bool *too_long)
{
    struct buffer due = {0};
    const char *line = said.data, *end = line + said.size, *newline;
    buffer_text(&due, "");
    for (*too_long = false; line < end; line = newline + 1) {
        newline = memchr(line, '\n', end - line);
        if (!newline)
            newline = end;
        *too_long = newline - line > LONGEST;
        if (*too_long)
            break;
        buffer_text(&due, ECHO);
        buffer_add(&due, line, newline - line);
        buffer_text(&due, "\n");
    }
    if (*too_long)
        buffer_text(&due, REFUSAL);
    return due;
}

static const char *wrong_lines(struct bytes said, struct bytes answer)
{
    bool too_long;
    struct buffer due = due_for(said, &too_long);
    return differs((struct bytes){due.data, due.size}, answer);
}

static bool ends_first(struct bytes said)
{
    bool too_long;
    due_for(said, &too_long);
    return too_long;
}

/* ---- Clients ---- */

static void call_messages(struct launch *launch)
{
    int count = random_below(5);
    launch->args[0] = random_below(2) ? "127.0.0.1" : "localhost";
    launch->args[1] = "PORT";
    for (int i = 0; i < count; i++)
        launch->args[2 + i] =
            random_word(1 + random_below(random_below(8) ? 40 : 70000));
}

static void call_lines(struct launch *launch)
{
    size_t size = random_below(random_below(6) ? 500 : 70000);
    char *lines = (char *)random_bytes(size);
    call_messages(launch);
    if (random_below(2))
        return;
    for (size_t i = 0; i < size; i++)
        if (random_below(30) == 0)
            lines[i] = '\n';
    launch->args[2] = "-";
    launch->args[3] = NULL;
    launch->input = lines;
    launch->input_size = size;
}

static struct bytes reply_data(struct bytes said)
{
    char *reply = format(ECHO "%.*s", (int)said.size, said.data);
    return (struct bytes){reply, said.size ? strlen(reply) : 0};
}

static struct bytes reply_lines(struct bytes said)
{
    bool too_long;
    while (said.size && said.data[said.size - 1] != '\n')
        said.size--;
    struct buffer due = due_for(said, &too_long);
    return (struct bytes){due.data, due.size};
}

static int count_messages(const struct launch *launch)
{
    int count = 0;
    while (launch->args[2 + count])
        count++;
    if (count != 1 || strcmp(launch->args[2], "-") != 0)
        return count ? count : 2; /* the default ones */
    for (size_t i = count = 0; i < launch->input_size; i++)
        count += launch->input[i] == '\n' || i == launch->input_size - 1;
    return count;
}

/* A line of the answer for each message. */
static const char *printed_lines(const struct launch *launch, struct bytes told,
                                 struct bytes output)
{
    struct buffer due = {0};
    const char *line = told.data, *end = line + told.size, *newline;
    buffer_text(&due, "");
    for (int left = count_messages(launch); left > 0; left--) {
        newline = line < end ? memchr(line, '\n', end - line) : NULL;
        if (!newline)
            return "not all messages were answered";
        buffer_text(&due, "Received: ");
        buffer_add(&due, line, newline + 1 - line);
        line = newline + 1;
    }
    return differs((struct bytes){due.data, due.size}, output);
}

static const char *printed_data(const struct launch *launch, struct bytes told,
                                struct bytes output)
{
    (void)launch;
    return told.size && memcmp(output.data, "Received: ", 10) == 0
               ? NULL
               : "nothing was received";
}

const struct talk talks[] = {
    {.program = "line_server",
     .run = talk_to_server,
     .args = {"PORT"},
     .words = words,
     .edge = LONGEST,
     .serve = serve_line,
     .wrong = wrong_lines,
     .ends_first = ends_first},
    {.program = "line_client",
     .run = talk_to_client,
     .words = words,
     .edge = LONGEST,
     .call = call_lines,
     .reply = reply_lines,
     .printed = printed_lines},
    {.program = "echo_server",
     .run = talk_to_server,
     .args = {"PORT"},
     .words = words,
     .serve = serve_data,
     .wrong = wrong_data},
    {.program = "echo_client",
     .run = talk_to_client,
     .words = words,
     .call = call_messages,
     .reply = reply_data,
     .printed = printed_data},
    {.program = "line_server", .run = talk_by_arguments},
    {.program = "line_client", .run = talk_by_arguments},
    {.program = "echo_client", .run = talk_by_arguments},
    {0}};
