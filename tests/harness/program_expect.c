/* program_expect.c: what a program must print, and how it must end. */
#include "inside.h"

#include <regex.h>

void expect_exit(struct program *program, int status)
{
    int got = wait_exit(program);
    if (got == status)
        return;
    fail_test(&(struct verdict){.expected = format("exit status %d", status),
                                .received = describe_program(program)},
              "%s %s; exit status %d was due.", program->name,
              describe_program(program), status);
}

void expect_output(struct program *program, const void *data, size_t size)
{
    size_t got_size;
    wait_exit(program);
    const char *got = output_of(program, &got_size);
    size_t same = common_prefix(got, got_size, data, size);
    if (got_size == size && same == size)
        return;
    struct verdict shown = {.expected = show_bytes(data, size, same),
                            .received = show_bytes(got, got_size, same)};
    if (same == got_size)
        fail_test(&shown, "%s printed only %s of the %s bytes due on stdout.",
                  program->name, show_count(got_size), show_count(size));
    if (same == size)
        fail_test(&shown, "%s printed all that was due on stdout, and %s.",
                  program->name, count_bytes(got_size - size, " more"));
    fail_test(&shown,
              "What %s printed on stdout differs from what was due at byte %s.",
              program->name, show_count(same + 1));
}

struct printing {
    struct program *program;
    size_t size;
};

static bool has_printed(void *arg)
{
    struct printing *printing = arg;
    return printing->program->output.size >= printing->size ||
           printing->program->ended;
}

void wait_output(struct program *program, const void *data, size_t size)
{
    struct printing printing = {program, size};
    enum waited how = wait_for(has_printed, &printing, program->out, 0, 25);
    if (program->output.size != size ||
        memcmp(program->output.data, data, size) != 0)
        let_work(program); /* what is wrong is shown whole */
    size_t got_size = program->output.size;
    const char *got = got_size ? program->output.data : "";
    size_t same = common_prefix(got, got_size, data, size);
    struct verdict shown = {.expected = show_bytes(data, size, same),
                            .received = show_bytes(got, got_size, same)};
    if (how != WAITED_DONE && same == got_size)
        fail_waiting(how, &shown,
                     format("%s printed only %s of the %s bytes due on stdout",
                            program->name, show_count(got_size),
                            show_count(size)));
    if (same == got_size && same < size)
        fail_test(&shown,
                  "%s %s, after it printed %s of the %s bytes due on stdout.",
                  program->name, describe_program(program),
                  show_count(got_size), show_count(size));
    if (same == size && got_size > size)
        fail_test(
            &shown,
            "%s printed all that was due on stdout, and %s bytes too many.",
            program->name, show_count(got_size - size));
    if (same < size)
        fail_test(&shown,
                  "What %s printed on stdout differs from what was due at byte "
                  "%s.",
                  program->name, show_count(same + 1));
}

struct line {
    struct program *program;
    const char *end;
};

static bool line_complete(void *arg)
{
    struct line *line = arg;
    if (line->program->output.size)
        line->end = memchr(line->program->output.data, '\n',
                           line->program->output.size);
    return line->end || line->program->ended;
}

char *wait_line(struct program *program)
{
    struct line line = {program, NULL};
    enum waited how = wait_for(line_complete, &line, program->out, 0, 25);
    struct verdict shown = {
        .expected = "a line on stdout",
        .received = show_bytes(program->output.data, program->output.size, 0)};
    if (how != WAITED_DONE)
        fail_waiting(
            how, &shown,
            format("%s printed no whole line on stdout", program->name));
    if (!line.end)
        fail_test(&shown, "%s ended without a whole line on stdout.",
                  program->name);
    return format("%.*s", (int)(line.end - program->output.data),
                  program->output.data);
}

/* The first line of the text that matches an extended regular expression. */
static bool has_line(const char *text, const char *pattern)
{
    regex_t expression;
    if (regcomp(&expression, pattern, REG_EXTENDED | REG_NEWLINE | REG_NOSUB))
        broken("bad pattern %s", pattern);
    bool found = regexec(&expression, text, 0, NULL, 0) == 0;
    regfree(&expression);
    return found;
}

/* How it ended, and where it put what belongs on stderr. */
static char *with_stdout(struct program *program)
{
    size_t size;
    const char *output = output_of(program, &size);
    return format("%s, stdout %s", describe_end(program),
                  show_bytes(output, size, 0));
}

void expect_usage_error(struct program *program)
{
    int status = wait_exit(program);
    bool says_so = has_line(errors_of(program, NULL), "^usage: ");
    bool on_stdout = has_line(output_of(program, NULL), "^usage: ");
    if (status == 2 && says_so && !on_stdout)
        return;
    struct verdict shown = {
        .expected = "exit status 2, and on stderr a line \"usage: …\"",
        .received = describe_end(program)};
    if (status != 2)
        fail_test(&shown,
                  "The command line `%s` is wrong, and %s %s; a usage error is "
                  "exit status 2.",
                  program->command, program->name, describe_program(program));
    if (on_stdout)
        shown.received = with_stdout(program);
    if (on_stdout)
        fail_test(&shown,
                  "%s prints its usage on stdout; it belongs on stderr.",
                  program->name);
    fail_test(&shown,
              "%s ended with status 2, but no line on stderr begins with "
              "\"usage: \".",
              program->name);
}

static char *quoted_for_regex(const char *text)
{
    struct buffer out = {0};
    for (; *text; text++) {
        if (strchr(".[]{}()*+?^$|\\", *text))
            buffer_text(&out, "\\");
        buffer_add(&out, text, 1);
    }
    return out.data;
}

/* Does stdout hold the message that is on stderr, behind a prompt maybe? */
static bool repeats_message(struct program *program)
{
    const char *prefix = format("%s: ", program->name);
    for (const char *line = errors_of(program, NULL); line && *line;) {
        size_t length = strcspn(line, "\n");
        if (strncmp(line, prefix, strlen(prefix)) == 0 &&
            strstr(output_of(program, NULL), format("%.*s", (int)length, line)))
            return true;
        line += length + (line[length] == '\n');
    }
    return false;
}

static bool is_on_stdout(struct program *program, const char *prefix,
                         const char *reason)
{
    const char *output = output_of(program, NULL);
    return has_line(output, prefix) || (reason && strstr(output, reason));
}

/* Where no line on stderr is a right error message: why not? */
static const char *what_is_wrong(struct program *program, const char *prefix,
                                 const char *reason)
{
    const char *errors = errors_of(program, NULL);
    if (is_on_stdout(program, prefix, reason))
        return "prints its error message on stdout; it belongs on stderr";
    if (!has_line(errors, prefix) && reason && strstr(errors, reason))
        return "says what went wrong, but its message does not begin with its "
               "name and a colon";
    if (!has_line(errors, prefix))
        return "does not say on stderr what went wrong";
    if (!has_line(errors, format("%s.+: ", prefix)))
        return "says on stderr that something went wrong, but not both what "
               "(SUBJECT) and why (REASON)";
    if (strstr(errors, ": Success"))
        return "says \"Success\" where the REASON should stand: the call that "
               "failed did not set errno, or something has changed it since";
    return "says on stderr that something went wrong, but for another REASON "
           "than the right one";
}

void expect_runtime_error(struct program *program, const char *reason)
{
    int status = wait_exit(program);
    size_t size;
    const char *output = output_of(program, &size);
    char *prefix = format("^%s: ", quoted_for_regex(program->name));
    char *pattern =
        format("%s.+: %s", prefix,
               reason ? format("%s$", quoted_for_regex(reason)) : ".+$");
    struct verdict shown = {
        .expected = format("exit status 1, and on stderr \"%s: SUBJECT: %s\"",
                           program->name, reason ? reason : "REASON"),
        .received = describe_end(program)};

    if (status != 1)
        fail_test(&shown, "%s %s; a run-time error is exit status 1.",
                  program->name, describe_program(program));
    if (!has_line(errors_of(program, NULL), pattern) &&
        is_on_stdout(program, prefix, reason))
        shown.received = with_stdout(program);
    if (!has_line(errors_of(program, NULL), pattern))
        fail_test(&shown, "%s %s.", program->name,
                  what_is_wrong(program, prefix, reason));
    shown.received = format("stdout %s", show_bytes(output, size, 0));
    shown.expected = "the message on stderr, and nothing of it on stdout";
    if (has_line(output, prefix) || repeats_message(program))
        fail_test(&shown, "%s prints its error message on stdout.",
                  program->name);
}
