/* look.c: what a person should look at, whatever the verdict: signs that a
 * program tried something else than the lab.
 *
 * None of it costs points. A sentence is told once a test; the runner merges
 * those of all tests into the document's "look". */
#include "inside.h"

#include <signal.h>
#include <stdio.h>
#include <sys/statfs.h>

enum { MOST_SENTENCES = 20 };
static char *sentences[MOST_SENTENCES];
static int count;

void look_at(const char *sentence, ...)
{
    va_list args;
    va_start(args, sentence);
    char *text = vformat(sentence, args);
    va_end(args);
    for (int i = 0; i < count; i++)
        if (strcmp(sentences[i], text) == 0)
            return;
    if (count < MOST_SENTENCES)
        sentences[count++] = text;
}

json_t *looks_json(void)
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_string(sentences[i]));
    return list;
}

/* ---- What it printed ---- */

/* Tests send bytes of any value, and programs print them. Only in what is text
 * for the most part does an escape sequence mean anything. */
static bool is_text(const struct buffer *bytes)
{
    size_t odd = 0;
    for (size_t i = 0; i < bytes->size; i++) {
        unsigned char c = bytes->data[i];
        odd += (c < ' ' && c != '\n' && c != '\t' && c != 0x1b) || c >= 0x7f;
    }
    return odd * 4 <= bytes->size;
}

/* ESC with what makes it a sequence, a control character of C1 in UTF-8, or one
 * that turns the direction of what follows (Unicode, "Bidirectional
 * Algorithm"). */
static bool has_escape(const struct buffer *bytes)
{
    static const char *const marks[] = {
        "\033[",        "\033]",        "\033P",        "\033c",
        "\033_",        "\302\233",     "\302\235",     "\342\200\252",
        "\342\200\253", "\342\200\255", "\342\200\256", "\342\201\246",
        "\342\201\247", "\342\201\250"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (memmem(bytes->data, bytes->size, marks[i], strlen(marks[i])))
            return true;
    return false;
}

/* Words of the kit's own reports, of Check's, and of what grades are carried
 * with elsewhere. */
static const char *has_verdict(const struct buffer *bytes)
{
    static const char *const words[] = {
        "of 100 points", "tests passed", "Grade :=>>",
        "Comment :=>>",  "\"score\"",    "\"max_score\"",
        "100%: Checks:", "<script",      "=HYPERLINK("};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (memmem(bytes->data, bytes->size, words[i], strlen(words[i])))
            return words[i];
    return NULL;
}

static void look_at_piece(const struct program *program,
                          const struct buffer *bytes, const char *stream)
{
    if (!bytes->size || !is_text(bytes))
        return;
    if (has_escape(bytes))
        look_at("%s printed escape sequences for a terminal on %s.",
                program->name, stream);
    const char *found = has_verdict(bytes);
    if (found)
        look_at("%s printed what looks like a result on %s (%s).",
                program->name, stream, show_bytes(found, strlen(found), 0));
}

/* Of megabytes the beginning and the end: a terminal shows no more. */
static void look_at_text(const struct program *program,
                         const struct buffer *bytes, const char *stream)
{
    enum { ENOUGH = 1 << 16 };
    struct buffer piece = {.data = bytes->data, .size = bytes->size};
    if (piece.size > ENOUGH)
        piece.size = ENOUGH;
    look_at_piece(program, &piece, stream);
    if (bytes->size == piece.size)
        return;
    piece.data = bytes->data + bytes->size - piece.size;
    look_at_piece(program, &piece, stream);
}

/* ---- What it left ---- */

/* /tmp is the one place that it may write to. Without a cell it is the
 * machine's, and full of what others left. */
static bool ask_tmp(const struct program *program, struct statfs *files)
{
    return isolation_now() == ISOLATION_CELL && !program->peer &&
           program->init && program->control >= 0 &&
           statfs(format("/proc/%d/root/tmp", program->init), files) == 0;
}

unsigned long count_files(const struct program *program)
{
    struct statfs files;
    return ask_tmp(program, &files) ? files.f_files - files.f_ffree : 0;
}

static void look_at_files(const struct program *program)
{
    enum { MANY_FILES = 1000, MANY_MIB = 8 };
    struct statfs files;
    if (!ask_tmp(program, &files))
        return;
    unsigned long blocks = files.f_blocks - files.f_bfree;
    unsigned long mebibytes = blocks * (files.f_bsize >> 10) >> 10;
    if (mebibytes >= MANY_MIB)
        look_at("%s filled its /tmp: %lu of %lu MiB.", program->name, mebibytes,
                files.f_blocks * (files.f_bsize >> 10) >> 10);
    if (files.f_files - files.f_ffree > MANY_FILES)
        look_at("%s made more than %s files in its /tmp.", program->name,
                show_count(MANY_FILES));
}

/* The program is process 2 of its cell, and leads a session. Another one is
 * that of a daemon (setsid(2)). */
static void look_at_processes(struct program *program)
{
    enum { MOST = 4096, OWN_SESSION = 2 };
    static pid_t pids[MOST];
    char proc[64], line[1024];
    int found = list_processes(program, proc, pids, MOST), session;
    bool daemon = false;
    for (int i = 0; i < found; i++) {
        if (read_proc(format("%s/%d/stat", proc, pids[i]), line, sizeof line) <=
            0)
            continue;
        const char *end = strrchr(line, ')');
        if (end && sscanf(end + 1, " %*c %*d %*d %d", &session) == 1)
            daemon |= session > OWN_SESSION;
    }
    if (daemon)
        look_at("%s put a process into the background, in a session of its own "
                "(a daemon).",
                program->name);
}

static void look_at_end(const struct program *program)
{
    int status = program->wait_status;
    if (!program->ended || program->stopped || !WIFSIGNALED(status))
        return;
    int number = WTERMSIG(status);
    if (number == SIGSYS)
        look_at("%s was ended because it made a system call that no lab needs "
                "and that is refused here.",
                program->name);
    if ((number == SIGKILL || number == SIGTERM || number == SIGINT) &&
        !program->signalled)
        look_at("%s was ended by signal %d (%s), which the test did not send.",
                program->name, number, strsignal(number));
    if (number == SIGXCPU)
        look_at("%s was ended at the limit of processor time, %d s.",
                program->name, LIMIT_CPU_S);
}

void look_at_program(struct program *program)
{
    if (program->peer || program->looked_at ||
        isolation_now() != ISOLATION_CELL)
        return;
    program->looked_at = true;
    look_at_text(program, &program->output, "stdout");
    look_at_text(program, &program->errors, "stderr");
    look_at_end(program);
    if (program->init && program->control >= 0) {
        look_at_files(program);
        look_at_processes(program);
    }
}

/* ---- Of all tests of a run ---- */

void add_looks(json_t *tests_of, json_t *looks, const char *id)
{
    json_t *sentence;
    size_t i;
    json_array_foreach(looks, i, sentence)
    {
        const char *text = json_string_value(sentence);
        json_t *ids = json_object_get(tests_of, text);
        if (!ids)
            json_object_set_new(tests_of, text, ids = json_array());
        json_array_append_new(ids, json_string(id));
    }
}

json_t *tell_looks(json_t *tests_of)
{
    json_t *list = json_array(), *ids;
    const char *text;
    json_object_foreach(tests_of, text, ids)
    {
        size_t more = json_array_size(ids) - 1;
        const char *first = json_string_value(json_array_get(ids, 0));
        char *whole = format("%s (%s", text, first);
        if (more)
            whole = format("%s and %zu test%s more", whole, more,
                           more == 1 ? "" : "s");
        json_array_append_new(list, json_string(format("%s)", whole)));
    }
    return list;
}
