/* button_path.c: button_process and the path of its FIFO. */
#include "lab10.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct stat look_at(const char *name)
{
    struct stat what;
    if (lstat(shared_path(name), &what) < 0)
        memset(&what, 0, sizeof what);
    return what;
}

static void expect_mode(const char *of_what)
{
    mode_t mode = look_at(FIFO).st_mode & 07777;
    if (mode == 0600)
        return;
    fail_test(&(struct verdict){.expected = "mode 0600",
                                .received = format("mode %04o", mode)},
              "%s has another mode than 0600: others may press, or read the "
              "presses away.",
              of_what);
}

static void make_fifo(const char *name, mode_t mode)
{
    if (mkfifo(shared_path(name), mode) < 0 ||
        chmod(shared_path(name), mode) < 0)
        broken("mkfifo %s: %s", name, strerror(errno));
}

TEST("button.mode", .points = 1, .arena = true,
     .title = "The FIFO has mode 0600",
     .why = "In /tmp everybody finds it. Who may write there may press; who "
            "may read takes presses away.",
     .hint = "mkfifo(path, 0600).", .section = "The FIFO's path",
     .manual = "mkfifo(3)")
{
    struct listener *led = listen_as_led();
    press_for(led, start_button(NULL), "LED ON");
    expect_mode("The FIFO that button_process made");
}

TEST("button.takes-over", .points = 1, .arena = true,
     .title = "A FIFO that its user left there is taken over, with mode 0600",
     .why = "A program that was killed could not remove its own.",
     .hint = "Where mkfifo says EEXIST, open with O_NOFOLLOW, then fstat: is "
             "it a FIFO, and is st_uid geteuid()? fchmod it.",
     .section = "The FIFO's path", .manual = "fchmod(2)")
{
    make_fifo(FIFO, 0644);
    give_to_programs(FIFO);
    struct listener *led = listen_as_led();
    given("A FIFO of the same user is there, with mode 0644");
    struct program *button = start_button(NULL);
    press_for(led, button, "LED ON");
    expect_mode("It");
    send_signal(button, SIGTERM);
    expect_fifo_gone(button, FIFO, "at SIGTERM, where it had taken it over");
}

static void expect_same_there(const struct stat *before, const char *name)
{
    struct stat after = look_at(name);
    struct verdict shown = {.expected = "what was there, as it was"};
    if (before->st_ino == 0 && after.st_ino != 0)
        fail_test(NULL, "button_process makes what the link leads to.");
    if (before->st_ino != after.st_ino) {
        shown.received = after.st_ino == 0 ? "nothing: it is gone"
                         : S_ISFIFO(after.st_mode)
                             ? "a FIFO in its place"
                             : "something else in its place";
        fail_test(&shown, "button_process removes what is not its own.");
    }
    if (before->st_mode != after.st_mode)
        shown.received =
            format("it, with mode %04o in place of %04o",
                   after.st_mode & 07777u, before->st_mode & 07777u);
    else if (before->st_size != after.st_size)
        shown.received =
            format("it, with %s bytes in place of %s",
                   show_count(after.st_size), show_count(before->st_size));
    if (shown.received)
        fail_test(&shown, "button_process changes what is not its own.");
}

/* `name` is what must be as it was, FIFO itself or what that leads to. */
static void expect_refused_under(const char *faults, const char *name)
{
    enum { LONG = 10000 }; /* it ends earlier, where the program sleeps */
    struct stat before = look_at(name), link = look_at(FIFO);
    struct program *button =
        start("button_process", .shared = true, .faults = faults,
              .env = {"BUTTON_FIFO=/shared/" FIFO});
    bool ended = ends_within(button, LONG, NULL, NULL);
    expect_same_there(&link, FIFO);
    expect_same_there(&before, name);
    if (!ended)
        fail_test(&(struct verdict){.expected = "a run-time error",
                                    .received = describe_program(button)},
                  "button_process takes it for its FIFO.");
    expect_runtime_error(button, NULL);
}

static void expect_refused(const char *name)
{
    expect_refused_under(NULL, name);
}

static void make_file(const char *name, const char *text)
{
    int fd = open(shared_path(name), O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
        close(fd) < 0)
        broken("%s: %s", name, strerror(errno));
    give_to_programs(name);
}

TEST("button.refuses", .points = 1, .arena = true,
     .title = "A file, a folder or a socket at the path is refused",
     .why = "It may be a file that somebody needs.",
     .hint = "S_ISFIFO(st_mode) of fstat, on what you have opened; else say so "
             "and exit with status 1. Remove nothing.",
     .section = "The FIFO's path", .manual = "fstat(2)")
{
    make_file(FIFO, "0\n0\n");
    given("A file is at the path");
    expect_refused(FIFO);
    if (unlink(shared_path(FIFO)) < 0 || mkdir(shared_path(FIFO), 0777) < 0)
        broken("mkdir: %s", strerror(errno));
    give_to_programs(FIFO);
    given("A folder is at the path");
    expect_refused(FIFO);
    if (rmdir(shared_path(FIFO)) < 0)
        broken("rmdir: %s", strerror(errno));
    listen_path(FIFO);
    give_to_programs(FIFO);
    given("A socket is at the path");
    expect_refused(FIFO);
}

TEST("button.refuses-link", .points = 1, .arena = true,
     .title = "A symbolic link is refused, wherever it leads",
     .why = "Who put it there chose where it leads: to a FIFO of his own, or "
            "to a file of yours.",
     .hint = "open with O_NOFOLLOW: it fails with ELOOP. stat would follow the "
             "link.",
     .section = "The FIFO's path", .manual = "open(2)")
{
    make_fifo("other", 0644);
    give_to_programs("other");
    if (symlink("other", shared_path(FIFO)) < 0)
        broken("symlink: %s", strerror(errno));
    given("A link to a FIFO of the same user is at the path");
    expect_refused("other");
    if (unlink(shared_path(FIFO)) < 0 ||
        symlink("nothing", shared_path(FIFO)) < 0)
        broken("symlink: %s", strerror(errno));
    given("A link to nothing is at the path");
    expect_refused("nothing");
}

TEST("button.no-folder", .points = 1, .arena = true,
     .title = "A path that cannot be made: \"No such file or directory\"",
     .why = "Who mistypes BUTTON_FIFO should read what is wrong with it.",
     .hint = "err(1, \"%s\", path) says it in strerror's words. Look at what "
             "mkfifo returned.",
     .section = "What you build", .manual = "err(3)")
{
    given("BUTTON_FIFO names a file in a folder that is not there");
    expect_runtime_error(start("button_process", .shared = true,
                               .env = {"BUTTON_FIFO=/shared/none/" FIFO}),
                         "No such file or directory");
}

/* Where nobody hands out users, all that there is belongs to one. */
TEST("button.foreign-fifo", .points = 1, .arena = true,
     .title = "A FIFO of another user is refused",
     .why = "Whoever made it may read the presses, and press.",
     .hint = "After fstat: st_uid must be geteuid().",
     .section = "The FIFO's path", .manual = "fstat(2)")
{
    make_file("ours", "");
    bool one_user = look_at("ours").st_uid == geteuid();
    make_fifo(FIFO, 0666);
    given("A FIFO of another user is at the path");
    /* Where there is no other user, the program is told so by its fault. */
    expect_refused_under(one_user ? "foreign-fifo" : NULL, FIFO);
}

TEST("button.removes", .points = 2, .arena = true,
     .title = "The FIFO is removed at SIGINT and at SIGTERM",
     .why = "Ctrl-C and kill are how this program ends. What it leaves behind "
            "is in somebody's way.",
     .hint = "A handler that calls unlink, then signal(number, SIG_DFL) and "
             "raise(number). All three are async-signal-safe.",
     .section = "The FIFO's path", .manual = "signal-safety(7)")
{
    static const struct {
        int number;
        const char *when;
    } signals[] = {{SIGINT, "at SIGINT"}, {SIGTERM, "at SIGTERM"}};
    struct listener *led = listen_as_led();
    for (int i = 0; i < 4; i++) {
        struct program *button = start_button(NULL);
        if (i < 2)
            press_for(led, button, "LED ON");
        let_work(button);
        send_signal(button, signals[i % 2].number);
        expect_fifo_gone(button, FIFO, signals[i % 2].when);
    }
}

TEST("button.removes-busy", .points = 1, .arena = true,
     .title = "A signal ends it also while it tries to deliver a press",
     .why = "Who has no LED wants to end it just then.",
     .hint = "A handler does its work whatever the program is doing. If it "
             "only sets a flag, look at that after each try.",
     .section = "The FIFO's path", .manual = "signal(7)")
{
    struct program *button = start_button(NULL);
    press(button);
    let_work(button);
    send_signal(button, SIGTERM);
    expect_fifo_gone(button, FIFO, "at SIGTERM while it tries");
}
