/* hw_support_test.c: the code of hw_test.h. */
#include "hw_test.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Processes ----------------------------------------------------------- */

pid_t start_process(char *const argv[], int *out)
{
    int ends[2];
    pid_t parent = getpid();

    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        if (out != NULL) {
            dup2(ends[1], 1);
            dup2(ends[1], 2);
        }
        close_range(3, ~0u, 0); /* who is left must not keep our pipes open */
        execv(argv[0], argv);
        _exit(127);
    }
    close(ends[1]);
    if (out != NULL)
        *out = ends[0];
    else
        close(ends[0]);
    return pid;
}

int await_end(pid_t pid)
{
    int status;

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int end_process(pid_t pid, int number)
{
    ck_assert_int_eq(kill(pid, number), 0);
    return await_end(pid);
}

int kill_children(void)
{
    int pid, count = 0;

    FILE *list = fopen(format("/proc/self/task/%d/children", getpid()), "r");
    ck_assert_ptr_nonnull(list);
    for (; fscanf(list, "%d", &pid) == 1; count++)
        end_process(pid, SIGKILL);
    fclose(list);
    return count;
}

char *read_all(int fd)
{
    struct buffer all = {0};
    char piece[4096];
    ssize_t got;

    buffer_text(&all, "");
    while ((got = read(fd, piece, sizeof piece)) > 0)
        buffer_add(&all, piece, (size_t)got);
    close(fd);
    return all.data;
}

/* ---- Boards, and those who talk to them ---------------------------------- */

char *board_program(void)
{
    return format("%s/hw/board", build_folder());
}

char *tap_library(void)
{
    char *path = realpath(format("%s/hw/tap.so", build_folder()), NULL);

    ck_assert_ptr_nonnull(path);
    return path;
}

pid_t start_board(const char *path, const char *const options[])
{
    char *argv[8] = {board_program()}, line[256] = "";
    int count = 1, out;

    while (options != NULL && *options != NULL && count < 6)
        argv[count++] = (char *)*options++;
    argv[count] = (char *)path;
    pid_t pid = start_process(argv, &out);
    FILE *stream = fdopen(out, "r"); /* stays open: the board may say more */
    ck_assert_ptr_nonnull(fgets(line, sizeof line, stream));
    ck_assert_str_eq(line, format("listening on %s\n", path));
    return pid;
}

struct talker *talk_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = 15};
    struct talker *talker = need(malloc(sizeof *talker));

    strcpy(address.sun_path, path);
    talker->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(setsockopt(talker->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
                                sizeof patience),
                     0);
    ck_assert_msg(
        connect(talker->fd, (struct sockaddr *)&address, sizeof address) == 0,
        "%s: %s", path, strerror(errno));
    net_reader_init(&talker->reader, talker->fd, talker->buffer,
                    sizeof talker->buffer);
    return talker;
}

void leave_board(struct talker *talker)
{
    close(talker->fd);
    free(talker);
}

void tell_board(struct talker *talker, const char *words, ...)
{
    va_list args;

    va_start(args, words);
    char *line = format("%s\n", vformat(words, args));
    va_end(args);
    ck_assert_int_eq(net_send_all(talker->fd, line, strlen(line)), 0);
}

char *hear(struct talker *talker)
{
    char *line;
    size_t length;

    int got = net_read_line(&talker->reader, &line, &length);
    if (got == 0 || (got == -1 && errno == ECONNRESET))
        return NULL;
    ck_assert_msg(got == 1, "the board says nothing: %s", strerror(errno));
    return format("%.*s", (int)length, line);
}

void expect_heard(struct talker *talker, const char *line)
{
    char *heard = hear(talker);

    ck_assert_msg(heard != NULL, "the end of the connection, not: %s", line);
    ck_assert_str_eq(heard, line);
}

void expect_answer(struct talker *talker, const char *line, const char *answer)
{
    tell_board(talker, "%s", line);
    char *heard = hear(talker);
    ck_assert_msg(heard != NULL && strcmp(heard, answer) == 0,
                  "%s is answered by: %s\nnot: %s", line, heard, answer);
}

int64_t expect_edge(struct talker *talker, int offset, int level)
{
    int got_offset, got_level;
    int64_t when;
    char *heard = hear(talker);

    ck_assert_msg(heard != NULL && sscanf(heard, "edge %d %d %" SCNd64,
                                          &got_offset, &got_level, &when) == 3,
                  "not an edge, but: %s", heard);
    ck_assert_int_eq(got_offset, offset);
    ck_assert_int_eq(got_level, level);
    return when;
}

const char *pretend_board(const char *lines)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = shared_path("pretended");
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(address.sun_path, path);
    ck_assert_int_eq(
        bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    if (start_child() == 0) {
        int fd = accept(listener, NULL, NULL);
        const char *all = format("ok\nok\n%s", lines);
        if (net_send_all(fd, all, strlen(all)) == 0)
            pause();
        _exit(1);
    }
    close(listener);
    return path;
}

/* ---- Boards of most tests ------------------------------------------------ */

char *board_path;

pid_t begin_board(const char *const options[])
{
    board_path = shared_path("board");
    return start_board(board_path, options);
}

struct talker *named(const char *name)
{
    struct talker *talker = talk_to(board_path);

    expect_answer(talker, format("hello %s", name), "ok");
    return talker;
}

struct talker *watcher(void)
{
    struct talker *talker = talk_to(board_path);
    char *line;

    expect_answer(talker, "watch", "ok");
    do {
        line = hear(talker);
        ck_assert_ptr_nonnull(line);
    } while (strncmp(line, "bounce", 6) != 0);
    return talker;
}
