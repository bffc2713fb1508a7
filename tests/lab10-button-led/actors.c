/* actors.c: the stand-ins of standin.c, as a test sees them. */
#include "lab10.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct listener *listen_to_actors(void)
{
    static struct listener *listener; /* one for a whole test */
    if (!listener)
        listener = listen_path("standin.sock");
    return listener;
}

bool meet_actor(struct listener *listener, struct program *program,
                struct actor *actor)
{
    static int count;
    *actor = (struct actor){
        .conn = try_accept(listener, program, format("actor %d", ++count))};
    if (!actor->conn)
        return false;
    char *line = read_line(actor->conn), *end;
    char *space = strchr(line, ' ');
    if (!space)
        broken("a stand-in says \"%s\"", line);
    *space = '\0';
    actor->name = line;
    actor->pid = (int)strtol(space + 1, &end, 10);
    actor->deaf = end;
    return true;
}

void order(const struct actor *actor, const char *words)
{
    say_text(actor->conn, format("%s\n", words));
}

void make_stay(const struct actor *actor)
{
    order(actor, "stay");
    expect_text(actor->conn, "stays\n");
}

void expect_signal(const struct actor *actor, const char *signal,
                   const char *after)
{
    enum { LONG = 4000 }; /* it ends earlier, where all programs sleep */
    if (!hears_within(actor->conn, LONG, NULL, NULL))
        fail_test(&(struct verdict){.expected = format("%s for %s", signal,
                                                       actor->name),
                                    .received = "no signal: it goes on"},
                  "%s has not been told to end, %s.", actor->name, after);
    const char *line = read_line(actor->conn);
    if (strcmp(line, signal) != 0)
        fail_test(&(struct verdict){.expected = format("%s for %s", signal,
                                                       actor->name),
                                    .received = line},
                  "%s got another signal than the one that was due, %s.",
                  actor->name, after);
}

bool is_untouched(const struct actor *actor)
{
    enum { LONG = 4000 };
    order(actor, "echo here");
    if (!hears_within(actor->conn, LONG, NULL, NULL))
        return false;
    size_t size = unread_bytes(actor->conn);
    return size >= 5 && memcmp(read_bytes(actor->conn, 5), "here\n", 5) == 0;
}
