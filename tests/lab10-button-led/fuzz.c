/* fuzz.c: random conversations with the programs of lab 10. */
#include "fuzz/talk.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const suite_lab = "lab10-button-led";

#define FIFO "button"

static const char *const words[] = {
    "LED ON",    "LED OFF",      "LED ON\n",  "LED OFF\r\n", "\r", "\n",
    "LED ON\nx", "LED ONLED ON", "LED ONxyz", "LED",         NULL};
static const char *const lines[] = {"0\n", "0",  "0\n0\n", "1\n", "\n",
                                    "00",  " 0", "0\r\n",  NULL};

/* ---- led_process ---- */

static bool says_on(void *arg)
{
    struct program *led = arg;
    size_t size;
    const char *text = errors_of(led, &size);
    const char *last = text + size;
    while (last > text && strncmp(last, "LED Status: ", 12) != 0)
        last--;
    return strncmp(last, "LED Status: On\n", 15) == 0;
}

/* Off, then on: the last word that it says is "On". */
static void serve(struct conn *client)
{
    struct program *led = program_of(client);
    say(client, "LED ON", sizeof "LED ON");
    expect_end(client);
    hang_up(client);
    wait_until(says_on, led, "The next LED ON is not followed", NULL);
}

/* It says nothing to anybody. */
static const char *wrong(struct bytes said, struct bytes answer)
{
    (void)said;
    return answer.size ? show_bytes(answer.data, answer.size, 0) : NULL;
}

/* ---- button_process ---- */

static bool is_fifo(void *arg)
{
    struct stat about;
    return has_ended(arg) ||
           (stat(shared_path(FIFO), &about) == 0 && S_ISFIFO(about.st_mode));
}

static void write_now(int writer, struct bytes piece)
{
    ssize_t n = write(writer, piece.data, piece.size);
    if (n > 0)
        log_event("writer", "sent", piece.data, n);
}

/* The LED takes a command, or does anything else. */
static void meet(const struct talk *talk, struct listener *led,
                 struct program *button)
{
    if (!has_caller(led))
        return;
    struct conn *conn = try_accept(led, button, "led");
    if (!conn)
        return;
    if (random_below(3))
        let_work(button);
    if (random_below(4) == 0)
        say_now(conn, random_piece(talk));
    if (random_below(3) == 0)
        reset(conn);
    else
        hang_up(conn);
}

static void talk_to_button(const struct talk *talk)
{
    const struct talk typed = {.words = lines, .edge = 128};
    uint16_t port = random_port();
    struct listener *led = listen_here("127.0.0.1", port);
    struct launch launch = {.name = talk->program,
                            .args = {"127.0.0.1", port_text(port)},
                            .shared = true,
                            .env = {"BUTTON_FIFO=/shared/" FIFO}};
    struct program *button = start_talking(&launch);
    int writer = -1;
    wait_until(is_fifo, button, "There is no FIFO", NULL);
    let_work(button);
    for (int i = 3 + random_below(20); i > 0; i--) {
        if (writer < 0)
            writer = open(shared_path(FIFO), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (writer >= 0 && random_below(4))
            write_now(writer, random_piece(&typed));
        if (writer >= 0 && random_below(6) == 0) {
            close(writer);
            writer = -1;
        }
        if (random_below(5) == 0 && !has_ended(button))
            send_signal(button, random_below(2) ? SIGCONT : SIGWINCH);
        meet(talk, led, button);
    }
    stop_listening(led);
    if (has_ended(button))
        fail_test(NULL, "button_process %s, after a random conversation.",
                  describe_end(button));
    if (writer >= 0)
        close(writer);
    expect_no_sanitizer_report(button);
    if (access(shared_path(FIFO), F_OK) == 0)
        fail_test(NULL, "The FIFO is still there after SIGTERM.");
}

const struct talk talks[] = {
    {.program = "led_process",
     .run = talk_to_server,
     .args = {"PORT"},
     .words = words,
     .edge = 64,
     .serve = serve,
     .wrong = wrong,
     .ends_first = in_any_case},
    {.program = "button_process", .run = talk_to_button, .words = words},
    {.program = "led_process", .run = talk_by_arguments},
    {.program = "button_process", .run = talk_by_arguments},
    {0}};
