/* harness_test.c: the harness against programs that do their worst.
 *
 * Each test runs lab 02's suite as a student does, with a program of programs/
 * as the server. Whatever that does, the verdict must be clear, cost no point
 * that is not its own, and leave nothing behind.
 */
#include "kit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LAB "lab02-uppercase-echo"

/* ---- A submission -------------------------------------------------------- */

static void put_in(const char *folder, const char *name, const char *from)
{
    char *source = realpath(from, NULL);
    if (source)
        ck_assert_int_eq(symlink(source, format("%s/%s", folder, name)), 0);
}

/* A folder with the program as the server and the solution's client. */
static char *submission(const char *program)
{
    static const char *const kinds[] = {"", ".asan", ".log", ".asan.log"};
    char *folder = new_folder(format("harness-%s", this_test->id));
    for (size_t i = 0; program && i < sizeof kinds / sizeof *kinds; i++)
        put_in(folder, format("server%s", kinds[i]),
               format("%s/tests/kit/programs/%s%s", build_folder(), program,
                      kinds[i]));
    for (size_t i = 0; i < 2; i++)
        put_in(
            folder, format("client%s", kinds[i]),
            format("%s/solutions/" LAB "/client%s", build_folder(), kinds[i]));
    return folder;
}

static void write_file(const char *folder, const char *name, const char *text)
{
    FILE *file = fopen(format("%s/%s", folder, name), "w");
    ck_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* ---- Judging it ---------------------------------------------------------- */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

/* Who is left when the suite has ended becomes our child, since we are its
 * subreaper. All must end at once. */
static void expect_nobody_left(void)
{
    double begin = seconds();
    pid_t pid;
    while ((pid = waitpid(-1, NULL, WNOHANG)) >= 0) {
        ck_assert_msg(seconds() - begin < 10,
                      "processes go on after the suite has ended");
        if (pid == 0)
            poll(NULL, 0, 1);
    }
    ck_assert_int_eq(errno, ECHILD);
}

/* Runs a lab's suite, or one test of it, and returns the result document. */
static json_t *judge(const char *lab, const char *folder, const char *test)
{
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    char *suite = format("%s/tests/%s/suite", build_folder(), lab);
    char *out = format("%s/result.json", folder);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGPIPE, SIG_DFL);
        execl(suite, suite, "--programs", folder, "--seed", "1", "--quiet",
              "--out", out, test ? "--test" : NULL, test, NULL);
        _exit(127);
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    expect_nobody_left();
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) < 2,
                  "the suite ended with wait status %#x", status);
    json_t *document = json_load_file(out, 0, NULL);
    ck_assert_msg(document != NULL, "no result document");
    return document;
}

static const char *field(json_t *test, const char *name)
{
    const char *text = json_string_value(json_object_get(test, name));
    return text ? text : "";
}

static json_t *judge_test(const char *lab, const char *folder, const char *id)
{
    json_t *tests = json_object_get(judge(lab, folder, id), "tests");
    ck_assert_int_eq(json_array_size(tests), 1);
    return json_array_get(tests, 0);
}

static void passes(const char *program, const char *id)
{
    json_t *test = judge_test(LAB, submission(program), id);
    ck_assert_msg(strcmp(field(test, "status"), "passed") == 0, "%s: %s: %s",
                  id, field(test, "status"), field(test, "reason"));
}

/* Fails for a reason that has these words, and is returned whole. */
static const char *fails_in(const char *folder, const char *id,
                            const char *words)
{
    json_t *test = judge_test(LAB, folder, id);
    const char *reason = field(test, "reason");
    ck_assert_str_eq(field(test, "status"), "failed");
    ck_assert_msg(strstr(reason, words) != NULL, "%s: no \"%s\" in: %s", id,
                  words, reason);
    ck_assert_msg(!strstr(reason, "within 20 s"), "it took too long: %s",
                  reason);
    return format("%s\n%s", reason, field(test, "received"));
}

static const char *fails(const char *program, const char *id, const char *words)
{
    return fails_in(submission(program), id, words);
}

/* ---- Programs that never get anywhere ------------------------------------ */

TEST("harness.sleeper", .title = "A server that sleeps does not listen")
{
    const char *said = fails("sleeper", "server.upper", "does not listen");
    ck_assert_msg(strstr(said, "it waits in pause") != NULL, "%s", said);
}

TEST("harness.slow-printer", .title = "One that prints a line now and then")
{
    fails("slow_printer", "server.upper", "does not listen");
}

TEST("harness.spinner", .title = "One that goes round a loop")
{
    fails("spinner", "server.upper", "uses the processor");
}

TEST("harness.late-spinner", .title = "One that does so once it listens")
{
    passes("late_spinner", "server.listens");
    fails("late_spinner", "server.idle", "uses the processor");
}

TEST("harness.crowd-spinner", .arena = true,
     .title = "A hundred processes that do so")
{
    fails("crowd_spinner", "server.upper", "processes and threads, and uses");
}

/* ---- Programs without end ------------------------------------------------ */

TEST("harness.printer", .title = "A program that prints without end")
{
    fails("printer", "server.upper", "prints without end");
}

TEST("harness.chatterer", .title = "A server that sends without end")
{
    fails("chatterer", "server.upper", "differs from what was due");
    json_t *test =
        judge_test("lab03-time-of-day", submission("chatterer"), "server.time");
    ck_assert_msg(strstr(field(test, "reason"), "sends without end") != NULL,
                  "%s", field(test, "reason"));
}

TEST("harness.flooder", .arena = true,
     .title = "A server that sends datagrams without end")
{
    static const char *const ids[] = {"server.upper", "server.sender",
                                      "server.once"};
    for (int i = 0; i < 3; i++) {
        json_t *test =
            judge_test("lab07-datagrams", submission("flooder"), ids[i]);
        ck_assert_str_eq(field(test, "status"), "failed");
        ck_assert_msg(!strstr(field(test, "reason"), "within 20 s"), "%s",
                      field(test, "reason"));
    }
}

TEST("harness.fork-bomb", .arena = true,
     .title = "A program that forks without end")
{
    fails("fork_bomb", "server.upper", "processes");
}

TEST("harness.thread-bomb", .arena = true,
     .title = "A program that starts threads for ever")
{
    fails("thread_bomb", "server.upper", "the process limit, 600");
}

TEST("harness.hog", .arena = true,
     .title = "A program that takes memory without end")
{
    fails("hog", "server.upper", "the memory limit, 512 MiB");
}

/* ---- Bad habits ---------------------------------------------------------- */

TEST("harness.silent", .title = "Closing stdout costs the ready line alone")
{
    passes("silent", "server.upper");
    fails("silent", "server.ready-line", "no ready line");
}

TEST("harness.deaf", .title = "A server need not end by SIGTERM")
{
    passes("deaf", "server.sanitizers");
}

TEST("harness.daemon", .title = "A server in the background is one, too")
{
    passes("daemon", "server.upper");
    passes("daemon", "server.survives");
    fails("daemon", "server.descriptors", "has ended");
}

TEST("harness.loud", .title = "Not each ERROR is a sanitizer's")
{
    passes("loud", "server.sanitizers");
}

TEST("harness.forger",
     .title = "A report made up by the program steers nothing")
{
    const char *said = fails("forger", "server.sanitizers",
                             "in \\x1b[2Jmain (\\x1b[Hserver.c:1)");
    ck_assert_msg(!strchr(said, '\033'), "%s", said);
}

TEST("harness.killer", .arena = true,
     .title = "Killing all in sight harms nobody else")
{
    json_t *document = judge(LAB, submission("killer"), NULL);
    size_t i;
    json_t *test;
    json_array_foreach(json_object_get(document, "tests"), i, test)
    {
        bool client = strncmp(field(test, "id"), "client.", 7) == 0;
        ck_assert_msg(
            strcmp(field(test, "status"), client ? "passed" : "failed") == 0,
            "%s: %s: %s", field(test, "id"), field(test, "status"),
            field(test, "reason"));
    }
}

/* ---- Nothing to run ------------------------------------------------------ */

TEST("harness.no-source", .title = "A program that was never written")
{
    fails(NULL, "server.upper", "There is no server.c");
}

TEST("harness.does-not-compile", .title = "The compiler's first error is shown")
{
    const char *said =
        fails("does_not_compile", "server.upper", "does not compile");
    ck_assert_msg(strstr(said, "does_not_compile.c:8:18: error: expected ';'"),
                  "%s", said);
    ck_assert_msg(strstr(said, "8 |     puts(\"hello\") prinft;"), "%s", said);
    ck_assert_msg(!strstr(said, "warning"), "%s", said);
    said = fails("does_not_compile", "server.sanitizers", "does not compile");
    ck_assert_msg(strstr(said, "error: expected ';'"), "%s", said);
}

TEST("harness.does-not-link", .title = "What the linker misses is shown")
{
    const char *said = fails("does_not_link", "server.upper", "not compile");
    ck_assert_msg(strstr(said, "undefined reference to"), "%s", said);
}

TEST("harness.hostile-log", .title = "No control characters of a program's own")
{
    char *folder = submission(NULL), *page = format("%01000d", 0);
    write_file(folder, "server.log",
               format("server.c: In function 'main':\n"
                      "server.c:3:2: error: stray '\033' in program %s\n"
                      "    3 | \"\033[2J\xff\a\"\n      | ^\n%s\n",
                      page, page));
    const char *said = fails_in(folder, "server.upper", "does not compile");
    ck_assert_msg(strstr(said, "stray '\\x1b' in program 000"), "%s", said);
    ck_assert_msg(strstr(said, "3 | \"\\x1b[2J\\xff\\x07\""), "%s", said);
    ck_assert_msg(!strchr(said, '\033') && strlen(said) < 800, "%s", said);
}

TEST("harness.no-permission", .title = "A file that may not be executed")
{
    char *folder = submission(NULL);
    write_file(folder, "server", "");
    fails_in(folder, "server.upper", "cannot be executed: Permission denied");
}

TEST("harness.no-program", .title = "A file that is no program")
{
    char *folder = submission(NULL), *server = format("%s/server", folder);
    write_file(folder, "server", "to be written\n");
    ck_assert_int_eq(chmod(server, 0755), 0);
    fails_in(folder, "server.upper", "cannot be executed: Exec format error");
}
