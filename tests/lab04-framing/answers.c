/* answers.c: what became of a line, told by its answer. */
#include "framing.h"

#include <string.h>

static bool begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* Which of the lines has this answer? -1: none. */
static int line_answered(const char *echoed, const char *const *lines,
                         int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(echoed, lines[i]) == 0)
            return i;
    return -1;
}

/* In words: what is wrong with `answer`, where that to line `i` was due. */
static const char *what_is_wrong(const char *answer, const char *const *lines,
                                 int count, int i)
{
    if (*answer == '\0')
        return "An empty line came where the answer was due: a newline too "
               "many, or no \"" ECHO "\"";
    if (strcmp(format("%s\n", answer), REFUSAL) == 0)
        return "The line was refused, and it is not too long";
    if (!begins_with(answer, ECHO))
        return "The answer does not begin with \"" ECHO "\"";
    const char *echoed = answer + ECHO_SIZE, *line = lines[i];
    int other = line_answered(echoed, lines, count);
    if (other > i)
        return format("The answer is missing; that to line %d comes instead",
                      other + 1);
    if (other >= 0)
        return format("The answer is that to line %d again", other + 1);
    if (*echoed == '\0')
        return "An empty line was answered instead";
    if (begins_with(line, echoed))
        return "The first part of the line was answered as if it were all of "
               "it";
    if (ends_with(line, echoed))
        return "The first part of the line is missing: what an earlier recv "
               "brought of it is lost";
    if (ends_with(echoed, line))
        return "Before the line stands what does not belong to it";
    if (begins_with(echoed, line))
        return "Behind the line stands what does not belong to it";
    size_t length = strlen(line), half = length / 2;
    if (strlen(echoed) == length &&
        strcmp(echoed + length - half, line + length - half) == 0)
        return "The end of the line is right and its start is not: what an "
               "earlier recv brought of it was not kept";
    return "The answer is not the line that was sent";
}

void expect_answers(struct conn *client, const char *const *lines, int count)
{
    for (int i = 0; i < count; i++) {
        char *due = format(ECHO "%s", lines[i]);
        if (count > 1)
            given("Line %d of %d, %s", i + 1, count,
                  show_bytes(lines[i], strlen(lines[i]), 0));
        const char *answer = read_line(client);
        if (strcmp(answer, due) == 0)
            continue;
        struct verdict shown = {
            .sent = show_bytes(lines[i], strlen(lines[i]), 0),
            .expected = show_bytes(due, strlen(due), 0),
            .received = show_bytes(answer, strlen(answer), 0)};
        fail_test(&shown, "%s.", what_is_wrong(answer, lines, count, i));
    }
    given(NULL);
}
