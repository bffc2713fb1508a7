/* expect.c: what must come over a connection. */
#include "inside.h"

#include <poll.h>

struct expecting {
    struct conn *conn;
    const char *data; /* null: any bytes */
    size_t size;
    size_t right; /* bytes that have been found to be so */
    bool to_end, line;
};

static size_t waiting_bytes(const struct conn *conn)
{
    return conn->in.size - conn->taken;
}

static const char *waiting_data(const struct conn *conn)
{
    return conn->in.data ? conn->in.data + conn->taken : "";
}

/* Known as soon as the bytes are there, or can no more be the right ones. */
static bool expected_known(void *arg)
{
    struct expecting *e = arg;
    size_t size = waiting_bytes(e->conn);
    bool counted = !e->to_end && !e->line;
    conn_receive(e->conn, !counted         ? SIZE_MAX
                          : e->size > size ? e->size - size
                                           : 0);
    if (e->conn->ended || e->conn->error)
        return true;
    size = waiting_bytes(e->conn);
    if (e->to_end)
        return false;
    if (e->line)
        return memchr(waiting_data(e->conn), '\n', size) != NULL;
    if (size >= e->size)
        return true;
    if (e->data)
        e->right +=
            common_prefix(waiting_data(e->conn) + e->right, size - e->right,
                          e->data + e->right, e->size - e->right);
    return e->data && e->right < size;
}

static struct verdict show_conn(struct conn *conn, const char *expected,
                                size_t focus)
{
    return (struct verdict){
        .sent = conn->sent.size
                    ? show_bytes(conn->sent.data, conn->sent.size, 0)
                    : NULL,
        .expected = expected,
        .received = show_bytes(waiting_data(conn), waiting_bytes(conn), focus)};
}

/* Waits, and fails on a reset at the end or when nothing can come any more. */
static void await(struct expecting *e, const char *expected)
{
    struct conn *conn = e->conn;
    enum waited how =
        wait_for(expected_known, e, conn->ended ? -1 : conn->fd, POLLIN, 25);
    size_t got = waiting_bytes(conn);
    size_t all = e->to_end ? conn->in.size : got;
    struct verdict shown = show_conn(conn, expected, got);
    const char *so_far = e->size ? format("only %s of %s bytes",
                                          show_count(got), show_count(e->size))
                                 : count_bytes(all, "");
    if (how != WAITED_DONE)
        fail_waiting(how, &shown,
                     e->to_end ? format("%s came from %s, and then neither "
                                        "more nor the end of the stream",
                                        so_far, conn->program->name)
                               : format("%s came from %s, and then nothing "
                                        "more",
                                        so_far, conn->program->name));
    bool short_of_it = e->to_end || got < e->size ||
                       (e->line && !memchr(waiting_data(conn), '\n', got));
    if (short_of_it && (conn->error || conn->ended))
        let_work(conn->program); /* how it ended is known then */
    bool differs = e->data && common_prefix(waiting_data(conn), got, e->data,
                                            e->size) < got;
    /* Whether an end that comes too early is seen as an end or as a reset is
     * the network's choice: a reset is named where an end would have been
     * right. */
    if (short_of_it && !differs && !(e->to_end && conn->ended) &&
        is_gone(conn->program) && conn->program->wait_status != 0)
        fail_test(&shown, "%s %s, after %s.", conn->program->name,
                  describe_program(conn->program), so_far);
    if (conn->error && e->to_end)
        fail_test(&shown,
                  "%s reset the connection after %s: an end with an error (%s) "
                  "where the stream should end in order.",
                  conn->program->name, so_far, strerror(conn->error));
}

void expect_bytes(struct conn *conn, const void *data, size_t size)
{
    struct expecting e = {.conn = conn, .data = data, .size = size};
    await(&e, show_bytes(data, size, 0));

    size_t got = waiting_bytes(conn);
    size_t same = common_prefix(waiting_data(conn), got, data, size);
    if (same == size) {
        conn->taken += size;
        return;
    }
    if (same < got) { /* show all of it, however it was cut */
        let_work(conn->program);
        conn_receive(conn, size - got);
    }
    /* How much a reset lets through is the network's choice too. */
    size_t focus = conn->error && same == got ? 0 : same;
    struct verdict shown =
        show_conn(conn, show_bytes(data, size, focus), focus);
    if (same == got)
        fail_test(
            &shown,
            "%s ended the connection after %s of the %s bytes that were due.",
            conn->program->name, show_count(got), show_count(size));
    fail_test(&shown,
              "What %s sent differs from what was due at byte %s of %s.",
              conn->program->name, show_count(same + 1), show_count(size));
}

void expect_text(struct conn *conn, const char *text)
{
    expect_bytes(conn, text, strlen(text));
}

void expect_end(struct conn *conn)
{
    struct expecting e = {.conn = conn, .to_end = true};
    await(&e, "the end of the stream");
    size_t more = waiting_bytes(conn);
    struct verdict shown = show_conn(conn, "the end of the stream", 0);
    if (more)
        fail_test(&shown, "%s sent %s, where the end of the stream was due.",
                  conn->program->name, count_bytes(more, " more"));
}

bool was_reset(struct conn *conn)
{
    socklen_t size = sizeof conn->error;
    if (!conn->error) /* asked for once, it is forgotten */
        getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &conn->error, &size);
    return conn->error != 0;
}

void expect_no_reset(struct conn *conn, const char *when)
{
    if (!was_reset(conn))
        return;
    struct verdict shown =
        show_conn(conn, "the end of the stream, and no reset", 0);
    shown.received = format("a reset (%s)", strerror(conn->error));
    fail_test(
        &shown,
        "%s reset the connection %s: it closed while there was input that "
        "it had not read, or that was still to come.",
        conn->program->name, when);
}

static bool has_come(void *arg)
{
    struct conn *conn = arg;
    conn_receive(conn, 1);
    return waiting_bytes(conn) || conn->ended || conn->error;
}

bool hears_within(struct conn *conn, int ms, void (*meanwhile)(void *),
                  void *arg)
{
    return wait_within(ms, has_come, conn, meanwhile, arg);
}

static bool is_over(void *arg)
{
    struct conn *conn = arg;
    conn_receive(conn, SIZE_MAX);
    return conn->ended || conn->error;
}

void expect_end_first(struct conn *conn)
{
    enum { PAUSE = 1500 }; /* it may linger for 1 s; a busy machine */
    let_work(conn->program);
    if (wait_within(PAUSE, is_over, conn, NULL, NULL))
        return;
    struct verdict shown =
        show_conn(conn, "the end of the stream, before the client's", 0);
    shown.received = describe_program(conn->program);
    fail_test(&shown,
              "%s has sent all that was due, but does not end its stream "
              "while the client keeps its own end open.",
              conn->program->name);
}

size_t unread_bytes(struct conn *conn)
{
    conn_receive(conn, SIZE_MAX);
    return waiting_bytes(conn);
}

const char *read_to_end(struct conn *conn, size_t *size)
{
    struct expecting e = {.conn = conn, .to_end = true};
    await(&e, "all up to the end of the stream");
    const char *data = waiting_data(conn);
    if (size)
        *size = waiting_bytes(conn);
    conn->taken = conn->in.size;
    return data;
}

const char *read_bytes(struct conn *conn, size_t size)
{
    struct expecting e = {.conn = conn, .size = size};
    await(&e, count_bytes(size, ""));
    if (waiting_bytes(conn) < size) {
        struct verdict shown = show_conn(conn, count_bytes(size, ""), 0);
        fail_test(&shown, "%s ended the connection after %s of %s bytes.",
                  conn->program->name, show_count(waiting_bytes(conn)),
                  show_count(size));
    }
    char *data = need(malloc(size + 1));
    memcpy(data, waiting_data(conn), size);
    data[size] = '\0';
    conn->taken += size;
    return data;
}

char *read_line(struct conn *conn)
{
    struct expecting e = {.conn = conn, .line = true};
    await(&e, "a line, and its newline");
    const char *data = waiting_data(conn);
    const char *end = memchr(data, '\n', waiting_bytes(conn));
    if (!end) {
        struct verdict shown = show_conn(conn, "a line, and its newline", 0);
        fail_test(&shown,
                  "%s ended the connection before a whole line was sent.",
                  conn->program->name);
    }
    conn->taken += end + 1 - data;
    return format("%.*s", (int)(end - data), data);
}
