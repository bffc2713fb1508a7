/* press.c: button_process's side: the FIFO that is its button, and the LED's
 * server that hears of it. */
#include "lab10.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- The FIFO ---- */

struct fifo {
    struct program *button;
    const char *name, *path;
    int writer; /* -1: nobody reads there */
};

/* A writer that does not wait is refused where nobody reads: fifo(7). */
static bool opens(void *arg)
{
    struct fifo *fifo = arg;
    struct stat what;
    if (lstat(fifo->path, &what) == 0 && S_ISFIFO(what.st_mode))
        fifo->writer = open(fifo->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    return fifo->writer >= 0;
}

static struct verdict show_fifo(void *arg)
{
    struct fifo *fifo = arg;
    struct stat what;
    bool there = lstat(fifo->path, &what) == 0;
    const char *folder = strcmp(fifo->name, FIFO) == 0 ? "/shared" : "/tmp";
    return (struct verdict){.expected = format("%s/%s, a FIFO that "
                                               "button_process reads from",
                                               folder, fifo->name),
                            .received = !there ? "nothing at that path"
                                        : S_ISFIFO(what.st_mode)
                                            ? "a FIFO that nobody reads from"
                                            : "something else than a FIFO"};
}

static int open_fifo(struct program *button, const char *name)
{
    struct fifo fifo = {button, name, shared_path(name), -1};
    wait_until(opens, &fifo, "button_process cannot be pressed", show_fifo);
    return fifo.writer;
}

void wait_fifo(struct program *button, const char *name)
{
    close(open_fifo(button, name));
}

static bool is_gone(void *arg)
{
    struct fifo *fifo = arg;
    struct stat what;
    return lstat(fifo->path, &what) < 0;
}

void expect_fifo_gone(struct program *button, const char *name,
                      const char *when)
{
    struct fifo fifo = {button, name, shared_path(name), -1};
    wait_exit(button);
    if (!is_gone(&fifo))
        fail_test(&(struct verdict){.expected = "nothing at the FIFO's path",
                                    .received = "the FIFO"},
                  "button_process leaves its FIFO behind, %s.", when);
}

struct program *start_button(const struct launch *more)
{
    struct launch launch = more ? *more : (struct launch){.name = NULL};
    launch.name = "button_process";
    launch.shared = true;
    launch.env[0] = "BUTTON_FIFO=/shared/" FIFO;
    struct program *button = start_program(&launch);
    let_work(button); /* one that cannot but die has died by then */
    wait_fifo(button, FIFO);
    return button;
}

int open_writer(struct program *button)
{
    return open_fifo(button, FIFO);
}

struct writing {
    int writer;
    const char *lines;
    size_t size;
};

static bool has_written(void *arg)
{
    struct writing *w = arg;
    while (w->size) {
        ssize_t n = write(w->writer, w->lines, w->size);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return false;
        if (n < 0)
            fail_test(&(struct verdict){.received = strerror(errno)},
                      "button_process does not read its FIFO to the end: it "
                      "has closed it.");
        w->lines += n;
        w->size -= n;
    }
    return true;
}

void write_lines(int writer, const void *lines, size_t size)
{
    struct writing writing = {writer, lines, size};
    note("written to the FIFO: %s", show_bytes(lines, size, 0));
    wait_until(has_written, &writing, "button_process does not read its FIFO",
               NULL);
}

void write_once(struct program *button, const char *lines)
{
    int writer = open_writer(button);
    write_lines(writer, lines, strlen(lines));
    close(writer);
}

char *presses(int count)
{
    char *lines = malloc(2 * count + 1);
    if (!lines)
        broken("out of memory");
    for (int i = 0; i < count; i++)
        memcpy(lines + 2 * i, "0\n", 3);
    return lines;
}

void press(struct program *button)
{
    write_once(button, "0\n");
}

/* ---- The LED's server ---- */

struct listener *listen_as_led(void)
{
    return listen_here("127.0.0.1", PORT);
}

void expect_command_over(struct conn *conn, const char *command)
{
    size_t size;
    expect_bytes(conn, command, strlen(command) + 1);
    half_close(conn); /* it may wait for that */
    const char *rest = read_to_end(conn, &size);
    if (size)
        fail_test(
            &(struct verdict){.expected = format("\"%s\\0\"", command),
                              .received = format("that, and then %s",
                                                 show_bytes(rest, size, 0))},
            "button_process sends more over a connection than one message and "
            "its NUL.");
    hang_up(conn);
}

void expect_command(struct listener *led, struct program *button,
                    const char *command)
{
    expect_command_over(accept_here(led, button), command);
}

void expect_no_command(struct listener *led, struct program *button,
                       const char *when)
{
    let_work(button);
    if (!has_caller(led))
        return;
    size_t size;
    struct conn *conn = accept_here(led, button);
    half_close(conn);
    const char *bytes = read_to_end(conn, &size);
    fail_test(&(struct verdict){.expected = "no connection",
                                .received = show_bytes(bytes, size, 0)},
              "button_process sends a command %s.", when);
}

void press_for(struct listener *led, struct program *button,
               const char *command)
{
    press(button);
    expect_command(led, button, command);
}
