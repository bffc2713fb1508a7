/* make_test.c: the commands, as a student and an instructor meet them: in a
 * path with spaces, with broken files, wrong words, without isolation, on a
 * disk that is full or cannot be written. */
#include "kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void expect_said(const char *said, const char *words)
{
    ck_assert_msg(strstr(said, words) != NULL, "not said: %s\nbut: %s", words,
                  said);
}

static void expect_not_said(const char *said, const char *words)
{
    ck_assert_msg(strstr(said, words) == NULL, "said: %s\nin: %s", words, said);
}

/* A copy of the kit in a path with spaces, where make may do as it likes. */
static char *copy_of_kit(void)
{
    int status;
    char *folder = new_folder(format("a path to %s", this_test->id));
    char *said = run_shell(
        &status, "cp -r Makefile labs solutions common hw tests '%s'", folder);
    ck_assert_msg(status == 0, "%s", said);
    return folder;
}

static char *make_in(const char *folder, int *status, const char *words)
{
    return run_shell(status, "cd '%s' && env -u MAKEFLAGS -u MAKELEVEL make %s",
                     folder, words);
}

TEST("make.student", .title = "A student's walk through lab 1")
{
    int status;
    char *kit = copy_of_kit();

    char *said = make_in(kit, &status, "");
    ck_assert_int_eq(status, 0);
    expect_said(said, "make lab01");

    said = make_in(kit, &status, "lab01");
    ck_assert_int_ne(status, 0);
    expect_said(said, "Fix this one first:");
    expect_said(said, " 0 of 100 points");
    expect_said(said, "server: not written yet");

    /* What does not compile: its first error once, no wall of text, and the
     * other program is still tested. */
    run_shell(&status,
              "cd '%s' && cp solutions/lab01*/*.c labs/lab01*/ && "
              "echo 'int broken(void) { return nothing; } int more = worse;' "
              ">> labs/lab01-first-connection/server.c",
              kit);
    said = make_in(kit, &status, "lab01");
    ck_assert_int_ne(status, 0);
    expect_said(said, "'nothing' undeclared");
    expect_not_said(said, "'worse' undeclared");
    expect_said(said, "server.c does not compile");
    expect_said(said, "✓ client.exchange");

    run_shell(&status,
              "cd '%s' && rm labs/lab01*/client.c && "
              "cp solutions/lab01*/server.c labs/lab01*/",
              kit);
    said = make_in(kit, &status, "lab01");
    ck_assert_int_ne(status, 0);
    expect_said(said, "There is no client.c");
    expect_said(said, "✓ server.listens");

    run_shell(&status, "cd '%s' && cp solutions/lab01*/*.c labs/lab01*/", kit);
    said = make_in(kit, &status, "lab01");
    ck_assert_msg(status == 0, "%s", said);
    expect_said(said, "100 of 100 points");
    said = make_in(kit, &status, "");
    expect_said(said, "100 of 100");
    expect_said(said, "make lab02");

    said = make_in(kit, &status, "grade LABS=lab01");
    ck_assert_msg(status == 0, "%s", said);
    expect_said(said, "100/100");
    expect_said(said, "build/grade/index.html");

    said = make_in(kit, &status, "lab01 TEST=server.listens SEED=7");
    ck_assert_msg(status == 0, "%s", said);
    said = make_in(kit, &status, "lab01 TEST=server.nonsense");
    ck_assert_int_ne(status, 0);
    expect_said(said, "There is no test \"server.nonsense\"");
    expect_said(said, "server.listens");
    said = make_in(kit, &status, "lab01 SEED=seven");
    ck_assert_int_ne(status, 0);
    expect_said(said, "SEED must be a number");

    /* The same checkout, read-only. */
    char *elsewhere = new_folder("elsewhere");
    said = run_shell(
        &status,
        "cd '%s' && rm -rf build && unshare -rm sh -c 'mount --bind . . && "
        "mount -o remount,bind,ro . && cd . && cd \"$PWD\" && "
        "TMPDIR='\\''%s'\\'' env -u MAKEFLAGS -u MAKELEVEL make lab01'",
        kit, elsewhere);
    ck_assert_msg(status == 0, "%s", said);
    expect_said(said, "This checkout cannot be written");
    expect_said(said, "100 of 100 points");
}

TEST("make.run", .title = "make run says what did not compile, and which lab "
                          "has no board")
{
    int status;
    char *kit = copy_of_kit();

    char *said = make_in(kit, &status, "run LAB=02");
    ck_assert_int_eq(status, 0);
    expect_said(said, "lab02-uppercase-echo has no board.");
    expect_said(said, "build/labs/lab02-uppercase-echo/server");
    run_shell(&status,
              "cd '%s' && echo 'int broken(void) { return nothing; }' "
              ">> labs/lab10-button-led/led_process.c",
              kit);
    said = make_in(kit, &status, "run LAB=10");
    ck_assert_int_ne(status, 0);
    expect_said(said, "'nothing' undeclared");
    expect_said(said, "led_process: did it compile?");
    ck_assert_int_eq(access(format("%s/build/run", kit), F_OK), -1);
}

TEST("make.wrong-words", .title = "A lab that does not exist is named")
{
    static const char *const words[][2] = {
        {"lab77", "There is no lab77. The labs are: lab01"},
        {"compare LAB=77", "There is no lab \"77\". The labs are: lab01"},
        {"compare", "Say which lab: make compare LAB=03"},
        {"run", "Say which lab: make run LAB=10"},
        {"trace", "Say which lab: make trace LAB=03"},
        {"trace LAB=77", "There is no lab \"77\". The labs are: lab01"},
        {"trace SERVER=cat", "CLIENT is missing"},
        {"watch", "Say which lab: make watch LAB=03"},
        {"grade LABS=77", "names a lab that does not exist"},
        {"grade WHO=../x", "cannot be a row's name"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        int status;
        char *said = make_in(".", &status, words[i][0]);
        ck_assert_msg(status != 0, "make %s", words[i][0]);
        expect_said(said, words[i][1]);
    }
}

/* ---- A machine that gives no isolation ---- */

static char *suite_command(const char *words)
{
    return format("%s/tests/lab02-uppercase-echo/suite --programs "
                  "%s/solutions/lab02-uppercase-echo %s",
                  build_folder(), build_folder(), words);
}

static char *without_namespaces(int *status, const char *words)
{
    return run_shell(status,
                     "unshare -r sh -c 'echo 0 > "
                     "/proc/sys/user/max_net_namespaces; %s'",
                     suite_command(words));
}

TEST("make.no-namespaces", .title = "Without namespaces labs run all the same")
{
    int status;
    char *said = without_namespaces(&status, "");
    ck_assert_msg(status == 1, "%s", said);
    expect_said(said, "No isolation on this machine: ");
    expect_said(said, "make doctor");
    expect_said(said, "✓ server.upper");
    expect_said(said, "- server.default-port");
    expect_said(said, "not run");
    expect_not_said(said, "GRADER_ERROR");
    expect_not_said(said, "✗");
}

TEST("make.no-grade", .title = "Without isolation nothing is graded unasked")
{
    int status;
    char *out = format("%s/result.json", new_folder("no-grade"));
    char *said =
        without_namespaces(&status, format("--isolated --out %s", out));
    ck_assert_int_eq(status, 3);
    expect_said(said, "ALLOW_UNSAFE=1");
    ck_assert_msg(access(out, F_OK) != 0, "there is a result");

    said = without_namespaces(&status, format("--quiet --out %s", out));
    ck_assert_msg(status == 1, "%s", said);
    expect_said(file_text(out), "\"isolation\": \"none\"");
}

TEST("make.no-bubblewrap", .title = "Without bubblewrap it is named")
{
    int status;
    char *said = run_shell(
        &status,
        "unshare -rm sh -c 'mount --bind /dev/null $(command -v bwrap); %s'",
        suite_command("--test server.upper"));
    ck_assert_msg(status == 0, "%s", said);
    expect_said(said, "bubblewrap is not installed");
}

/* ---- Results ---- */

TEST("make.full-disk", .title = "On a full disk the old result stays")
{
    int status;
    char *folder = new_folder("full-disk");
    char *said = run_shell(
        &status,
        "unshare -rm sh -c 'mount -t tmpfs -o size=8k none %s && "
        "echo old > %s/result.json && head -c 4096 /dev/zero > %s/filler; "
        "%s; echo status $?; cat %s/result.json; ls %s'",
        folder, folder, folder,
        suite_command(format("--quiet --out %s/result.json", folder)), folder,
        folder);
    expect_said(said, "cannot write the result");
    expect_said(said, "status 3");
    expect_said(said, "old\n");
    expect_not_said(said, ".new");
}

TEST("make.usage", .title = "Wrong options are refused, with status 2")
{
    static const char *const words[] = {"--seed x",       "--seed 99999999999",
                                        "--jobs 0",       "--test nonsense",
                                        "--no-such-word", "left over"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        int status;
        char *said = run_shell(&status, "%s", suite_command(words[i]));
        ck_assert_msg(status == 2, "%s: status %d: %s", words[i], status, said);
    }
}

TEST("make.seed", .title = "A seed brings back the same input")
{
    int status;
    char *first = new_folder("seed-1"), *second = new_folder("seed-2");
    const char *words = "--seed 42 --test server.upper --record %s";
    run_shell(&status, "%s", suite_command(format(words, first)));
    ck_assert_int_eq(status, 0);
    run_shell(&status, "%s", suite_command(format(words, second)));
    ck_assert_int_eq(status, 0);
    char *said = run_shell(&status,
                           "for f in %s %s; do grep sent $f/server.upper; done "
                           "| uniq | wc -l",
                           first, second);
    ck_assert_int_eq(atoi(said), 1);
    run_shell(&status, "%s",
              suite_command(
                  format("--seed 43 --test server.upper --record %s", second)));
    said = run_shell(&status,
                     "for f in %s %s; do grep sent $f/server.upper; done | "
                     "uniq | wc -l",
                     first, second);
    ck_assert_int_eq(atoi(said), 2);
}

/* ---- Views ---- */

TEST("report.grades", .title = "The table has a row a student, safely quoted")
{
    int status;
    char *folder = new_folder("grades");
    const char *document =
        "{\"schema\": 1, \"who\": \"x\", \"lab\": \"lab02-uppercase-echo\", "
        "\"score\": %s, \"max_score\": 100, \"seed\": 1, \"isolation\": "
        "\"cell\", \"kit_version\": \"\", \"partial\": false, \"tests\": []%s}";
    run_shell(&status, "mkdir '%s/=1+1' '%s/ann'", folder, folder);
    for (int i = 0; i < 2; i++) {
        FILE *file = fopen(format("%s/%s/lab02-uppercase-echo.json", folder,
                                  i ? "ann" : "=1+1"),
                           "w");
        ck_assert_ptr_nonnull(file);
        fprintf(file, document, i ? "85" : "null",
                i ? ", \"library\": \"own\", \"library_folder\": \"labs/x\""
                  : "");
        fclose(file);
    }
    char *said = run_shell(&status,
                           "%s/tests/report grades %s lab02-uppercase-echo "
                           "lab03-time-of-day",
                           build_folder(), folder);
    ck_assert_int_eq(status, 1);
    expect_said(said, "GRADER_ERROR");
    ck_assert_str_eq(file_text(format("%s/grades.csv", folder)),
                     "\"who\",\"lab02\",\"lab03\",\"total\"\n"
                     "\"'=1+1\",,,\n\"ann\",85,,85\n");
    said = run_shell(&status,
                     "/usr/bin/python3 tests/report/page.py %s "
                     "lab02-uppercase-echo",
                     folder);
    ck_assert_msg(status == 0, "%s", said);
    expect_said(file_text(format("%s/index.html", folder)), "GRADER_ERROR");
    expect_said(file_text(format("%s/ann/index.html", folder)),
                "linked with the student’s own library, labs/x");
    expect_not_said(file_text(format("%s/=1+1/index.html", folder)),
                    "linked with");
}
