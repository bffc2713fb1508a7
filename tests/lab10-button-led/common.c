/* common.c: what the files of this suite share: led_process's side, and
 * syslog. */
#include "lab10.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

const char *const suite_lab = "lab10-button-led";

double clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/* ---- led_process ---- */

struct program *start_led(const struct launch *more)
{
    struct launch launch = more ? *more : (struct launch){.name = NULL};
    launch.name = "led_process";
    struct program *led = start_program(&launch);
    wait_listening(led, PORT);
    return led;
}

struct conn *dial_led(struct program *led)
{
    return dial(led, PORT);
}

void tell(struct program *led, const void *message, size_t size)
{
    struct conn *client = dial_led(led);
    say(client, message, size);
    expect_end(client);
    hang_up(client);
}

void tell_on(struct program *led)
{
    tell(led, "LED ON", sizeof "LED ON");
}

void tell_off(struct program *led)
{
    tell(led, "LED OFF", sizeof "LED OFF");
}

/* ---- What it says on stderr ---- */

struct status {
    struct program *led;
    const char *due;
    size_t *taken;    /* of stderr, by lines before */
    const char *line; /* null until it is there */
    size_t length;
};

static bool next_status(void *arg)
{
    static const char words[] = "LED Status: ";
    struct status *status = arg;
    const char *text = errors_of(status->led, NULL) + *status->taken;
    for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
        const char *found = strstr(text, words);
        *status->taken += end + 1 - text;
        if (!found || found > end)
            continue;
        status->line = found + strlen(words);
        status->length = end - status->line;
        return true;
    }
    return false;
}

static struct verdict show_status(void *arg)
{
    struct status *status = arg;
    size_t size, printed;
    const char *errors = errors_of(status->led, &size);
    const char *output = output_of(status->led, &printed);
    bool elsewhere = strstr(output, "LED Status: ") != NULL;
    return (struct verdict){
        .expected = format("on stderr, a line \"LED Status: %s\"", status->due),
        .received = elsewhere
                        ? format("stdout %s", show_bytes(output, printed, 0))
                        : format("stderr %s", show_bytes(errors, size, size))};
}

void expect_status(struct program *led, const char *due)
{
    static struct program *of;
    static size_t taken;
    if (of != led)
        taken = 0;
    of = led;
    struct status status = {led, due, &taken, NULL, 0};
    wait_until(next_status, &status,
               "led_process has not said what its LED does now", show_status);
    if (status.length == strlen(due) &&
        memcmp(status.line, due, status.length) == 0)
        return;
    fail_test(
        &(struct verdict){
            .expected = format("\"LED Status: %s\" next", due),
            .received = format(
                "\"LED Status: %s\"",
                show_line(format("%.*s", (int)status.length, status.line)))},
        "led_process says another status than the one that was due next.");
}

size_t logged_size(struct program *program)
{
    size_t size;
    errors_of(program, &size);
    return size;
}

struct logging {
    struct program *program;
    size_t size;
};

static bool has_logged(void *arg)
{
    struct logging *logging = arg;
    return logged_size(logging->program) > logging->size;
}

static struct verdict show_logging(void *arg)
{
    (void)arg;
    return (struct verdict){.expected = "a line on stderr",
                            .received = "nothing more there"};
}

void wait_logged(struct program *program, size_t size, const char *what)
{
    struct logging logging = {program, size};
    wait_until(has_logged, &logging, format("%s is not logged", what),
               show_logging);
}

/* ---- syslog ---- */

static int syslog_fd = -1;

void open_syslog(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, shared_path("log"));
    syslog_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (syslog_fd < 0 ||
        bind(syslog_fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        chmod(address.sun_path, 0777) < 0)
        broken("a socket for syslog: %s", strerror(errno));
}

struct record {
    const char *words;
    char *text; /* null until it has come */
    char *last; /* that was another one; or null */
};

/* "<14>Nov 21 01:19:07 IDENT: TEXT": what stands before the ident is the C
 * library's. */
static char *from_ident(const char *text)
{
    regmatch_t before = {0};
    regex_t expression;
    if (regcomp(&expression, "^<[0-9]+>([A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} )?",
                REG_EXTENDED))
        broken("a pattern for syslog");
    bool found = regexec(&expression, text, 1, &before, 0) == 0;
    regfree(&expression);
    return format("%s", text + (found ? before.rm_eo : 0));
}

static bool record_came(void *arg)
{
    struct record *record = arg;
    char text[2048];
    ssize_t n;
    while (!record->text &&
           (n = recv(syslog_fd, text, sizeof text - 1, 0)) >= 0) {
        text[n] = '\0';
        note("syslog: %s", show_line(text));
        record->last = from_ident(text);
        if (!record->words || strstr(text, record->words))
            record->text = record->last;
    }
    return record->text != NULL;
}

static struct verdict show_record(void *arg)
{
    struct record *record = arg;
    return (struct verdict){
        .expected = record->words ? format("to syslog, \"%s\"", record->words)
                                  : "a record, as on stderr",
        .received = record->last
                        ? show_bytes(record->last, strlen(record->last), 0)
                        : "nothing on syslog's socket, /dev/log"};
}

char *wait_syslog(const char *words)
{
    struct record record = {.words = words};
    wait_until(record_came, &record, "syslog has not been told", show_record);
    return record.text;
}
