/* verdict.c: the conversation of a test, and how a test ends.
 *
 * A failing test leaves one JSON object for the runner with all that a student
 * needs to see; the verdict itself is Check's. */
#include "inside.h"
#include "trace.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* Bytes that one entry of the conversation keeps. The rest is counted. */
enum { KEPT = 60, MOST_EVENTS = 400, MANY_BYTES = 1 << 17 };

struct event {
    double when;
    const char *who, *what;
    struct buffer kept; /* the first KEPT bytes */
    size_t size;        /* of all bytes */
    int pieces;
    bool is_text;     /* for people, not bytes */
    bool is_datagram; /* whole: nothing follows it */
};

int details_fd = -1;
const char *record_folder;
const struct test *this_test;
static struct event events[MOST_EVENTS];
static size_t event_count, events_left_out;
static struct launched {
    struct program *program;
    char *command;
    struct launched *next;
} * launched;

static struct event *next_event(const char *who, const char *what)
{
    if (event_count == MOST_EVENTS) {
        events_left_out++;
        return NULL;
    }
    struct event *event = &events[event_count++];
    *event = (struct event){.when = now_ms(), .who = who, .what = what};
    return event;
}

/* One line an event: "who<TAB>what<TAB>bytes in hexadecimal", or of many bytes
 * their number: "who<TAB>what<TAB>#10485760". */
void record(const char *who, const char *what, const void *data, size_t size)
{
    static FILE *file;
    const unsigned char *bytes = data;
    if (!record_folder)
        return;
    if (!file &&
        !(file = fopen(format("%s/%s", record_folder, this_test->id), "we")))
        broken("%s: %s", record_folder, strerror(errno));
    fprintf(file, "%s\t%s\t", who, what);
    if (size > MANY_BYTES)
        fprintf(file, "#%zu", size);
    for (size_t i = 0; i < size && size <= MANY_BYTES; i++)
        fprintf(file, "%02x", bytes[i]);
    fputc('\n', file);
    fflush(file);
}

/* Bytes that follow others of the same stream are one entry. */
void log_event(const char *who, const char *what, const void *data, size_t size)
{
    struct event *event = event_count ? &events[event_count - 1] : NULL;
    record(who, what, data, size);
    trace_event(who, what, data, size);
    if (!event || strcmp(event->who, who) != 0 || event->is_text ||
        event->is_datagram || strcmp(event->what, what) != 0)
        event = next_event(who, what);
    if (!event)
        return;
    size_t room = KEPT - event->kept.size;
    buffer_add(&event->kept, data, size < room ? size : room);
    event->size += size;
    event->pieces++;
}

void log_datagram(const char *who, const char *what, const void *data,
                  size_t size)
{
    struct event *event = next_event(who, what);
    record(who, format("%s datagram", what), data, size);
    trace_event(who, what, data, size);
    if (!event)
        return;
    event->is_datagram = true;
    buffer_add(&event->kept, data, size < KEPT ? size : KEPT);
    event->size = size;
    event->pieces = 1;
}

void log_text(const char *who, const char *what, const char *text)
{
    struct event *event = next_event(who, what);
    record(who, what, text, strlen(text));
    trace_event(who, what, text, 0);
    if (!event)
        return;
    event->is_text = true;
    buffer_text(&event->kept, text);
}

void note(const char *text, ...)
{
    va_list args;
    va_start(args, text);
    log_text("test", "note", vformat(text, args));
    va_end(args);
}

void log_start(struct program *program, const struct launch *launch)
{
    struct buffer command = {0};
    buffer_text(&command, launch->name);
    for (int i = 0; launch->args[i]; i++) {
        size_t length = strlen(launch->args[i]);
        bool plain =
            length && length < KEPT && !strpbrk(launch->args[i], " \"\n");
        size_t kept = length < KEPT ? length : KEPT;
        buffer_text(&command, " ");
        buffer_text(&command, plain
                                  ? launch->args[i]
                                  : show_start(launch->args[i], kept, length));
    }
    struct launched *entry = need(calloc(1, sizeof *entry));
    *entry = (struct launched){program, command.data, launched};
    launched = entry;
    for (int i = 0; launch->args[i]; i++)
        record(program->label, "argument", launch->args[i],
               strlen(launch->args[i]));
    record(program->label, "build", launch->sanitized ? ".asan" : "",
           launch->sanitized ? 5 : 0);
    program->command = command.data;
    log_text(program->label, "started",
             launch->faults
                 ? format("%s  (faults: %s)", command.data, launch->faults)
                 : command.data);
}

/* ---- As JSON ---- */

static json_t *event_json(const struct event *event)
{
    struct buffer text = {0};
    if (event->is_datagram)
        buffer_text(&text, format("%s byte%s", show_count(event->size),
                                  event->size == 0   ? "s"
                                  : event->size == 1 ? ": "
                                                     : "s: "));
    if (event->is_text)
        buffer_add(&text, event->kept.data, event->kept.size);
    else if (event->size || !event->is_datagram)
        buffer_text(
            &text, show_start(event->kept.data, event->kept.size, event->size));
    return json_pack("{s:f, s:s, s:s, s:s, s:I, s:i}", "ms", event->when, "who",
                     event->who, "what", event->what, "text", text.data,
                     "bytes", (json_int_t)event->size, "segments",
                     event->pieces);
}

static json_t *conversation_json(void)
{
    json_t *list = json_array();
    for (size_t i = 0; i < event_count; i++)
        json_array_append_new(list, event_json(&events[i]));
    if (events_left_out)
        json_array_append_new(
            list, json_pack("{s:f, s:s, s:s, s:s, s:i, s:i}", "ms", now_ms(),
                            "who", "test", "what", "note", "text",
                            format("%s events more are not shown",
                                   show_count(events_left_out)),
                            "bytes", 0, "segments", 0));
    return list;
}

static json_t *programs_json(void)
{
    json_t *list = json_array();
    for (struct launched *l = launched; l; l = l->next) {
        size_t out, err;
        const char *output = output_of(l->program, &out);
        const char *errors = errors_of(l->program, &err);
        json_t *one = json_pack("{s:s, s:s, s:s, s:s, s:s}", "name",
                                l->program->name, "command", l->command, "how",
                                describe_program(l->program), "stdout",
                                out ? show_bytes(output, out, 0) : "", "stderr",
                                err ? show_bytes(errors, err, err) : "");
        json_array_insert_new(list, 0, one);
    }
    return list;
}

static json_t *optional(const char *text)
{
    return text ? json_string(text) : json_null();
}

static const char *why_now, *hint_now;

void advise(const char *why, const char *hint)
{
    why_now = why;
    hint_now = hint;
}

static void save_details(json_t *details)
{
    if (!details || ftruncate(details_fd, 0) < 0 ||
        lseek(details_fd, 0, SEEK_SET) < 0 ||
        json_dumpfd(details, details_fd, JSON_COMPACT) < 0)
        fprintf(stderr, "%s: cannot write what the test found\n",
                this_test->id);
}

static json_t *all_looks(void)
{
    for (struct program *p = all_programs; p; p = p->next)
        look_at_program(p);
    return looks_json();
}

void write_looks(void)
{
    json_t *looks = all_looks();
    if (json_array_size(looks))
        save_details(json_pack("{s:o}", "look", looks));
}

static void write_details(const char *status, const struct verdict *shown,
                          const char *reason, bool late)
{
    if (details_fd < 0)
        return;
    json_t *details = json_pack(
        "{s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "status", status,
        "reason", reason, "late", late, "sent",
        optional(shown ? shown->sent : NULL), "expected",
        optional(shown ? shown->expected : NULL), "received",
        optional(shown ? shown->received : NULL), "conversation",
        conversation_json(), "program", programs_json(), "look", all_looks());
    if (details && hint_now)
        json_object_update_new(
            details,
            json_pack("{s:s, s:s, s:s}", "why", why_now, "hint", hint_now,
                      "section", format("labs/%s/README.md", config.lab)));
    save_details(details);
}

/* ---- Ends of a test ---- */

/* Let programs come to rest, so that what they say last is in the report: a
 * crash message, an exit status. Some never do. */
struct settling {
    int calm_looks;
    double ran, used; /* ms: at the last look, and since the first */
};

static bool at_rest(void *arg)
{
    enum { CALM = 3, LONG_ENOUGH_MS = 500 };
    struct settling *settling = arg;
    bool runnable = false;
    double ran = 0;
    for (struct program *p = all_programs; p; p = p->next) {
        struct effort effort = measure(p);
        runnable |= !p->ended && effort.runnable;
        ran += effort.ran;
    }
    if (settling->ran > 0 && ran > settling->ran)
        settling->used += ran - settling->ran;
    settling->ran = ran;
    settling->calm_looks = runnable ? 0 : settling->calm_looks + 1;
    return settling->calm_looks > CALM || settling->used > LONG_ENOUGH_MS;
}

static const char *given_now;

void given(const char *text, ...)
{
    va_list args;
    va_start(args, text);
    given_now = text ? vformat(text, args) : NULL;
    va_end(args);
    if (given_now)
        log_text("test", "given", given_now);
}

static _Noreturn void end_test(const char *status, const struct verdict *shown,
                               const char *reason, bool late)
{
    static bool is_settling;
    struct settling settling = {0};
    if (!is_settling) {
        is_settling = true;
        wait_for(at_rest, &settling, -1, 0, 1);
    }
    const char *report = sanitizer_report();
    if (report) {
        reason = report;
        shown = sanitizer_verdict(report);
    }
    if (given_now)
        reason = format("%s: %s", given_now, reason);
    write_details(status, shown, reason, late);
    trace_end();
    ck_abort_msg("%s", reason);
    _exit(1); /* not reached: Check leaves the test process */
}

_Noreturn void fail_test(const struct verdict *shown, const char *reason, ...)
{
    va_list args;
    va_start(args, reason);
    end_test("failed", shown, vformat(reason, args), false);
}

_Noreturn void fail_waiting(enum waited how, const struct verdict *shown,
                            const char *what_is_missing)
{
    struct buffer states = {0};
    for (struct program *p = all_programs; p; p = p->next)
        if (p == all_programs || !p->ended)
            buffer_text(&states, format("%s%s %s", states.size ? "; " : "",
                                        p->name, describe_program(p)));
    end_test("failed", shown,
             format("%s%s: %s.", what_is_missing,
                    how == WAITED_LATE ? " within 20 s" : "", states.data),
             how == WAITED_LATE);
}

_Noreturn void skip_test(const char *reason, ...)
{
    va_list args;
    va_start(args, reason);
    write_details("not_run", NULL, vformat(reason, args), false);
    trace_end();
    _exit(0);
}

_Noreturn void broken(const char *reason, ...)
{
    va_list args;
    va_start(args, reason);
    char *text = NULL;
    if (vasprintf(&text, reason, args) < 0)
        text = "out of memory";
    if (this_test) {
        if (!trace.folder) /* or it is told with the recording */
            fprintf(stderr, "grader error in %s: %s\n", this_test->id, text);
        write_details("grader_error", NULL, text, false);
    } else {
        fprintf(stderr, "grader error: %s\n", text);
    }
    _exit(3);
}
