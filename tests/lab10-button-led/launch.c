/* launch.c: launch_processes, with stand-ins beside it. */
#include "lab10.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct stage {
    struct program *launcher;
    struct actor led, button;
};

/* Starts it, and waits until both have said who they are. */
static struct stage launch(bool sanitized)
{
    struct stage stage = {0};
    struct listener *listener = listen_to_actors();
    stage.launcher = start("launch_processes", .shared = true,
                           .beside = {"led_process", "button_process"},
                           .sanitized = sanitized);
    for (int i = 0; i < 2; i++) {
        struct actor actor;
        if (!meet_actor(listener, stage.launcher, &actor))
            fail_test(
                &(struct verdict){
                    .expected = "led_process and button_process, started",
                    .received = i == 0 ? "neither" : "one of them"},
                "launch_processes does not start both programs that lie "
                "beside it.");
        if (strcmp(actor.name, "led_process") == 0)
            stage.led = actor;
        else
            stage.button = actor;
    }
    if (!stage.led.conn || !stage.button.conn)
        fail_test(NULL, "launch_processes starts one of the two programs "
                        "twice, and the other one not at all.");
    return stage;
}

TEST("launch.starts-both", .points = 1, .arena = true,
     .title = "It starts the two programs that lie beside it",
     .why = "It may be called from anywhere: what it starts lies where it lies "
            "itself.",
     .hint = "readlink(\"/proc/self/exe\") tells where that is; fork and execl "
             "for each.",
     .section = "Parent and children", .manual = "execl(3)")
{
    launch(false);
}

/* The number that a process has in its cell is the last of "NSpid:". */
static int pid_inside(struct program *program)
{
    char line[256];
    int pid = 0;
    FILE *status = fopen(format("/proc/%d/status", process_id(program)), "re");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "NSpid:", 6) == 0)
            pid = atoi(strrchr(line, '\t') + 1);
    if (status)
        fclose(status);
    return pid;
}

TEST("launch.pid-file", .points = 1, .arena = true,
     .title = "launch_processes.pid beside it holds its process id",
     .why = "A script that is to end it needs to know whom.",
     .hint = "fopen, fprintf(file, \"%d\\n\", getpid()), fclose; before the "
             "two are started.",
     .section = "Parent and children", .manual = "getpid(2)")
{
    char text[64] = "", *end;
    struct stage stage = launch(false);
    let_work(stage.launcher);
    int fd =
        open(shared_path("bin/launch_processes.pid"), O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    struct verdict shown = {
        .expected = format("\"%d\\n\"", pid_inside(stage.launcher)),
        .received = size < 0 ? "no such file" : show_bytes(text, size, 0)};
    if (size < 0)
        fail_test(&shown, "There is no launch_processes.pid beside "
                          "launch_processes.");
    if (size == 0)
        fail_test(&shown, "launch_processes.pid is empty: what was written is "
                          "still in a buffer of stdio, or was never written.");
    long pid = strtol(text, &end, 10);
    if (end == text || strspn(end, "\n") != strlen(end) || *text < '0' ||
        *text > '9')
        fail_test(&shown, "launch_processes.pid does not hold a decimal number "
                          "alone.");
    if (pid != pid_inside(stage.launcher))
        fail_test(&shown, "launch_processes.pid holds the number of another "
                          "process.");
}

static void expect_passed_on(int number, const char *name)
{
    struct stage stage = launch(false);
    send_signal(stage.launcher, number);
    char *after = format("after launch_processes got %s", name);
    expect_signal(&stage.led, name, after);
    expect_signal(&stage.button, name, after);
    expect_exit(stage.launcher, 0);
}

TEST("launch.sigterm", .points = 1, .arena = true,
     .title = "SIGTERM is passed on to both; then it exits with status 0",
     .why = "kill and the machine's shutdown reach the parent alone.",
     .hint = "kill(child, SIGTERM) for both, waitpid for both, return 0. A "
             "handler does as little as it can: best none, but sigwaitinfo.",
     .section = "Signals", .manual = "sigwaitinfo(2)")
{
    expect_passed_on(SIGTERM, "SIGTERM");
}

TEST("launch.sigint", .points = 1, .arena = true,
     .title = "SIGINT is passed on to both; then it exits with status 0",
     .why = "Ctrl-C reaches all three in a terminal, but kill -INT does not.",
     .hint = "The same as for SIGTERM, with the signal that came.",
     .section = "Signals", .manual = "sigwaitinfo(2)")
{
    expect_passed_on(SIGINT, "SIGINT");
}

TEST("launch.waits", .points = 1, .arena = true,
     .title = "It ends when both have ended, not before",
     .why = "A child may have a FIFO to remove. Who starts everything anew "
            "meanwhile meets the old one.",
     .hint = "waitpid for each of the two before the return.",
     .section = "Parent and children", .manual = "waitpid(2)")
{
    struct stage stage = launch(false);
    make_stay(&stage.button);
    send_signal(stage.launcher, SIGTERM);
    expect_signal(&stage.led, "SIGTERM", "after launch_processes got SIGTERM");
    expect_end(stage.led.conn);
    expect_signal(&stage.button, "SIGTERM",
                  "after launch_processes got SIGTERM");
    let_work(stage.launcher);
    if (has_ended(stage.launcher))
        fail_test(
            &(struct verdict){.expected = "a parent that waits",
                              .received = describe_program(stage.launcher)},
            "launch_processes has ended, and button_process, which takes "
            "its time, has not.");
    order(&stage.button, "exit 0");
    expect_exit(stage.launcher, 0);
}

static void expect_taken_along(bool led_first, const char *words,
                               const char *how)
{
    struct stage stage = launch(false);
    struct actor *first = led_first ? &stage.led : &stage.button;
    struct actor *second = led_first ? &stage.button : &stage.led;
    given("%s %s", first->name, how);
    order(first, words);
    /* By SIGTERM, SIGINT or SIGKILL: that is not said. */
    if (!hears_within(second->conn, 4000, NULL, NULL))
        fail_test(
            &(struct verdict){
                .expected = format("the end of %s, too", second->name),
                .received = format("it goes on, and launch_processes %s",
                                   describe_program(stage.launcher))},
            "launch_processes does not end the other one, %s.", second->name);
    expect_exit(stage.launcher, 1);
    if (!gone_within(stage.launcher, 1000))
        fail_test(NULL, "launch_processes leaves %s behind.", second->name);
}

TEST("launch.one-ends", .points = 1, .arena = true,
     .title = "One that ends by itself takes the other along; status 1",
     .why = "A button without an LED is of no use, and whoever started them "
            "should hear of it.",
     .hint = "Wait for whichever ends first: waitpid(-1, …). If nobody has "
             "asked for it, kill the other one, wait, and return 1.",
     .section = "Parent and children", .manual = "waitpid(2)")
{
    expect_taken_along(true, "exit 1", "ends with status 1");
    expect_taken_along(false, "exit 1", "ends with status 1");
    expect_taken_along(false, "exit 0", "ends with status 0");
}

TEST("launch.one-killed", .points = 1, .arena = true,
     .title = "One that is killed takes the other along, too; status 1",
     .why = "A crash is an end like any other, and the most important one to "
            "notice.",
     .hint = "waitpid returns for a child that a signal has ended, as well: do "
             "not ask WIFEXITED alone.",
     .section = "Parent and children", .manual = "waitpid(2)")
{
    expect_taken_along(true, "die", "is killed");
    expect_taken_along(false, "die", "is killed");
}

TEST("launch.no-zombie", .points = 1, .arena = true,
     .title = "A child that has ended does not stay as a zombie",
     .why = "It keeps its number until somebody has asked how it ended.",
     .hint = "waitpid as soon as SIGCHLD says so, for all that have ended: one "
             "SIGCHLD may stand for both.",
     .section = "Parent and children", .manual = "waitpid(2)")
{
    struct stage stage = launch(false);
    struct census before = take_census(stage.launcher);
    make_stay(&stage.button);
    order(&stage.led, "exit 1");
    expect_end(stage.led.conn);
    hears_within(stage.button.conn, 4000, NULL, NULL);
    expect_census(stage.launcher, before, "while the other child goes on");
}

/* The launcher stands still meanwhile: it finds two ends, and one SIGCHLD. */
TEST("launch.both-at-once", .points = 1, .arena = true,
     .title = "Two children that end at the same moment are both reaped",
     .why = "Signals do not queue: there is one SIGCHLD then, and not two.",
     .hint = "At each SIGCHLD: waitpid(-1, …, WNOHANG) until it returns no "
             "child.",
     .section = "Signals", .manual = "waitpid(2)")
{
    enum { LOOKS = 100 };
    struct stage stage = launch(false);
    make_stay(&stage.led);
    make_stay(&stage.button);
    send_signal(stage.launcher, SIGTERM);
    expect_signal(&stage.led, "SIGTERM", "after launch_processes got SIGTERM");
    expect_signal(&stage.button, "SIGTERM",
                  "after launch_processes got SIGTERM");
    let_work(stage.launcher);
    freeze(stage.launcher);
    order(&stage.led, "exit 0");
    order(&stage.button, "exit 0");
    for (int i = 0; i < LOOKS && take_census(stage.launcher).zombies < 2; i++)
        continue;
    thaw(stage.launcher);
    given("led_process and button_process have ended at the same moment");
    expect_exit(stage.launcher, 0);
}

TEST("launch.missing", .points = 1, .arena = true,
     .title = "A program that is not there: a run-time error, and nobody stays",
     .why = "make may have failed for one of them.",
     .hint = "When execl returns it has failed: say so and _exit, or a second "
             "launch_processes goes on in the child.",
     .section = "Parent and children", .manual = "execl(3)")
{
    static const char *const names[] = {"led_process", "button_process"};
    listen_to_actors();
    for (int i = 0; i < 2; i++) {
        given("There is no %s beside it", names[!i]);
        unlink(shared_path(format("bin/%s", names[!i])));
        struct program *launcher =
            start("launch_processes", .shared = true, .beside = {names[i]});
        expect_runtime_error(launcher, "No such file or directory");
        if (!gone_within(launcher, 1000))
            fail_test(NULL, "launch_processes leaves a process behind.");
    }
}

TEST("launch.clean-start", .points = 1, .arena = true,
     .title = "Its children are born with no signal blocked or ignored",
     .why = "What is blocked or ignored stays so over exec. A program that "
            "knows nothing of it cannot be ended any more, but by SIGKILL.",
     .hint = "In the child, before execl: sigprocmask back to what it was, and "
             "SIG_DFL for what was ignored.",
     .section = "Signals", .manual = "execve(2)")
{
    struct stage stage = launch(false);
    const struct actor *both[] = {&stage.led, &stage.button};
    for (int i = 0; i < 2; i++)
        if (*both[i]->deaf)
            fail_test(&(struct verdict){.expected = "none",
                                        .received = both[i]->deaf + 1},
                      "%s is born with signals blocked or ignored.",
                      both[i]->name);
}

/* The fault needs fork. What posix_spawn makes is none of it: both come, and it
 * has not happened. */
static bool was_spawned(struct listener *listener, struct program *launcher)
{
    int came = 0;
    while (came < 2 && try_accept(listener, launcher, "a child"))
        came++;
    bool happened = access(shared_path("term-at-fork"), F_OK) == 0;
    if (came < 2 && !happened)
        fail_test(
            &(struct verdict){.expected = "led_process and button_process, "
                                          "started",
                              .received =
                                  came == 0 ? "neither" : "one of them"},
            "launch_processes does not start both programs that lie beside "
            "it.");
    return !happened;
}

TEST("launch.early-signal", .points = 1, .arena = true,
     .title = "SIGTERM in the midst of fork is not lost",
     .why = "Between fork and exec a child still is its parent, with the "
            "parent's handlers: they swallow a signal that was meant for the "
            "program.",
     .hint = "Block the signals before the first fork; take them with "
             "sigwaitinfo in the parent, and unblock them in the child just "
             "before exec.",
     .section = "Signals", .manual = "sigprocmask(2)")
{
    struct listener *listener = listen_to_actors();
    struct program *launcher = start(
        "launch_processes", .shared = true,
        .beside = {"led_process", "button_process"}, .faults = "term-at-fork");
    if (was_spawned(listener, launcher))
        return;
    given("SIGTERM comes while the second child is made");
    expect_exit(launcher, 0);
    if (!gone_within(launcher, 1000))
        fail_test(NULL, "launch_processes leaves a child behind.");
}

TEST("launch.usage", .points = 1, .arena = true,
     .title = "It takes no arguments: usage, exit status 2",
     .why = "Who gives it a port believes that it is used.",
     .hint = "argc is 1 when there are none.", .section = "What you build",
     .manual = "exit(3)")
{
    listen_to_actors();
    given("It is given an argument");
    expect_usage_error(start("launch_processes", .args = {"5555"},
                             .shared = true,
                             .beside = {"led_process", "button_process"}));
}

TEST("launch.idle", .points = 1, .arena = true,
     .title = "It uses no processor while it waits",
     .why = "It waits for as long as the machine runs.",
     .hint = "sigwaitinfo or waitpid wait; a loop of WNOHANG spins.",
     .section = "Parent and children", .manual = "waitpid(2)")
{
    struct stage stage = launch(false);
    expect_idle(stage.launcher, "while both children run");
    make_stay(&stage.button);
    send_signal(stage.launcher, SIGTERM);
    expect_signal(&stage.button, "SIGTERM",
                  "after launch_processes got SIGTERM");
    expect_idle(stage.launcher, "while it waits for a child that takes its "
                                "time");
}

TEST("launch.sanitizers", .points = 1, .arena = true,
     .title = "AddressSanitizer, LeakSanitizer and UBSan stay silent",
     .why = "A path that is put together from two parts has room for both, a "
            "slash and a NUL, or it has not.",
     .hint = "Build with gcc -g -fsanitize=address,undefined and run it "
             "yourself: the report names the line.",
     .section = "Memory and the sanitizers", .manual = "gcc(1)")
{
    struct stage stage = launch(true);
    order(&stage.led, "exit 1");
    wait_exit(stage.launcher);
    expect_no_sanitizer_report(stage.launcher);
}
