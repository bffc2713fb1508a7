/* hw_clients_test.c: the board with clients that are many, slow, deaf, rude, or
 * that do nothing at all. */
#include "hw_test.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

TEST("hw.board-order", .arena = true,
     .title = "1,000 edges come to owner and watcher, all and in order")
{
    begin_board(NULL);
    struct talker *button = named("button"), *eye = NULL,
                  *hand = talk_to(board_path);

    expect_answer(button, "claim 27 in", "ok");
    eye = watcher();
    if (start_child() == 0) {
        for (int i = 0; i < 500; i++)
            tell_board(hand, "press 27\nrelease 27");
        _exit(0);
    }
    int64_t last = 0;
    for (int i = 0; i < 1000; i++) {
        int64_t now = expect_edge(button, 27, i % 2);
        ck_assert_int_gt(now, last);
        ck_assert_int_eq(expect_edge(eye, 27, i % 2), now);
        last = now;
    }
    for (int i = 0; i < 1000; i++)
        expect_heard(hand, "ok");
}

TEST("hw.board-slow", .arena = true,
     .title = "A watcher that does not read is dropped; it keeps nobody "
              "waiting")
{
    int out;
    board_path = shared_path("board");
    char *argv[] = {board_program(), board_path, NULL}, line[200];
    pid_t board = start_process(argv, &out);
    FILE *said = fdopen(out, "r");
    ck_assert_ptr_nonnull(fgets(line, sizeof line, said));

    struct talker *slow = talk_to(board_path), *hand = named("hand"),
                  *eye = watcher();
    tell_board(slow, "hello slow\nwatch");
    for (int i = 0; i < 2000; i++) { /* 1.8 MiB of events */
        char *note = format("note %0900d", i);
        expect_answer(hand, note, "ok");
        expect_heard(eye, format("note hand %s", note + 5));
    }
    ck_assert_ptr_nonnull(fgets(line, sizeof line, said));
    ck_assert_str_eq(line, "board: slow does not read what happens: dropped\n");
    while (hear(slow) != NULL)
        continue;
    expect_answer(hand, "get 1", "ok 1");
    ck_assert_int_eq(end_process(board, SIGTERM), 0);
}

TEST("hw.board-deaf", .arena = true,
     .title = "Who asks and does not read has to wait, and gets all answers")
{
    enum { QUESTIONS = 400000 };
    static char question[QUESTIONS * 6 + 1];

    begin_board(NULL);
    struct talker *deaf = talk_to(board_path), *other = talk_to(board_path);
    for (int i = 0; i < QUESTIONS; i++)
        memcpy(question + 6 * i, "get 1\n", 6);
    /* Each answer to the other is a turn of the board, in which it could have
     * read some: in 1,000 of them more than there is. */
    size_t sent = 0;
    for (int turns = 0; turns < 1000 && sent < sizeof question - 1; turns++) {
        ssize_t got =
            send(deaf->fd, question + sent, sizeof question - 1 - sent,
                 MSG_DONTWAIT | MSG_NOSIGNAL);
        ck_assert_msg(got > 0 || errno == EAGAIN, "%s", strerror(errno));
        if (got > 0) {
            sent += (size_t)got;
            turns = 0;
        }
        expect_answer(other, "get 1", "ok 1");
    }
    ck_assert_uint_lt(sent, sizeof question - 1);
    for (size_t i = 0; i < sent / 6; i++)
        expect_heard(deaf, "ok 1");
}

TEST("hw.board-rude", .arena = true,
     .title = "Junk, half lines and sudden ends harm nobody else")
{
    static char junk[1 << 20];
    char byte = '\n';

    begin_board(NULL);
    struct talker *good = named("good"), *eye = watcher(), *rude;
    expect_answer(good, "claim 27 in", "ok");
    hear(eye);
    memset(junk, '\n', sizeof junk / 2);
    junk[0] = 'x'; /* or it would end the half line before */
    for (int i = 0; i < 300; i++) {
        rude = talk_to(board_path);
        if (i % 3 == 0)
            put(rude->fd, "press 2", 7);
        if (i % 3 == 1)
            tell_board(rude, "claim 17 out 1\nwatch\nnote x");
        if (i < 10)
            send(rude->fd, junk, sizeof junk, MSG_DONTWAIT | MSG_NOSIGNAL);
        leave_board(rude);
    }
    rude = talk_to(board_path); /* byte by byte */
    for (const char *next = "get 27"; *next != '\0'; next++)
        put(rude->fd, next, 1);
    put(rude->fd, &byte, 1);
    expect_heard(rude, "ok 1");
    expect_answer(good, "get 2", "ok 1");
    tell_board(rude, "press 27");
    expect_edge(good, 27, 0);
}

/* The times that the process gave up the processor: it waits, so each stands
 * for a time that it woke. */
static char *wakes(pid_t pid)
{
    char *text = file_text(format("/proc/%d/status", (int)pid));

    ck_assert_ptr_nonnull(text);
    char *line = strstr(text, "\nvoluntary_ctxt_switches:");
    ck_assert_ptr_nonnull(line);
    *strchr(line + 1, '\n') = '\0';
    return line + 1;
}

TEST("hw.board-idle", .arena = true,
     .title = "A board to which nobody speaks does not wake")
{
    pid_t board = begin_board(NULL);
    struct talker *eye = watcher(), *button = named("button");

    expect_answer(button, "claim 27 in", "ok");
    hear(eye);
    put(button->fd, "press", 5); /* half a line does not make it spin */
    expect_answer(eye, "get 27", "ok 1");
    while (strstr(file_text(format("/proc/%d/stat", (int)board)), ") S ") ==
           NULL)
        sched_yield();
    char *before = wakes(board);
    /* Meanwhile another one has much to do. */
    board_path = shared_path("other");
    start_board(board_path, NULL);
    struct talker *hand = talk_to(board_path);
    for (int i = 0; i < 2000; i++)
        expect_answer(hand, "get 1", "ok 1");
    ck_assert_str_eq(wakes(board), before);
}
