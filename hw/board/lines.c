/* lines.c: the chip that is not there: its lines, whose they are, the buttons
 * on them, and what clients say about all that.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "board.h"

enum { LINES = 54 /* as many as a Raspberry Pi's chip has */ };

enum use { FREE, IN, OUT };

static struct line {
    enum use use;
    struct client *owner;
    int level;
    bool pressed; /* is there a button, and is it down? */
    bool known;   /* has anything ever happened here? */
    int64_t last_ns;
} lines[LINES];

static bool bouncing;
static uint64_t chance;

/* ---- Events ---- */

/* The event that tells how a line is now. */
static const char *describe(const struct line *line)
{
    static char text[NAME_SIZE + 32];
    int offset = (int)(line - lines);

    if (line->use == FREE)
        snprintf(text, sizeof text, "line %d free %d", offset, line->level);
    else
        snprintf(text, sizeof text, "line %d %s %d %s", offset,
                 line->use == IN ? "in" : "out", line->level,
                 line->owner->name);
    return text;
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* The time of a line's edges never stands still or goes back. */
static void make_edge(int offset, int level, int64_t when)
{
    struct line *line = &lines[offset];

    if (when <= line->last_ns)
        when = line->last_ns + 1;
    line->last_ns = when;
    line->level = level;
    if (line->owner != NULL && !line->owner->watching)
        tell(line->owner, "edge %d %d %" PRId64, offset, level, when);
    tell_watchers("edge %d %d %" PRId64, offset, level, when);
}

/* ---- Buttons ---- */

/* xorshift64 (Marsaglia, 2003): the same seed, the same bouncing. */
static uint64_t random_below(uint64_t bound)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return chance % bound;
}

void chip_init(bool bounces, uint64_t seed)
{
    bouncing = bounces;
    chance = seed != 0 ? seed : 1; /* from 0 it would not come away */
    for (int i = 0; i < LINES; i++)
        lines[i].level = 1;
}

/* A bouncing contact opens and closes 1 to 3 times more, each time within
 * 0.8 ms, and ends where it was going to. The edges go out at once: it is
 * their time stamps that lie apart. */
static void move_button(int offset, bool pressed)
{
    struct line *line = &lines[offset];
    int64_t when = now_ns();

    if (line->pressed == pressed)
        return;
    line->pressed = pressed;
    make_edge(offset, !pressed, when);
    if (!bouncing)
        return;
    for (uint64_t more = 2 * (1 + random_below(3)); more > 0; more--) {
        when = line->last_ns + 50000 + (int64_t)random_below(750000);
        make_edge(offset, !line->level, when);
    }
}

static void push(struct client *client, int offset, bool pressed)
{
    if (lines[offset].use == OUT) {
        tell(client,
             "error line %d is an output of %s: a button to ground would "
             "short it",
             offset, lines[offset].owner->name);
        return;
    }
    lines[offset].known = true;
    tell(client, "ok");
    move_button(offset, pressed);
}

static void press(struct client *client, int offset, const char *rest)
{
    (void)rest;
    push(client, offset, true);
}

static void release(struct client *client, int offset, const char *rest)
{
    (void)rest;
    push(client, offset, false);
}

/* ---- Owners ---- */

static bool is_level(const char *text)
{
    return strcmp(text, "0") == 0 || strcmp(text, "1") == 0;
}

static void claim(struct client *client, int offset, const char *how)
{
    struct line *line = &lines[offset];
    bool out = strncmp(how, "out ", 4) == 0 && is_level(how + 4);

    if (!out && strcmp(how, "in") != 0) {
        tell(client, "error claim OFFSET in, or claim OFFSET out LEVEL");
        return;
    }
    if (line->owner != NULL) {
        tell(client, "error line %d is in use by %s", offset,
             line->owner->name);
        return;
    }
    if (out && line->pressed) {
        tell(client, "error line %d is held to ground by a button", offset);
        return;
    }
    client->named = true;
    *line = (struct line){.use = out ? OUT : IN,
                          .owner = client,
                          .level = out ? how[4] == '1' : !line->pressed,
                          .pressed = line->pressed,
                          .known = true,
                          .last_ns = line->last_ns};
    tell(client, "ok");
    tell_watchers("%s", describe(line));
}

static void set(struct client *client, int offset, const char *level)
{
    struct line *line = &lines[offset];

    if (!is_level(level)) {
        tell(client, "error a level is 0 or 1");
        return;
    }
    if (line->use != OUT || line->owner != client) {
        tell(client, "error line %d is not an output of yours", offset);
        return;
    }
    line->level = *level == '1';
    tell(client, "ok");
    tell_watchers("%s", describe(line));
}

static void get(struct client *client, int offset, const char *rest)
{
    (void)rest;
    tell(client, "ok %d", lines[offset].level);
}

void chip_release(const struct client *client)
{
    for (int i = 0; i < LINES; i++) {
        struct line *line = &lines[i];
        if (line->owner != client)
            continue;
        if (line->use == OUT)
            line->level = 0; /* no voltage without somebody to drive it */
        line->use = FREE;
        line->owner = NULL;
        tell_watchers("%s", describe(line));
    }
}

/* ---- What is not about one line ---- */

static void hello(struct client *client, const char *name)
{
    if (strchr(name, ' ') != NULL || strlen(name) > NAME_SIZE || *name == '\0')
        tell(client, "error a name is one word of at most %d bytes", NAME_SIZE);
    else if (client->named)
        tell(client, "error you are %s already", client->name);
    else {
        strcpy(client->name, name);
        client->named = true;
        tell(client, "ok");
    }
}

static void note(struct client *client, const char *text)
{
    /* The event, which has the name too, must not be too long. */
    enum { MOST = LINE_SIZE - NAME_SIZE - (int)sizeof "note  " };

    if (*text == '\0' || strlen(text) > MOST) {
        tell(client, "error a note is 1 to %d bytes", MOST);
        return;
    }
    tell(client, "ok");
    tell_watchers("note %s %s", client->name, text);
}

static void bounce(struct client *client, const char *how)
{
    bool on = strcmp(how, "on") == 0;

    if (!on && strcmp(how, "off") != 0) {
        tell(client, "error bounce on, or bounce off");
        return;
    }
    tell(client, "ok");
    if (on == bouncing)
        return;
    bouncing = on;
    tell_watchers("bounce %s", how);
}

static void watch(struct client *client, const char *rest)
{
    if (*rest != '\0' || client->watching) {
        tell(client, "error %s",
             client->watching ? "you watch already" : "watch, and no more");
        return;
    }
    client->watching = true;
    tell(client, "ok");
    for (int i = 0; i < LINES; i++)
        if (lines[i].known)
            tell(client, "%s", describe(&lines[i]));
    tell(client, "bounce %s", bouncing ? "on" : "off");
}

/* ---- Commands ---- */

static const struct command {
    const char *word;
    void (*of_line)(struct client *client, int offset, const char *rest);
    bool has_rest;
    void (*of_all)(struct client *client, const char *rest);
} commands[] = {{.word = "claim", .of_line = claim, .has_rest = true},
                {.word = "set", .of_line = set, .has_rest = true},
                {.word = "get", .of_line = get},
                {.word = "press", .of_line = press},
                {.word = "release", .of_line = release},
                {.word = "hello", .of_all = hello},
                {.word = "note", .of_all = note},
                {.word = "bounce", .of_all = bounce},
                {.word = "watch", .of_all = watch}};

/* Cuts a line behind its first word, and returns the rest: maybe "". */
static char *after_word(char *line)
{
    char *space = strchr(line, ' ');

    if (space == NULL)
        return line + strlen(line);
    *space = '\0';
    return space + 1;
}

static void obey_of_line(struct client *client, const struct command *command,
                         char *words)
{
    char *rest = after_word(words);
    size_t digits = strspn(words, "0123456789");

    if (digits == 0 || digits > 4 || words[digits] != '\0')
        tell(client, "error %s wants a line's number", command->word);
    else if (atoi(words) >= LINES)
        tell(client, "error there is no line %s: the chip has 0 to %d", words,
             LINES - 1);
    else if (!command->has_rest && *rest != '\0')
        tell(client, "error %s has a line's number and no more", command->word);
    else
        command->of_line(client, atoi(words), rest);
}

void chip_obey(struct client *client, char *line)
{
    char *rest = after_word(line);

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const struct command *command = &commands[i];
        if (strcmp(line, command->word) != 0)
            continue;
        if (command->of_line != NULL)
            obey_of_line(client, command, rest);
        else
            command->of_all(client, rest);
        return;
    }
    tell(client, "error no such word: see hw/board/README.md");
}
