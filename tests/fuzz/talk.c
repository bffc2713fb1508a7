/* talk.c: what all random conversations have in common. */
#include "talk.h"
#include "times.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

char *port_text(uint16_t port)
{
    return format("%u", port);
}

/* Every second run of a program with threads is for ThreadSanitizer, where
 * there is such a build. */
struct program *start_talking(struct launch *launch)
{
    launch->watched =
        access(format("%s/%s.tsan", config.programs, launch->name), X_OK) == 0;
    if (launch->watched && random_below(2) &&
        access(format("%s/%s.asan", config.programs, launch->name), X_OK) == 0)
        launch->watched = false;
    launch->sanitized = !launch->watched;
    return start_program(launch);
}

/* ---- What is said ---- */

/* Most pieces are short; some fill a buffer to the byte, or a little more. */
static size_t random_size(void)
{
    static const unsigned edges[] = {64, 255, 1024, 4096, 65536};
    switch (random_below(8)) {
    case 0:
        return 1;
    case 1:
        return edges[random_below(5)] - 2 + random_below(5);
    case 2:
        return 1 + random_below(5000);
    default:
        return 1 + random_below(40);
    }
}

struct bytes random_piece(const struct talk *talk)
{
    size_t count = 0, size = random_size();
    bool is_run = talk->edge && random_below(10) == 0;
    if (is_run)
        size = talk->edge - 2 + random_below(5);
    while (talk->words && talk->words[count])
        count++;
    if (count && !is_run && random_below(3)) {
        const char *word = talk->words[random_below(count)];
        size = strlen(word);
        /* Some with the NUL that ends it here, some without their last byte. */
        unsigned chance = random_below(12);
        size += chance == 0 ? 1 : chance == 1 && size > 1 ? -1 : 0;
        return (struct bytes){word, size};
    }
    if (is_run ||
        random_below(3) == 0) /* a run, such as a line that is too long */
        return (struct bytes){
            memset(need(malloc(size)), 'a' + random_below(26), size), size};
    return (struct bytes){(const char *)random_bytes(size), size};
}

void say_now(struct conn *conn, struct bytes piece)
{
    ssize_t n = conn->fd < 0 ? -1
                             : send(conn->fd, piece.data, piece.size,
                                    MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n <= 0)
        return;
    log_event(conn->name, "sent", piece.data, n);
    buffer_add(&conn->sent, piece.data, n);
}

/* ---- What is heard ---- */

struct hearing {
    struct conn **conns;
    int count, ready;
};

static bool all_heard(void *arg)
{
    struct hearing *hearing = arg;
    bool done = true;
    for (int i = 0; i < hearing->count; i++) {
        struct conn *conn = hearing->conns[i];
        conn_receive(conn, SIZE_MAX);
        if (conn->ended || conn->error)
            epoll_ctl(hearing->ready, EPOLL_CTL_DEL, conn->fd, NULL);
        else
            done = false;
    }
    return done;
}

void hear_out(struct conn **conns, int count)
{
    struct hearing hearing = {conns, count, epoll_create1(EPOLL_CLOEXEC)};
    for (int i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN};
        epoll_ctl(hearing.ready, EPOLL_CTL_ADD, conns[i]->fd, &event);
    }
    enum waited how = wait_for(all_heard, &hearing, hearing.ready, POLLIN, 25);
    close(hearing.ready);
    if (how == WAITED_DONE)
        return;
    for (int i = 0; i < count; i++)
        if (!conns[i]->ended && !conns[i]->error)
            fail_waiting(how, &(struct verdict){.expected = "the end of all"},
                         format("%s has ended its side, and hears no end from "
                                "%s",
                                conns[i]->name, conns[i]->program->name));
}

const char *differs(struct bytes due, struct bytes got)
{
    size_t same = common_prefix(due.data, due.size, got.data, got.size);
    if (same == due.size && same == got.size)
        return NULL;
    return format("%s bytes were due, and %s came; they part at byte %s: %s "
                  "and %s",
                  show_count(due.size), show_count(got.size), show_count(same),
                  show_bytes(due.data, due.size, same),
                  show_bytes(got.data, got.size, same));
}

bool in_any_case(struct bytes said)
{
    (void)said;
    return true;
}

char *in_upper_case(struct bytes text)
{
    char *upper = need(malloc(text.size + 1));
    for (size_t i = 0; i < text.size; i++)
        upper[i] = text.data[i] >= 'a' && text.data[i] <= 'z'
                       ? text.data[i] - 'a' + 'A'
                       : text.data[i];
    upper[text.size] = '\0';
    return upper;
}

bool is_time(const char *line, size_t size)
{
    time_t moment;
    return size == TIME_LINE_SIZE && line[TIME_SIZE] == '\n' &&
           read_time(format("%.*s", TIME_SIZE, line), &moment);
}

const char *no_time(struct bytes said, struct bytes answer)
{
    (void)said;
    return is_time(answer.data, answer.size)
               ? NULL
               : format("a time and a newline were due, and not %s",
                        show_bytes(answer.data, answer.size, 0));
}

/* ---- How a program ends ---- */

static bool begins_with(const char *text, const char *words)
{
    return strncmp(text, words, strlen(words)) == 0;
}

/* Is there a line of its own on stderr that says who complains? */
static bool has_reason(struct program *program)
{
    const char *text = errors_of(program, NULL);
    char *words = format("%s: ", program->name);
    while (text && !begins_with(text, words))
        text = (text = strchr(text, '\n')) ? text + 1 : NULL;
    return text != NULL;
}

void expect_orderly_end(struct program *program)
{
    const char *report = sanitizer_report();
    if (report)
        fail_test(sanitizer_verdict(report), "%s", report);
    int status = wait_exit(program);
    bool silent = !*errors_of(program, NULL);
    if (status > 2)
        fail_test(NULL, "%s %s.", program->name, describe_program(program));
    if (status == 2 && !strstr(errors_of(program, NULL), "usage: "))
        fail_test(NULL, "%s ends with status 2, and says nothing of its usage.",
                  program->name);
    if (status == 1 && (silent || !has_reason(program)))
        fail_test(&(struct verdict){.received = describe_end(program)},
                  "%s ends with status 1, and does not say why.",
                  program->name);
}
