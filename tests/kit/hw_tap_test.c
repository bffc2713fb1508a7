/* hw_tap_test.c: what the tap tells of a program, and that the program does not
 * notice. */
#include "hw_test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* From here on what this test starts is tapped. */
static void tap(const char *path)
{
    setenv("LD_PRELOAD", tap_library(), 1);
    if (path != NULL)
        setenv("GPIO_BOARD", path, 1);
    else
        unsetenv("GPIO_BOARD");
}

/* The next note of that process. Those of others are skipped: which of two
 * processes comes first is not said. */
static char *note_of(struct talker *eye, const char *name, pid_t pid)
{
    char *who = format("note %s[%d] ", name, (int)pid), *line;

    do {
        line = hear(eye);
        ck_assert_msg(line != NULL, "the board has gone");
    } while (strncmp(line, who, strlen(who)) != 0);
    return line + strlen(who);
}

static char *lab02(const char *program)
{
    return format("%s/solutions/lab02-uppercase-echo/%s", build_folder(),
                  program);
}

static pid_t start_client(uint16_t port, const char *text, int *out)
{
    char *argv[] = {lab02("client"), "127.0.0.1", format("%u", port),
                    (char *)text, NULL};

    return start_process(argv, out);
}

TEST("hw.tap-notes", .arena = true,
     .title = "Connections and their bytes are told, on both sides")
{
    uint16_t port = random_port();
    char *argv[] = {lab02("server"), format("%u", port), NULL}, line[100];
    const char *name = format("127.0.0.1:%u", port), *text = "a\"\n\t\\\x80 b";
    const char *shown = "a\\\"\\n\\t\\\\\\x80 b",
               *upper = "A\\\"\\n\\t\\\\\\x80 B";
    int out, ignored;

    begin_board(NULL);
    struct talker *eye = watcher();
    tap(board_path);
    pid_t client = start_client(port, text, &ignored);
    ck_assert_str_eq(note_of(eye, "client", client),
                     format("tcp refused %s", name));
    ck_assert_int_eq(await_end(client), 1);

    pid_t server = start_process(argv, &out);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, fdopen(out, "r")));
    client = start_client(port, text, &ignored);
    ck_assert_int_eq(await_end(client), 0);
    struct talker *again = watcher(); /* hears of what comes later alone */
    ck_assert_str_eq(note_of(eye, "client", client),
                     format("tcp connect %s", name));
    ck_assert_str_eq(note_of(eye, "client", client),
                     format("tcp sent 8 \"%s\"", shown));
    ck_assert_str_eq(note_of(eye, "client", client),
                     format("tcp received 8 \"%s\"", upper));
    ck_assert_str_eq(note_of(eye, "client", client), "tcp closed");

    client = start_client(port, format("%0300d", 0), &ignored);
    ck_assert_str_eq(note_of(again, "client", client),
                     format("tcp connect %s", name));
    ck_assert_str_eq(note_of(again, "client", client),
                     format("tcp sent 300 \"%0200d…\"", 0));
    end_process(server, SIGTERM);
}

TEST("hw.tap-server", .arena = true,
     .title = "A server's side: whom it accepts, what it gets and gives")
{
    uint16_t port = random_port();
    char *argv[] = {lab02("server"), format("%u", port), NULL}, line[100];
    int out;

    begin_board(NULL);
    struct talker *eye = watcher();
    tap(board_path);
    pid_t server = start_process(argv, &out);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, fdopen(out, "r")));
    int client = connect_or_fail("127.0.0.1", port);
    ck_assert_str_eq(note_of(eye, "server", server),
                     format("tcp accept 127.0.0.1:%u", port_of(client)));
    put(client, TEXT("word\0"));
    ck_assert_str_eq(note_of(eye, "server", server),
                     "tcp received 5 \"word\\0\"");
    ck_assert_str_eq(note_of(eye, "server", server), "tcp sent 5 \"WORD\\0\"");
    close(client);
    ck_assert_str_eq(note_of(eye, "server", server), "tcp closed");
    end_process(server, SIGTERM);
}

static void expect_undisturbed(const char *how)
{
    char *argv[] = {format("%s/tests/kit/programs/tap_subject", build_folder()),
                    NULL};
    int out;

    pid_t pid = start_process(argv, &out);
    char *said = read_all(out);
    int status = await_end(pid);
    ck_assert_msg(status == 0 && *said == '\0', "%s: exit status %d: %s", how,
                  status, said);
}

TEST("hw.tap-unnoticed", .arena = true,
     .title = "A tapped program does not notice: with a board, without one, "
              "with one that hangs")
{
    pid_t board = begin_board(NULL);

    tap(NULL);
    expect_undisturbed("no board is named");
    tap(shared_path("nobody"));
    expect_undisturbed("nobody is there");
    tap(board_path);
    expect_undisturbed("a board");
    struct talker *talker = talk_to(board_path);
    expect_answer(talker, "get 1", "ok 1");
    ck_assert_int_eq(kill(board, SIGSTOP), 0);
    expect_undisturbed("a board that hangs");
}
