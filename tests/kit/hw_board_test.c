/* hw_board_test.c: the board's protocol, line by line, and its socket. */
#include "hw_test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- The protocol -------------------------------------------------------- */

TEST("hw.board-answers", .arena = true,
     .title = "Each line is answered as the protocol says, broken ones too")
{
    static const char *const talk[][2] = {
        {"hello led_process[1]", "ok"},
        {"hello again", "error you are led_process[1] already"},
        {"claim 17 out 1", "ok"},
        {"claim 17 out 1", "error line 17 is in use by led_process[1]"},
        {"claim 5 in", "ok"},
        {"get 17", "ok 1"},
        {"set 17 0", "ok"},
        {"get 17", "ok 0"},
        {"get 5", "ok 1"},
        {"get 53", "ok 1"},
        {"note tcp closed", "ok"},
        {"bounce on", "ok"},
        {"bounce off", "ok"},
        {"press 27", "ok"},
        {"get 27", "ok 0"},
        {"press 27", "ok"},
        {"claim 27 out 1", "error line 27 is held to ground by a button"},
        {"release 27", "ok"},
        {"press 17", "error line 17 is an output of led_process[1]: a button "
                     "to ground would short it"},
        {"set 5 1", "error line 5 is not an output of yours"},
        {"set 17 2", "error a level is 0 or 1"},
        {"set 17", "error a level is 0 or 1"},
        {"set 17 1 1", "error a level is 0 or 1"},
        {"get 54", "error there is no line 54: the chip has 0 to 53"},
        {"get 99999999999", "error get wants a line's number"},
        {"get -1", "error get wants a line's number"},
        {"get 1x", "error get wants a line's number"},
        {"get", "error get wants a line's number"},
        {"get 1 1", "error get has a line's number and no more"},
        {"press 27 ", "ok"},
        {"claim 3", "error claim OFFSET in, or claim OFFSET out LEVEL"},
        {"claim 3 out", "error claim OFFSET in, or claim OFFSET out LEVEL"},
        {"claim 3 out 2", "error claim OFFSET in, or claim OFFSET out LEVEL"},
        {"bounce", "error bounce on, or bounce off"},
        {"note", "error a note is 1 to 953 bytes"},
        {"watch me", "error watch, and no more"},
        {"", "error no such word: see hw/board/README.md"},
        {"Get 17", "error no such word: see hw/board/README.md"},
        {"get  17", "error get wants a line's number"},
        {"get\t17", "error a line is words, with one space between"},
        {"get 17", "ok 0"}};

    begin_board(NULL);
    struct talker *talker = talk_to(board_path);
    for (size_t i = 0; i < COUNT(talk); i++)
        expect_answer(talker, talk[i][0], talk[i][1]);
    struct talker *other = talk_to(board_path);
    expect_answer(other, "hello two words",
                  "error a name is one word of at most 64 bytes");
    expect_answer(other, format("hello %065d", 0),
                  "error a name is one word of at most 64 bytes");
    expect_answer(other, "set 17 1", "error line 17 is not an output of yours");
    expect_answer(other, "claim 17 in",
                  "error line 17 is in use by led_process[1]");
}

TEST("hw.board-lengths", .arena = true,
     .title = "A line of 1,024 bytes is taken, a longer one refused once")
{
    begin_board(NULL);
    struct talker *talker = talk_to(board_path), *eye = watcher();
    char *note = format("note %0953d", 7);

    expect_answer(talker, note, "ok");
    char *heard = hear(eye);
    ck_assert_ptr_nonnull(strstr(heard, note + 5));
    ck_assert_uint_le(strlen(heard), 1024);
    expect_answer(talker, format("%01024d", 0),
                  "error no such word: see hw/board/README.md");
    expect_answer(talker, format("%01025d", 0),
                  "error a line is at most 1024 bytes");
    expect_answer(talker, format("%0100000d", 0),
                  "error a line is at most 1024 bytes");
    expect_answer(talker, "get 1", "ok 1");
    put(talker->fd, TEXT("get 1\0\nget 2\n")); /* bytes that are no words */
    expect_heard(talker, "error a line is words, with one space between");
    expect_heard(talker, "ok 1");
}

TEST("hw.board-watch", .arena = true,
     .title = "A watcher hears what is, and then all that happens")
{
    begin_board(NULL);
    struct talker *led = named("led[1]"), *button = named("button[2]");
    struct talker *hand = named("hand");

    expect_answer(led, "claim 17 out 1", "ok");
    expect_answer(button, "claim 27 in", "ok");
    expect_answer(hand, "press 4", "ok");
    struct talker *eye = talk_to(board_path);
    expect_answer(eye, "watch", "ok");
    expect_heard(eye, "line 4 free 0");
    expect_heard(eye, "line 17 out 1 led[1]");
    expect_heard(eye, "line 27 in 1 button[2]");
    expect_heard(eye, "bounce off");
    expect_answer(eye, "watch", "error you watch already");

    expect_answer(led, "set 17 0", "ok");
    expect_heard(eye, "line 17 out 0 led[1]");
    expect_answer(led, "set 17 0", "ok");
    expect_heard(eye, "line 17 out 0 led[1]");
    expect_answer(hand, "press 27", "ok");
    int64_t pressed = expect_edge(eye, 27, 0);
    ck_assert_int_eq(expect_edge(button, 27, 0), pressed);
    expect_answer(hand, "press 27", "ok"); /* it is down: nothing happens */
    expect_answer(hand, "release 27", "ok");
    ck_assert_int_gt(expect_edge(eye, 27, 1), pressed);
    expect_edge(button, 27, 1);
    expect_answer(hand, "bounce off", "ok");
    expect_answer(hand, "bounce on", "ok");
    expect_heard(eye, "bounce on");
    expect_answer(hand, "note tcp sent 7 \"LED ON\\0\"", "ok");
    expect_heard(eye, "note hand tcp sent 7 \"LED ON\\0\"");
    expect_answer(hand, "release 4", "ok");
    expect_edge(eye, 4, 1);
}

TEST("hw.board-owners", .arena = true,
     .title = "A line is free again when its owner's connection ends")
{
    begin_board(NULL);
    struct talker *eye = watcher(), *next = named("next"), *led, *button;

    led = named("led");
    expect_answer(led, "claim 17 out 1", "ok");
    expect_heard(eye, "line 17 out 1 led");
    expect_answer(next, "claim 17 in", "error line 17 is in use by led");
    leave_board(led);
    expect_heard(eye, "line 17 free 0");
    expect_answer(next, "claim 17 out 1", "ok");
    expect_heard(eye, "line 17 out 1 next");

    /* An end by halves: it still gets its answers. */
    button = named("button");
    expect_answer(button, "press 27", "ok");
    expect_edge(eye, 27, 0);
    put(button->fd, TEXT("claim 27 in\nget 27\nrelease 27"));
    ck_assert_int_eq(shutdown(button->fd, SHUT_WR), 0);
    expect_heard(button, "ok");
    expect_heard(button, "ok 0");
    ck_assert_ptr_null(hear(button));
    expect_heard(eye, "line 27 in 0 button");
    expect_heard(eye, "line 27 free 0"); /* half a line is none */
    expect_answer(next, "claim 27 in", "ok");
    expect_heard(eye, "line 27 in 0 next");
}

/* ---- Bouncing ------------------------------------------------------------ */

/* Presses and releases once, with bouncing, and checks the edges. Returns a
 * text that tells how they were apart. */
static char *bounce_once(struct talker *hand, struct talker *eye)
{
    static const char *const words[] = {"press 27", "release 27"};
    char *apart = "";

    for (int level = 0; level < 2; level++) {
        tell_board(hand, "%s", words[level]);
        tell_board(hand, "note done");
        int64_t first = expect_edge(eye, 27, level), last = first, now = first;
        int count = 1;
        char *line;
        while (strncmp(line = hear(eye), "edge ", 5) == 0) {
            ck_assert_int_eq(sscanf(line, "edge 27 %*d %ld", &now), 1);
            ck_assert_int_eq(line[8] - '0', (level + count) % 2);
            ck_assert_int_gt(now, last);
            apart = format("%s %ld", apart, now - last);
            last = now;
            count++;
        }
        ck_assert_msg(count == 3 || count == 5 || count == 7, "%d edges",
                      count);
        ck_assert_int_lt(last - first, 5000000);
        expect_heard(hand, "ok");
        expect_heard(hand, "ok");
    }
    return apart;
}

static char *bounces(const char *seed)
{
    pid_t board = begin_board((const char *[]){"-b", "-s", seed, NULL});
    struct talker *hand = talk_to(board_path), *eye = watcher();
    char *apart = "";

    for (int i = 0; i < 20; i++)
        apart = format("%s%s", apart, bounce_once(hand, eye));
    end_process(board, SIGTERM);
    return apart;
}

TEST("hw.board-bounce", .arena = true,
     .title = "Contacts bounce within 5 ms, end where they were going to, and "
              "the same way from the same seed")
{
    char *one = bounces("1");

    ck_assert_str_eq(bounces("1"), one);
    ck_assert_str_ne(bounces("2"), one);
}

/* ---- The socket ---------------------------------------------------------- */

static void expect_no_board(const char *where, const char *why)
{
    char *argv[] = {board_program(), (char *)where, NULL};
    int out;

    pid_t pid = start_process(argv, &out);
    ck_assert_str_eq(read_all(out), format("board: %s: %s\n", where, why));
    ck_assert_int_eq(await_end(pid), 1);
}

TEST("hw.board-socket", .arena = true,
     .title = "The socket is its user's alone, a dead board's is taken over, "
              "a living one's is not")
{
    struct stat what;

    umask(0);
    pid_t board = begin_board(NULL);
    ck_assert_int_eq(lstat(board_path, &what), 0);
    ck_assert_int_eq(what.st_mode & 07777, 0600);
    expect_no_board(board_path, "Address already in use");
    kill(board, SIGSTOP); /* it lives, if it says nothing */
    expect_no_board(board_path, "Address already in use");
    ck_assert_int_eq(end_process(board, SIGKILL), 128 + SIGKILL);
    ck_assert_int_eq(access(board_path, F_OK), 0);

    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < COUNT(signals); i++) {
        board = begin_board(NULL);
        struct talker *talker = talk_to(board_path);
        expect_answer(talker, "get 1", "ok 1");
        ck_assert_int_eq(end_process(board, signals[i]), 0);
        ck_assert_int_eq(access(board_path, F_OK), -1);
        ck_assert_ptr_null(hear(talker));
    }
    close(open(board_path, O_CREAT | O_WRONLY, 0600));
    expect_no_board(board_path, "Address already in use");
    ck_assert_int_eq(access(board_path, F_OK), 0);
    expect_no_board("/nonexistent/board", "No such file or directory");
    expect_no_board(format("/%0150d", 0), "File name too long");
}

TEST("hw.board-usage", .title = "A wrong command line is a usage error")
{
    static const char *const words[][3] = {
        {NULL}, {"a", "b"}, {"-x", "a"}, {"-s", "a"}, {"-s", "x", "a"}};

    for (size_t i = 0; i < COUNT(words); i++) {
        char *argv[6] = {board_program()};
        int out;
        for (size_t j = 0; j < 3; j++)
            argv[j + 1] = (char *)words[i][j];
        pid_t pid = start_process(argv, &out);
        ck_assert_ptr_nonnull(
            strstr(read_all(out), "usage: board [-b] [-s SEED] PATH\n"));
        ck_assert_int_eq(await_end(pid), 2);
    }
}
