/* hw_run_test.c: build/hw/run, with stand-ins for a lab's programs and for the
 * page: what it starts, what it shows, and that nothing is left of it. */
#include "hw_test.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Stand-ins ----------------------------------------------------------- */

static const char launcher[] =
    "#!/bin/sh\n"
    "folder=$(dirname \"$0\")\n"
    "grep SigIgn /proc/$$/status\n"
    "\"$folder/led_process\" & led=$!\n"
    "\"$folder/button_process\" & button=$!\n"
    "trap 'kill $led $button; wait; exit 0' TERM INT\n"
    "echo $$ > \"$folder/launch_processes.pid\"\n"
    "wait $led; kill $button; wait; exit 1\n";

/* It says who it is, and prints its presses. */
static const char button[] =
    "#!/usr/bin/python3\n"
    "import os, signal, sys\n"
    "fifo = os.environ['BUTTON_FIFO']\n"
    "def end(*_): os.unlink(fifo); sys.exit(0)\n"
    "signal.signal(signal.SIGTERM, end)\n"
    "os.mkfifo(fifo, 0o600)\n"
    "print('board', os.environ['GPIO_BOARD'], file=sys.stderr, flush=True)\n"
    "while True:\n"
    "    with open(fifo) as lines:\n"
    "        for line in lines: print('press', line.strip(), flush=True)\n";

static const char page[] = "import signal, sys\n"
                           "print('page of', sys.argv[2], flush=True)\n"
                           "signal.pause()\n";

static const char stubborn[] =
    "#!/bin/sh\n"
    "trap '' TERM INT HUP\n"
    "setsid sh -c 'trap \"\" TERM; echo apart; exec sleep 1000' &\n"
    "echo listening on port 9999\n"
    "while :; do sleep 1000; done\n";

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
    ck_assert_int_eq(chmod(path, 0755), 0);
}

static char *kit, *build; /* a kit of stand-ins, and its build folder */

static void link_to(const char *name)
{
    char *real = realpath(format("%s/%s", build_folder(), name), NULL);

    ck_assert_ptr_nonnull(real);
    ck_assert_int_eq(symlink(real, format("%s/%s", build, name)), 0);
}

/* The LED's stand-in is lab 2's server: it listens on port 9999. */
static void make_kit(const char *folder)
{
    int status;

    kit = (char *)folder;
    build = format("%s/build", kit);
    run_shell(&status,
              "cd '%s' && mkdir -p hw/board build/hw build/programs && "
              "cp '%s/solutions/lab02-uppercase-echo/server' "
              "build/programs/led_process",
              kit, realpath(build_folder(), NULL));
    ck_assert_int_eq(status, 0);
    link_to("hw/board");
    link_to("hw/tap.so");
    write_file(format("%s/programs/launch_processes", build), launcher);
    write_file(format("%s/programs/button_process", build), button);
    write_file(format("%s/hw/board/page.py", kit), page);
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* who is left becomes ours */
    unsetenv("GPIO_BOARD");           /* a board that is not ours */
}

static void new_kit(void)
{
    make_kit(new_folder(this_test->id));
}

/* ---- Running ------------------------------------------------------------- */

static FILE *printed;

static pid_t start_with(char *first, char *second, char *third)
{
    char *program = realpath(format("%s/hw/run", build_folder()), NULL);
    char *argv[] = {program, first, second, third, NULL};
    int out, here = open(".", O_RDONLY | O_DIRECTORY);

    ck_assert_int_eq(chdir(kit), 0);
    pid_t pid = start_process(argv, &out);
    ck_assert_int_eq(fchdir(here), 0);
    close(here);
    printed = fdopen(out, "r");
    return pid;
}

static pid_t start_run(const char *option)
{
    char *programs = format("%s/programs", build);

    if (option != NULL)
        return start_with((char *)option, build, programs);
    return start_with(build, programs, NULL);
}

/* Reads on until a line that begins so. Returns what follows. */
static char *await_line(const char *begin)
{
    static char line[4096];
    char *before = "";

    while (fgets(line, sizeof line, printed) != NULL) {
        if (strncmp(line, begin, strlen(begin)) == 0) {
            line[strcspn(line, "\n")] = '\0';
            return line + strlen(begin);
        }
        before = format("%s%s", before, line);
    }
    ck_abort_msg("not printed: %s\nbut: %s", begin, before);
}

/* The next event that begins so, whatever comes before. */
static char *await_event(struct talker *eye, const char *begin)
{
    char *line;

    do {
        line = hear(eye);
        ck_assert_msg(line != NULL, "the board ended before: %s", begin);
    } while (strncmp(line, begin, strlen(begin)) != 0);
    return line;
}

/* In whatever order they are. */
static void await_started(const char *led_says)
{
    bool led = false, button_too = false, page_too = false;
    const char *led_line = format("led_process       %s\n", led_says);
    char line[4096];

    while (!led || !button_too || !page_too) {
        ck_assert_ptr_nonnull(fgets(line, sizeof line, printed));
        led |= strcmp(line, led_line) == 0;
        button_too |= strncmp(line, "button_process    board ", 24) == 0;
        page_too |= strncmp(line, "page              page of ", 26) == 0;
    }
}

static void await_all_started(void)
{
    await_started("listening on port 9999");
}

/* All are gone that were started, and the folder with its socket and FIFO. */
static void expect_nothing_left(void)
{
    const char *folder = format("%s/run", build);
    int left = 0, more;

    while ((more = kill_children()) > 0)
        left += more;
    ck_assert_msg(left == 0, "%d processes are left", left);
    ck_assert_msg(access(folder, F_OK) == -1, "%s is still there", folder);
}

/* ---- The tests ----------------------------------------------------------- */

TEST("hw.run-ctrl-c", .arena = true,
     .title = "All that is started ends with Ctrl-C, and nothing is left")
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct stat what;

    new_kit();
    for (size_t i = 0; i < COUNT(signals); i++) {
        pid_t run = start_run(NULL);
        await_all_started();
        ck_assert_int_eq(stat(format("%s/run", build), &what), 0);
        ck_assert_int_eq(what.st_mode & 07777, 0700);
        struct talker *eye = talk_to(format("%s/run/board", build));
        expect_answer(eye, "watch", "ok");
        FILE *fifo = fopen(format("%s/run/button", build), "w");
        ck_assert(fifo != NULL && fputs("0\n", fifo) >= 0 && fclose(fifo) == 0);
        ck_assert_str_eq(await_line("button_process    "), "press 0");
        await_event(eye, "note button_process press 0");
        leave_board(eye);
        ck_assert_int_eq(end_process(run, signals[i]), 0);
        expect_nothing_left();
    }
}

TEST("hw.run-tap", .arena = true,
     .title = "The programs are tapped, and their notes have their names")
{
    new_kit();
    pid_t run = start_run(NULL);
    await_all_started();
    struct talker *eye = talk_to(format("%s/run/board", build));
    expect_answer(eye, "watch", "ok");
    expect_heard(eye, "bounce off");
    int client = connect_or_fail("127.0.0.1", 9999);
    char *note = await_event(eye, "note led_process[");
    ck_assert_msg(strstr(note, "] tcp accept 127.0.0.1:") != NULL, "%s", note);
    close(client);
    ck_assert_int_eq(end_process(run, SIGINT), 0);
    expect_nothing_left();
}

TEST("hw.run-signals", .arena = true,
     .title = "The programs get their signals as any program does")
{
    new_kit();
    signal(SIGPIPE, SIG_IGN);
    pid_t run = start_run(NULL);
    char *ignored = await_line("launch_processes  SigIgn:");
    ck_assert_msg(!(strtoull(ignored, NULL, 16) >> (SIGPIPE - 1) & 1),
                  "SIGPIPE is ignored: %s", ignored);
    ck_assert_int_eq(end_process(run, SIGINT), 0);
    expect_nothing_left();
}

TEST("hw.run-port-taken", .arena = true,
     .title = "A taken port ends the run, and the reason is shown")
{
    const char *call;

    new_kit();
    ck_assert_int_ge(net_listen(9999, &call), 0);
    pid_t run = start_run(NULL);
    ck_assert_str_eq(await_line("led_process       "),
                     "led_process: bind: Address already in use");
    await_line("launch_processes has ended, with exit status 1");
    ck_assert_int_eq(await_end(run), 1);
    expect_nothing_left();
}

/* The number of that child of the run. */
static pid_t child_of(pid_t run, const char *name)
{
    char *list = file_text(format("/proc/%d/task/%d/children", run, run));
    int pid, used;

    for (; sscanf(list, "%d%n", &pid, &used) == 1; list += used)
        if (strcmp(file_text(format("/proc/%d/comm", pid)),
                   format("%s\n", name)) == 0)
            return pid;
    ck_abort_msg("the run has no child %s", name);
}

TEST("hw.run-one-dies", .arena = true,
     .title = "When one of them dies all end, and it is said who")
{
    static const struct {
        const char *name, *said;
    } cases[] = {
        {"board", "board was ended by a signal: Killed"},
        {"python3", "page was ended by a signal: Killed"},
        {"launch_processe", "launch_processes was ended by a signal: Killed"}};

    new_kit();
    for (size_t i = 0; i < COUNT(cases); i++) {
        pid_t run = start_run(NULL);
        await_all_started();
        pid_t victim = child_of(run, cases[i].name);
        ck_assert_int_eq(kill(victim, SIGKILL), 0);
        await_line(cases[i].said);
        ck_assert_int_eq(await_end(run), 1);
        expect_nothing_left();
    }
}

TEST("hw.run-stubborn", .arena = true, .waits = 5000,
     .title = "Who ignores SIGTERM, or goes apart, ends too")
{
    new_kit();
    unlink(format("%s/programs/led_process", build));
    write_file(format("%s/programs/led_process", build), stubborn);
    pid_t run = start_run(NULL);
    await_started("apart");
    ck_assert_int_eq(end_process(run, SIGINT), 0);
    expect_nothing_left();
}

TEST("hw.run-twice", .arena = true,
     .title = "There is one run a checkout; after one that was killed the next "
              "one works")
{
    new_kit();
    pid_t killed = start_run(NULL);
    await_all_started();
    pid_t second = start_run(NULL);
    await_line("run: a make run");
    ck_assert_int_eq(await_end(second), 1);
    ck_assert_int_eq(access(format("%s/run/board", build), F_OK), 0);

    ck_assert_int_eq(end_process(killed, SIGKILL), 128 + SIGKILL);
    while (waitpid(-1, NULL, 0) > 0) /* its children end without it */
        continue;
    pid_t run = start_run(NULL);
    await_all_started();
    ck_assert_int_eq(end_process(run, SIGINT), 0);
    expect_nothing_left();
}

TEST("hw.run-long-path", .arena = true,
     .title = "Where the path is too long for a socket, a private folder in "
              "$TMPDIR serves")
{
    char *folder = format("%s/%0100d", new_folder(this_test->id), 0);
    char *tmp = format("%s/tmp", shared_folder());

    ck_assert_int_eq(mkdir(folder, 0755), 0);
    ck_assert_int_eq(mkdir(tmp, 0755), 0);
    make_kit(folder);
    setenv("TMPDIR", tmp, 1);
    pid_t run = start_run(NULL);
    char *board = await_line("page              page of ");
    ck_assert_msg(strncmp(board, tmp, strlen(tmp)) == 0, "%s", board);
    ck_assert_int_eq(end_process(run, SIGINT), 0);
    expect_nothing_left();
    ck_assert_int_eq(rmdir(tmp), 0); /* so it is empty */
}

TEST("hw.run-terminal", .arena = true,
     .title = "In the terminal the log comes when that has ended, and no error")
{
    new_kit();
    write_file(format("%s/hw/board/terminal.py", kit),
               "import os, socket, sys\n"
               "board = socket.socket(socket.AF_UNIX)\n"
               "board.connect(sys.argv[2])\n"
               "board.sendall(b'watch\\n')\n"
               "fifo = os.path.dirname(sys.argv[2]) + '/button'\n"
               "while not os.path.exists(fifo): os.sched_yield()\n"
               "with open(fifo, 'w') as button: print('0', file=button)\n"
               "heard = b''\n"
               "while b'press 0' not in heard: heard += board.recv(4096)\n"
               "print('the terminal ends', flush=True)\n");
    pid_t run = start_run("-t");
    ck_assert_str_eq(await_line("the terminal ends"), "");
    ck_assert_str_eq(await_line("button_process    press "), "0");
    ck_assert_int_eq(await_end(run), 0);
    expect_nothing_left();
}

TEST("hw.run-board-alone", .arena = true,
     .title = "Without programs it is a board for another run, which starts "
              "none of its own")
{
    new_kit();
    char *path = format("%s/board/board", build);
    pid_t alone = start_with(build, NULL, NULL);
    ck_assert_str_eq(await_line("    export GPIO_BOARD="),
                     format("'%s'", path));
    await_line("page              page of ");
    struct talker *eye = talk_to(path);

    setenv("GPIO_BOARD", path, 1);
    pid_t run = start_run(NULL);
    ck_assert_str_eq(await_line("button_process    board "), path);
    ck_assert_int_eq(access(format("%s/run/board", build), F_OK), -1);
    ck_assert_int_eq(end_process(run, SIGINT), 0);
    expect_answer(eye, "get 27", "ok 1"); /* it goes on */
    leave_board(eye);
    ck_assert_int_eq(end_process(alone, SIGINT), 0);
    ck_assert_int_eq(access(format("%s/board", build), F_OK), -1);
    expect_nothing_left();
}

TEST("hw.run-not-built", .title = "What did not compile is told at once")
{
    new_kit();
    unlink(format("%s/programs/led_process", build));
    pid_t run = start_run(NULL);
    ck_assert_ptr_nonnull(strstr(await_line("run: there is no "),
                                 "/led_process: did it compile?"));
    ck_assert_int_eq(await_end(run), 1);
    expect_nothing_left();
}
