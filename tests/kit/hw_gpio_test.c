/* hw_gpio_test.c: the interface of hw/gpio.h, with the simulated backend. */
#include "hw_test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct buffer logged;

static void keep_log(const char *line)
{
    buffer_text(&logged, line);
    buffer_text(&logged, "\n");
}

static struct gpio_config button_at(const char *fifo)
{
    return (struct gpio_config){.offset = BUTTON_OFFSET,
                                .owner = "button_process",
                                .active_low = true,
                                .pull_up = true,
                                .debounce_ms = 20,
                                .fifo = fifo,
                                .log = keep_log};
}

static struct gpio_line *open_button(const char *fifo)
{
    struct gpio_config config = button_at(fifo);
    struct gpio_line *button = gpio_open_input(&config);

    ck_assert_msg(button != NULL, "%s", gpio_error());
    return button;
}

/* A writer that comes, writes, and goes. */
static void write_once(const char *fifo, const char *text, size_t size)
{
    int fd = open(fifo, O_WRONLY | O_NONBLOCK);

    ck_assert_msg(fd >= 0, "%s: %s", fifo, strerror(errno));
    ck_assert_int_eq(write(fd, text, size), (ssize_t)size);
    close(fd);
}

static bool is_readable(struct gpio_line *line, int timeout_ms)
{
    struct pollfd waiting = {.fd = gpio_fd(line), .events = POLLIN};

    return poll(&waiting, 1, timeout_ms) == 1;
}

/* The values of the edges that are there, as a text: "1010". After each one
 * poll is asked, as a program may do. */
static char *values(struct gpio_line *line)
{
    struct buffer all = {0};
    struct gpio_edge edge;

    buffer_text(&all, "");
    for (int wakes = 0; is_readable(line, 0); wakes++) {
        ck_assert_msg(wakes < 10000, "it wakes again and again");
        int got = gpio_next_edge(line, &edge);
        ck_assert_msg(got != -1, "%s", gpio_error());
        if (got == 1)
            buffer_text(&all, edge.value ? "1" : "0");
    }
    return all.data;
}

static char *await_values(struct gpio_line *line)
{
    ck_assert_msg(is_readable(line, 15000), "nothing comes");
    return values(line);
}

/* It may wake for what is no edge: an answer of the board. */
static char *await_edges(struct gpio_line *line)
{
    char *all;

    do {
        all = await_values(line);
    } while (*all == '\0');
    return all;
}

/* ---- The FIFO ------------------------------------------------------------ */

TEST("hw.fifo-presses", .arena = true,
     .title = "Each line \"0\" in the FIFO is one press; others are logged")
{
    const char *fifo = shared_path("button");
    struct gpio_line *button = open_button(fifo);
    static char long_line[60000];

    ck_assert_str_eq(values(button), "");
    write_once(fifo, TEXT("0\n"));
    ck_assert_str_eq(values(button), "10");
    write_once(fifo, TEXT("0\n0\n0\n"));
    ck_assert_str_eq(values(button), "101010");
    write_once(fifo, TEXT("0")); /* whole, once nobody can add to it */
    ck_assert_str_eq(values(button), "10");
    ck_assert_ptr_null(logged.data);

    write_once(fifo, TEXT("\n1\n00\n0 \n0\r\na\0\x1b[m\"\n0\n"));
    ck_assert_str_eq(values(button), "10");
    ck_assert_str_eq(logged.data, "button: not a press, ignored: \"\"\n"
                                  "button: not a press, ignored: \"1\"\n"
                                  "button: not a press, ignored: \"00\"\n"
                                  "button: not a press, ignored: \"0 \"\n"
                                  "button: not a press, ignored: \"0\\x0d\"\n"
                                  "button: not a press, ignored: "
                                  "\"a\\x00\\x1b[m\\x22\"\n");
    logged = (struct buffer){0};
    memset(long_line, '0', sizeof long_line);
    memcpy(long_line + sizeof long_line - 3, "\n0\n", 3);
    write_once(fifo, long_line, sizeof long_line);
    ck_assert_str_eq(values(button), "10");
    ck_assert_str_eq(logged.data,
                     "button: not a press, ignored: a long line\n");

    /* As much as fits: more than one call of gpio_next_edge looks at. */
    memset(long_line, '\n', sizeof long_line - 2);
    write_once(fifo, long_line, sizeof long_line);
    ck_assert_str_eq(values(button), "10");
    gpio_close(button);
}

TEST("hw.fifo-idle", .arena = true,
     .title = "Nothing to do is nothing to wake for, with and without writers")
{
    const char *fifo = shared_path("button");
    struct gpio_line *button = open_button(fifo);

    ck_assert_str_eq(values(button), "");
    ck_assert(!is_readable(button, 0));
    int writer = open(fifo, O_WRONLY | O_NONBLOCK);
    ck_assert_int_eq(write(writer, "0\n", 2), 2);
    ck_assert_str_eq(values(button), "10");
    ck_assert(!is_readable(button, 0));
    close(writer);
    ck_assert_str_eq(values(button), "");
    ck_assert(!is_readable(button, 0));
    write_once(fifo, TEXT("0\n"));
    ck_assert(is_readable(button, 0));
    gpio_close(button);
}

static mode_t mode_of(const char *path)
{
    struct stat what;

    ck_assert_msg(lstat(path, &what) == 0, "%s: %s", path, strerror(errno));
    return what.st_mode & 07777;
}

TEST("hw.fifo-place", .arena = true,
     .title = "The FIFO is its user's alone, one of his is taken over, "
              "and it goes with its line")
{
    const char *fifo = shared_path("button");
    int before = open_descriptors();

    umask(0);
    for (int taken_over = 0; taken_over < 2; taken_over++) {
        if (taken_over)
            ck_assert_int_eq(mkfifo(fifo, 0666), 0);
        struct gpio_line *button = open_button(fifo);
        ck_assert_int_eq(mode_of(fifo), 0600);
        gpio_close(button);
        ck_assert_int_eq(access(fifo, F_OK), -1);
    }
    /* What somebody has put there since is not ours to remove. */
    struct gpio_line *button = open_button(fifo);
    ck_assert_int_eq(unlink(fifo), 0);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    gpio_close(button);
    ck_assert_int_eq(access(fifo, F_OK), 0);
    ck_assert_int_eq(open_descriptors(), before);
}

static void expect_refused(const char *fifo, const char *why)
{
    struct gpio_config config = button_at(fifo);
    struct stat before, after;
    int open_before = open_descriptors();

    ck_assert_int_eq(lstat(fifo, &before), 0);
    ck_assert_ptr_null(gpio_open_input(&config));
    ck_assert_str_eq(gpio_error(), format("%s: %s", fifo, why));
    ck_assert_int_eq(lstat(fifo, &after), 0);
    ck_assert_int_eq(after.st_ino, before.st_ino);
    ck_assert_int_eq(after.st_mode, before.st_mode);
    ck_assert_int_eq(open_descriptors(), open_before);
    ck_assert_int_eq(remove(fifo), 0);
}

TEST("hw.fifo-refused", .arena = true,
     .title = "Anything else at the FIFO's path is refused, and left alone")
{
    const char *fifo = shared_path("button"), *other = shared_path("other");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int unix_socket = socket(AF_UNIX, SOCK_STREAM, 0);

    ck_assert_int_eq(mkfifo(other, 0644), 0);
    ck_assert_int_eq(symlink(other, fifo), 0);
    expect_refused(fifo, "a symbolic link is there");
    ck_assert_int_eq(mode_of(other), 0644);

    close(open(fifo, O_CREAT | O_WRONLY, 0644));
    expect_refused(fifo, "something else than a FIFO is there");
    ck_assert_int_eq(mkdir(fifo, 0755), 0);
    expect_refused(fifo, "something else than a FIFO is there");
    strcpy(address.sun_path, fifo);
    ck_assert_int_eq(
        bind(unix_socket, (struct sockaddr *)&address, sizeof address), 0);
    expect_refused(fifo, "something else than a FIFO is there");

    /* Only root can make one that is somebody else's. */
    ck_assert_int_eq(mkfifo(fifo, 0666), 0);
    if (chown(fifo, 4711, 4711) == 0)
        expect_refused(fifo, "this FIFO belongs to someone else");
}

/* ---- Debouncing ---------------------------------------------------------- */

TEST("hw.debounce", .arena = true,
     .title = "The first edge counts at once, others count when the contact "
              "has come to rest")
{
    /* Milliseconds and levels; the button is active when low. */
    static const struct {
        int ms, level;
        const char *taken; /* as a value; "" where it is bouncing */
    } edges[] = {
        {1000, 0, "1"}, {1001, 1, ""}, {1002, 0, ""},   /* a press */
        {1100, 1, "0"}, {1104, 0, ""}, {1105, 1, ""},   /* its release */
        {1300, 0, "1"}, {1319, 1, ""},                  /* a short press, */
        {1400, 0, "1"},                                 /* and the next one */
        {1420, 1, "0"}, {1439, 0, ""}, {1440, 0, "1"}}; /* 20 ms exactly */
    char *lines = "", *due = "";

    for (size_t i = 0; i < COUNT(edges); i++) {
        lines = format("%sedge %d %d %d000000\n", lines, BUTTON_OFFSET,
                       edges[i].level, edges[i].ms);
        due = format("%s%s", due, edges[i].taken);
    }
    setenv("GPIO_BOARD", pretend_board(lines), 1);
    struct gpio_line *button = open_button(NULL);
    struct buffer all = {0};
    while (all.size < strlen(due))
        buffer_text(&all, await_values(button));
    ck_assert_str_eq(all.data, due);
    gpio_close(button);
}

/* ---- The board ----------------------------------------------------------- */

TEST("hw.gpio-board", .arena = true,
     .title = "A line of the board: claimed, set, pressed, given back")
{
    const char *path = shared_path("board");
    const struct gpio_config led_config = {.offset = LED_OFFSET,
                                           .owner = "led_process"};
    const char *me = format("%d", (int)getpid());
    int before = open_descriptors();

    pid_t board = start_board(path, NULL);
    int with_board = open_descriptors();
    setenv("GPIO_BOARD", path, 1);
    struct gpio_line *led = gpio_open_output(&led_config, 0);
    ck_assert_msg(led != NULL, "%s", gpio_error());
    struct gpio_line *button = open_button(NULL);
    struct talker *hand = talk_to(path);
    expect_answer(hand, "watch", "ok");
    expect_heard(hand, format("line 17 out 0 led_process[%s]", me));
    expect_heard(hand, format("line 27 in 1 button_process[%s]", me));
    expect_heard(hand, "bounce off");

    ck_assert_int_eq(gpio_set(led, 1), 0);
    expect_heard(hand, format("line 17 out 1 led_process[%s]", me));
    ck_assert_int_eq(gpio_get(led), 1);
    ck_assert_int_eq(gpio_get(button), 0);
    expect_answer(hand, "press 27", "ok");
    ck_assert_int_eq(gpio_get(button), 1);
    ck_assert_str_eq(await_edges(button), "1");
    expect_edge(hand, BUTTON_OFFSET, 0);

    ck_assert_ptr_null(gpio_open_output(&led_config, 0));
    ck_assert_str_eq(gpio_error(),
                     format("the board says: error line 17 is in use by "
                            "led_process[%s]",
                            me));
    gpio_close(led);
    expect_heard(hand, "line 17 free 0");
    gpio_close(button);
    expect_heard(hand, "line 27 free 0");
    leave_board(hand);
    ck_assert_int_eq(open_descriptors(), with_board);
    ck_assert_int_eq(with_board, before + 1);
    end_process(board, SIGTERM);
}

TEST("hw.gpio-board-gone", .arena = true, .waits = 1000,
     .title = "Without its board a button still has its FIFO, and it finds "
              "the next board")
{
    const char *path = shared_path("board"), *fifo = shared_path("button");
    const struct gpio_config led_config = {.offset = LED_OFFSET};

    pid_t board = start_board(path, NULL);
    setenv("GPIO_BOARD", path, 1);
    struct gpio_line *button = open_button(fifo);
    struct gpio_line *led = gpio_open_output(&led_config, 0);
    ck_assert_msg(led != NULL, "%s", gpio_error());
    end_process(board, SIGKILL);
    ck_assert_str_eq(await_values(button), "");
    ck_assert_str_eq(logged.data, "the board has gone\n");
    write_once(fifo, TEXT("0\n"));
    ck_assert_str_eq(values(button), "10");
    ck_assert_int_eq(gpio_set(led, 1), -1);
    ck_assert_str_eq(gpio_error(),
                     format("board %s: Connection refused", path));
    ck_assert_int_eq(gpio_get(led), 0);

    start_board(path, NULL);
    ck_assert_int_eq(gpio_set(led, 1), 0);
    struct talker *hand = talk_to(path);
    expect_answer(hand, "get 17", "ok 1");
    while (strstr(logged.data, "a board is there again") == NULL)
        ck_assert_str_eq(await_values(button), "");
    tell_board(hand, "watch");
    while (strncmp(hear(hand), "line 27 in 1 ", 13) != 0)
        continue; /* until it has heard the claim */
    tell_board(hand, "press 27");
    ck_assert_str_eq(await_edges(button), "1");
    write_once(fifo, TEXT("0\n"));
    ck_assert_str_eq(values(button), "10");
}

/* Built with libgpiod, the kit looks for it; which chips there are is the
 * machine's affair. */
static void expect_no_such_chip(void)
{
#ifdef HAVE_LIBGPIOD
    const char *due = "there is no GPIO chip no-such-chip: ";
    ck_assert_str_eq(format("%.*s", (int)strlen(due), gpio_error()), due);
#else
    ck_assert_str_eq(
        gpio_error(),
        "no-such-chip: this program was built without libgpiod, so "
        "it knows the simulated board only");
#endif
}

TEST("hw.gpio-refusals", .arena = true, .waits = 500,
     .title = "What cannot be opened or done is told in one sentence")
{
    struct gpio_config config = {.chip = "no-such-chip"};
    static char long_path[200];

    ck_assert_ptr_null(gpio_open_output(&config, 0));
    expect_no_such_chip();
    config.chip = NULL;
    ck_assert_ptr_null(gpio_open_input(&config));
    ck_assert_str_eq(gpio_error(), "a simulated button needs a FIFO or a board "
                                   "(GPIO_BOARD), and has neither");
    struct gpio_line *led = gpio_open_output(&config, 1);
    ck_assert_int_eq(gpio_get(led), 1);
    ck_assert_int_eq(gpio_set(led, 0), 0);
    ck_assert_int_eq(gpio_get(led), 0);
    ck_assert_int_eq(gpio_fd(led), -1);
    ck_assert_int_eq(gpio_next_edge(led, &(struct gpio_edge){0}), -1);
    struct gpio_line *button = open_button(shared_path("button"));
    ck_assert_int_eq(gpio_set(button, 1), -1);
    ck_assert_str_eq(gpio_error(), "an input cannot be set");
    gpio_close(NULL);

    setenv("GPIO_BOARD", shared_path("nobody"), 1);
    ck_assert_ptr_null(gpio_open_output(&config, 0));
    ck_assert_str_eq(gpio_error(), format("board %s: No such file or directory",
                                          shared_path("nobody")));
    memset(long_path, 'x', sizeof long_path - 1);
    setenv("GPIO_BOARD", long_path, 1);
    ck_assert_ptr_null(gpio_open_output(&config, 0));
    ck_assert_str_eq(gpio_error(),
                     format("board %s: File name too long", long_path));

    /* One that listens, and never answers. */
    pid_t board = start_board(shared_path("board"), NULL);
    setenv("GPIO_BOARD", shared_path("board"), 1);
    ck_assert_int_eq(kill(board, SIGSTOP), 0);
    ck_assert_ptr_null(gpio_open_output(&config, 0));
    ck_assert_str_eq(gpio_error(),
                     "the board does not answer: Connection timed out");
}
