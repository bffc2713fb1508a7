/* common_line_test.c: lines out of a stream: net_reader_init, net_read_line. */
#include "common_test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST_LINE = 65536 };

/* A reader whose peer's every send is one read: a packet socket. */
struct fixture {
    struct net_reader reader;
    char buffer[64];
    int peer;
};

static void open_reader(struct fixture *fixture, size_t buffer_size)
{
    struct connection pair = local_connection(SOCK_SEQPACKET);

    ck_assert_uint_le(buffer_size, sizeof fixture->buffer);
    fixture->peer = pair.client;
    net_reader_init(&fixture->reader, pair.server, fixture->buffer,
                    buffer_size);
}

static void expect_line(struct net_reader *reader, const char *data,
                        size_t size)
{
    char *line = NULL;
    size_t length = 0;

    ck_assert_int_eq(net_read_line(reader, &line, &length), 1);
    ck_assert_uint_eq(length, size);
    ck_assert_mem_eq(line, data, size);
}

static void expect_no_line(struct net_reader *reader, int result, int error)
{
    char *line;
    size_t length;

    errno = 0;
    ck_assert_int_eq(net_read_line(reader, &line, &length), result);
    ck_assert_int_eq(errno, error);
}

TEST("common.read-line-bytes",
     .title = "net_read_line passes every byte but the newline")
{
    struct fixture fixture;

    open_reader(&fixture, 64);
    put(fixture.peer, TEXT("Hello\n\n\0zero\0\n\r\n\x80\xff caf\xc3\xa9\n"));
    expect_line(&fixture.reader, TEXT("Hello"));
    expect_line(&fixture.reader, TEXT(""));
    expect_line(&fixture.reader, TEXT("\0zero\0"));
    expect_line(&fixture.reader, TEXT("\r"));
    expect_line(&fixture.reader, TEXT("\x80\xff caf\xc3\xa9"));
}

TEST("common.read-line-end",
     .title = "net_read_line takes a last line without newline, then the end")
{
    struct fixture fixture;

    open_reader(&fixture, 64);
    put(fixture.peer, TEXT("one\ntw"));
    put(fixture.peer, TEXT("o"));
    close(fixture.peer);
    expect_line(&fixture.reader, TEXT("one"));
    expect_line(&fixture.reader, TEXT("two"));
    expect_no_line(&fixture.reader, 0, 0);
    expect_no_line(&fixture.reader, 0, 0);
}

TEST("common.read-line-nothing",
     .title = "net_read_line makes no line of nothing")
{
    struct fixture fixture;

    open_reader(&fixture, 64);
    close(fixture.peer);
    expect_no_line(&fixture.reader, 0, 0);
}

TEST("common.read-line-dribble",
     .title = "net_read_line loses nothing when bytes come one at a time")
{
    static const char text[] = "Hello\n\nAgain!\n";
    struct fixture fixture;
    const char *line = text;

    open_reader(&fixture, 8);
    ck_assert_int_eq(fcntl(fixture.reader.fd, F_SETFL, O_NONBLOCK), 0);
    for (const char *c = text; *c != '\0'; c++) {
        expect_no_line(&fixture.reader, -1, EAGAIN);
        put(fixture.peer, c, 1);
        if (*c == '\n') {
            expect_line(&fixture.reader, line, (size_t)(c - line));
            line = c + 1;
        }
    }
    close(fixture.peer);
    expect_no_line(&fixture.reader, 0, 0);
}

TEST("common.read-line-split",
     .title = "net_read_line puts lines together across any two reads")
{
    static const char text[] = "ab\n\ncdefghi\nj\n";
    const size_t size = sizeof text - 1;

    for (size_t cut = 1; cut < size; cut++) {
        struct fixture fixture;

        open_reader(&fixture, sizeof text);
        put(fixture.peer, text, cut);
        put(fixture.peer, text + cut, size - cut);
        close(fixture.peer);
        expect_line(&fixture.reader, TEXT("ab"));
        expect_line(&fixture.reader, TEXT(""));
        expect_line(&fixture.reader, TEXT("cdefghi"));
        expect_line(&fixture.reader, TEXT("j"));
        expect_no_line(&fixture.reader, 0, 0);
        close(fixture.reader.fd);
    }
}

/* A file with `count` lines: their numbers. Returns its size. */
static off_t number_lines(FILE *file, int count)
{
    for (int i = 0; i < count; i++)
        ck_assert_int_gt(fprintf(file, "line %d\n", i), 0);
    ck_assert_int_eq(fflush(file), 0);
    off_t size = lseek(fileno(file), 0, SEEK_END);
    ck_assert_int_eq(lseek(fileno(file), 0, SEEK_SET), 0);
    return size;
}

TEST("common.read-line-burst",
     .title = "net_read_line reads 10,000 lines a buffer at a time")
{
    FILE *file = tmpfile();
    struct net_reader reader;
    char buffer[4096], expected[32];
    off_t at = 0, size = number_lines(file, 10000);
    int reads = 0;

    net_reader_init(&reader, fileno(file), buffer, sizeof buffer);
    for (int i = 0; i < 10000; i++) {
        int length = snprintf(expected, sizeof expected, "line %d", i);
        expect_line(&reader, expected, (size_t)length);
        off_t now = lseek(fileno(file), 0, SEEK_CUR);
        reads += now != at;
        at = now;
    }
    expect_no_line(&reader, 0, 0);
    /* All but the start of a line fits anew each time. */
    ck_assert_int_le(reads, (int)(size / (4096 - 16)) + 1);
    fclose(file);
}

static char long_line[LONGEST_LINE + 1];

/* A reader for lines of LONGEST_LINE bytes; long_line is full of x. */
static void open_long_reader(struct net_reader *reader, int fd)
{
    static char buffer[LONGEST_LINE + 1];

    memset(long_line, 'x', sizeof long_line);
    net_reader_init(reader, fd, buffer, sizeof buffer);
}

TEST("common.read-line-longest",
     .title = "net_read_line takes lines of 65,536 bytes, one after the other")
{
    struct connection pair = tcp_connection();
    struct net_reader reader;

    open_long_reader(&reader, pair.server);
    long_line[LONGEST_LINE] = '\n';
    pid_t child = start_child();
    if (child == 0) {
        bool sent =
            net_send_all(pair.client, long_line, LONGEST_LINE + 1) == 0 &&
            net_send_all(pair.client, TEXT("y\n")) == 0 &&
            net_send_all(pair.client, long_line, LONGEST_LINE + 1) == 0 &&
            net_send_all(pair.client, long_line, LONGEST_LINE) == 0;
        _exit(!sent);
    }
    close(pair.client);
    expect_line(&reader, long_line, LONGEST_LINE);
    expect_line(&reader, TEXT("y"));
    expect_line(&reader, long_line, LONGEST_LINE);
    expect_line(&reader, long_line, LONGEST_LINE); /* without newline */
    expect_no_line(&reader, 0, 0);
    expect_child_ok(child);
}

TEST("common.read-line-too-long",
     .title = "net_read_line refuses 65,537 bytes as soon as it has them")
{
    struct connection pair = tcp_connection();
    struct net_reader reader;

    open_long_reader(&reader, pair.server);
    pid_t child = start_child();
    if (child == 0) { /* no newline yet, and no end of stream */
        char byte;
        close(pair.server);
        bool sent = net_send_all(pair.client, TEXT("ok\n")) == 0 &&
                    net_send_all(pair.client, long_line, LONGEST_LINE + 1) == 0;
        _exit(!sent || recv(pair.client, &byte, 1, 0) != 0);
    }
    close(pair.client);
    expect_line(&reader, TEXT("ok"));
    expect_no_line(&reader, -1, EMSGSIZE);
    expect_no_line(&reader, -1, EMSGSIZE);
    close(pair.server);
    expect_child_ok(child);
}

TEST("common.read-line-too-long-whole",
     .title = "net_read_line refuses a line that is a byte too long, whole")
{
    struct fixture fixture;

    open_reader(&fixture, 8);
    put(fixture.peer, TEXT("1234567\n"));
    put(fixture.peer, TEXT("12345678"));
    put(fixture.peer, TEXT("\n"));
    expect_line(&fixture.reader, TEXT("1234567"));
    expect_no_line(&fixture.reader, -1, EMSGSIZE);
}

TEST("common.read-line-interrupted",
     .title = "net_read_line goes on after signals")
{
    struct fixture fixture;

    open_reader(&fixture, 64);
    catch_signals();
    pid_t child = start_child();
    if (child == 0) {
        bool sent = send(fixture.peer, TEXT("hal"), 0) == 3;
        interrupt_three_times();
        _exit(!sent || send(fixture.peer, TEXT("ves\n"), 0) != 4);
    }
    expect_line(&fixture.reader, TEXT("halves"));
    expect_child_ok(child);
}

TEST("common.read-line-errors", .title = "net_read_line reports what read does")
{
    struct connection pair = tcp_connection();
    struct net_reader reader;
    char buffer[64];

    net_reader_init(&reader, pair.server, buffer, sizeof buffer);
    reset_connection(pair.client);
    expect_no_line(&reader, -1, ECONNRESET);

    net_reader_init(&reader, -1, buffer, sizeof buffer);
    expect_no_line(&reader, -1, EBADF);
}
