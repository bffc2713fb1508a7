/* kill.c: kill_process.sh, with stand-ins for those whom it may end. */
#include "lab10.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The script waits on its stage; its neighbours are there. */
struct scene {
    struct listener *listener;
    struct program *script;
    struct actor stage;
};

static struct scene set_scene(void)
{
    struct scene scene = {.listener = listen_to_actors()};
    scene.script =
        start("kill_process.sh", .shared = true, .stage = true,
              .beside = {"launch_processes", "led_process", "bystander"});
    if (!meet_actor(scene.listener, scene.script, &scene.stage))
        broken("the stage is not there");
    return scene;
}

static struct actor enter(const struct scene *scene, const char *who)
{
    struct actor actor;
    order(&scene->stage, format("start %s", who));
    if (!meet_actor(scene->listener, scene->script, &actor))
        broken("%s does not come", who);
    return actor;
}

static void write_pid_file(const char *text)
{
    const char *path = shared_path("bin/launch_processes.pid");
    FILE *file = fopen(path, "we");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0 ||
        chmod(path, 0644) < 0)
        broken("%s: %s", path, strerror(errno));
    note("launch_processes.pid holds %s", show_bytes(text, strlen(text), 0));
}

static void run_script(const struct scene *scene)
{
    order(&scene->stage, "go");
    expect_end(scene->stage.conn);
}

static void expect_untouched(const struct actor *actor, const char *what)
{
    if (!is_untouched(actor))
        fail_test(&(struct verdict){.expected = format("%s, as it was", what),
                                    .received = "it got a signal"},
                  "kill_process.sh signals %s, which is none of its business.",
                  what);
}

/* What the script says itself is what helps most. */
static char *no_signal(struct program *script)
{
    size_t size;
    const char *errors = errors_of(script, &size);
    return format("no signal; on stderr kill_process.sh says %s",
                  show_bytes(errors, size, 0));
}

/* SIGINT would do as well. SIGKILL would leave its children alone. */
static void expect_told(const struct actor *launcher)
{
    struct program *script = program_of(launcher->conn);
    if (!hears_within(launcher->conn, 4000, NULL, NULL))
        fail_test(&(struct verdict){.expected = "SIGTERM, or SIGINT",
                                    .received = no_signal(script)},
                  "kill_process.sh does not end the process whose number "
                  "launch_processes.pid holds.");
    size_t size = unread_bytes(launcher->conn);
    const char *line = read_bytes(launcher->conn, size);
    if (size < 7 ||
        (memcmp(line, "SIGTERM", 7) != 0 && memcmp(line, "SIGINT\n", 7) != 0))
        fail_test(&(struct verdict){.expected = "SIGTERM, or SIGINT",
                                    .received = "its end, by SIGKILL"},
                  "kill_process.sh gives launch_processes no time to end its "
                  "children.");
}

TEST("kill.ends", .points = 1, .arena = true,
     .title = "It ends the process that launch_processes.pid names",
     .why = "That is what the file is for.",
     .hint = "read -r pid <file; kill -TERM \"$pid\". The file lies beside the "
             "script: $(dirname \"$0\").",
     .section = "The script", .manual = "kill(1)")
{
    struct scene scene = set_scene();
    struct actor launcher = enter(&scene, "launch_processes");
    write_pid_file(format("%d\n", launcher.pid));
    run_script(&scene);
    expect_told(&launcher);
    wait_exit(scene.script);
}

TEST("kill.waits", .points = 1, .arena = true, .waits = 1500,
     .title = "It waits until that process has ended",
     .why = "Who starts everything anew after it must not meet the old one.",
     .hint = "while kill -0 \"$pid\" 2>/dev/null; do sleep 0.1; done. (wait is "
             "for the shell's own children.)",
     .section = "The script", .manual = "kill(1)")
{
    struct scene scene = set_scene();
    struct actor launcher = enter(&scene, "launch_processes");
    make_stay(&launcher);
    write_pid_file(format("%d\n", launcher.pid));
    run_script(&scene);
    expect_told(&launcher);
    if (ends_within(scene.script, 1500, NULL, NULL))
        fail_test(&(struct verdict){.expected = "a script that waits",
                                    .received = "one that has ended already"},
                  "kill_process.sh has ended, and launch_processes, which "
                  "takes its time, has not.");
    order(&launcher, "exit 0");
    wait_exit(scene.script);
}

TEST("kill.idle", .points = 1, .arena = true,
     .title = "It uses no processor while it waits",
     .why = "A loop that asks without a pause takes a processor from those who "
            "are about to end.",
     .hint = "sleep 0.1 between two looks.", .section = "The script",
     .manual = "sleep(1)")
{
    struct scene scene = set_scene();
    struct actor launcher = enter(&scene, "launch_processes");
    make_stay(&launcher);
    write_pid_file(format("%d\n", launcher.pid));
    run_script(&scene);
    expect_told(&launcher);
    expect_idle(scene.script, "while launch_processes takes its time");
}

TEST("kill.only-that", .points = 1, .arena = true,
     .title = "Others live on: a second launch_processes, an led_process, a "
              "name alike",
     .why = "A second student on the same machine has them too. pkill would "
            "end his as well.",
     .hint = "Take the number from the file, and no other.",
     .section = "The script", .manual = "kill(1)")
{
    struct scene scene = set_scene();
    struct actor launcher = enter(&scene, "launch_processes");
    struct actor other = enter(&scene, "launch_processes");
    struct actor led = enter(&scene, "led_process");
    struct actor bystander = enter(&scene, "bystander launch_processes");
    write_pid_file(format("%d\n", launcher.pid));
    run_script(&scene);
    expect_told(&launcher);
    wait_exit(scene.script);
    expect_untouched(&other, "another launch_processes");
    expect_untouched(&led, "an led_process that somebody else started");
    expect_untouched(&bystander, "a program with launch_processes as argument");
}

/* A script that never ends anything ends nothing else either: that is worth
 * nothing. How it ends that one, and whether it waits, other tests ask. */
static void expect_it_works(void)
{
    struct scene scene = set_scene();
    struct actor launcher = enter(&scene, "launch_processes");
    write_pid_file(format("%d\n", launcher.pid));
    run_script(&scene);
    if (!hears_within(launcher.conn, 4000, NULL, NULL))
        fail_test(&(struct verdict){.expected = "the end of launch_processes "
                                                "where the file does name it",
                                    .received = no_signal(scene.script)},
                  "kill_process.sh ends nothing at all: see kill.ends first.");
    stop_program(scene.script);
}

/* What a script does in this case, with a launch_processes that is not named
 * and a program that has another name. */
static void expect_nothing_ended(const char *text)
{
    struct scene scene = set_scene();
    struct actor launcher = enter(&scene, "launch_processes");
    unlink(shared_path("bin/launch_processes.pid"));
    if (text)
        write_pid_file(text);
    run_script(&scene);
    wait_exit(scene.script);
    expect_untouched(&launcher, "a launch_processes that was not named");
    stop_program(scene.script);
}

TEST("kill.nothing-there", .points = 1, .arena = true,
     .title = "Without a pid file, or with one that is stale, it ends nothing",
     .why = "launch_processes may have ended long ago.",
     .hint = "Is the file there? Is there a process of that number? If not, "
             "say so and exit.",
     .section = "The script", .manual = "test(1)")
{
    given("There is no launch_processes.pid");
    expect_nothing_ended(NULL);
    given("launch_processes.pid holds a number that no process has");
    expect_nothing_ended("32000\n");
    expect_it_works();
}

TEST("kill.junk", .points = 1, .arena = true,
     .title = "With junk in the pid file it ends nothing",
     .why = "kill -1 ends all that you have, and kill 0 the shell's own "
            "group.",
     .hint = "case $pid in '' | *[!0-9]*) …: exit; and 0 is no process.",
     .section = "The script", .manual = "kill(1)")
{
    static const char *const junk[] = {"",    "\n",       "junk\n", "-1\n",
                                       "0\n", "-15 -1\n", "$$\n"};
    for (size_t i = 0; i < sizeof junk / sizeof *junk; i++) {
        given("launch_processes.pid holds %s",
              show_bytes(junk[i], strlen(junk[i]), 0));
        expect_nothing_ended(junk[i]);
    }
    expect_it_works();
}

TEST("kill.other", .points = 1, .arena = true,
     .title = "A process of that number that is another program lives on",
     .why = "Numbers are used again: what was launch_processes yesterday is "
            "an editor today.",
     .hint = "readlink /proc/$pid/exe tells what a process runs; "
             "/proc/$pid/comm has its name, cut to 15 bytes.",
     .section = "The script", .manual = "proc(5)")
{
    struct scene scene = set_scene();
    struct actor bystander = enter(&scene, "bystander launch_processes");
    write_pid_file(format("%d\n", bystander.pid));
    run_script(&scene);
    wait_exit(scene.script);
    expect_untouched(&bystander, "a program that is no launch_processes");
    stop_program(scene.script);
    expect_it_works();
}
