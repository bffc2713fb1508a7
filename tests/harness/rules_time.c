/* rules_time.c: the rules of servers that tell the time. */
#include "times.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void serve_time(struct conn *client)
{
    half_close(client);
    read_bytes(client, TIME_SIZE);
    hang_up(client);
}

/* ---- Times ---- */

void use_zone(const char *zone)
{
    if (setenv("TZ", zone, 1) < 0)
        broken("cannot set TZ");
    tzset();
}

const char *zone_of_file(const char *zone)
{
    const char *path = format("/usr/share/zoneinfo/%s", zone);
    if (access(path, R_OK) < 0)
        broken("%s is missing: make setup installs it (package tzdata)", path);
    return zone;
}

char *as_text(time_t moment)
{
    struct tm local;
    char text[26];
    if (!localtime_r(&moment, &local) || !asctime_r(&local, text))
        broken("no local time for %lld", (long long)moment);
    return format("%.*s", TIME_SIZE, text);
}

time_t random_moment(int month, int day)
{
    struct tm utc = {.tm_year = 101 + random_below(36),
                     .tm_mon = month,
                     .tm_mday = day,
                     .tm_hour = random_below(24),
                     .tm_min = random_below(60),
                     .tm_sec = random_below(60)};
    return timegm(&utc);
}

/* ---- A server whose clock is set ---- */

struct clocked start_clocked(const char *name, const char *zone, time_t moment,
                             int leap)
{
    struct clocked server = {.port = random_port(),
                             .zone = zone,
                             .started = time(NULL),
                             .leap = leap};
    server.ahead = moment - leap - server.started;
    use_zone(zone);
    note("the server's clock is set to %s, its time zone (TZ) is %s%s",
         as_text(moment - leap), zone,
         leap ? format(", and the clock goes on by %d days with each client",
                       leap / DAY)
              : "");
    server.program =
        start(name, .args = {format("%u", server.port)}, .tz = zone,
              .faults = format("clock=%lld,%lld", server.ahead, server.leap));
    wait_listening(server.program, server.port);
    return server;
}

struct conn *connect_next(struct clocked *server, struct told *told)
{
    told->from = server->leap ? time(NULL) : server->started;
    server->clients++;
    return dial(server->program, server->port);
}

/* time(2) may lag some milliseconds behind other clocks
 * (clock_gettime(2), CLOCK_REALTIME_COARSE): it gives the first moment, and
 * another clock the last. */
void hear_time(struct conn *client, struct told *told)
{
    struct timespec now;
    told->line = read_line(client);
    clock_gettime(CLOCK_REALTIME, &now);
    told->to = now.tv_sec;
}

static struct told ask(struct clocked *server)
{
    struct told told;
    struct conn *client = connect_next(server, &told);
    half_close(client);
    hear_time(client, &told);
    hang_up(client);
    return told;
}

/* Is it the time of a clock so far ahead of the machine's? */
static bool shows(struct told told, long long ahead)
{
    for (time_t t = told.from; t <= told.to; t++)
        if (strcmp(told.line, as_text(t + ahead)) == 0)
            return true;
    return false;
}

bool read_time(const char *line, time_t *moment)
{
    struct tm fields = {0};
    const char *end = strptime(line, "%a %b %d %H:%M:%S %Y", &fields);
    *moment = timegm(&fields);
    return end && *end == '\0' && strlen(line) == TIME_SIZE;
}

/* In words: what is wrong with the line, where `moment` was due. */
static const char *what_is_wrong(const char *line, time_t moment,
                                 const char *zone)
{
    time_t shown, meant;
    char *due = as_text(moment), first_digit = due[8];

    due[8] = '0';
    if (first_digit == ' ' && strncmp(line, due, 12) == 0)
        return "The day of the month is padded with a zero; ctime(3) pads it "
               "with a space";
    due[8] = first_digit;
    if (!read_time(line, &shown) || !read_time(due, &meant))
        return "The line is not a time in the form of ctime(3)";
    /* An hour that is wrong by as much as zones differ. */
    long minutes = (labs(shown - meant) + 30) / 60;
    if (minutes != 0 && labs(shown - moment) < 60)
        return format("The time is UTC, not the local time of the zone %s",
                      zone);
    if (minutes != 0 && minutes <= 26 * 60)
        return format("The time is off by %ld h %02ld min: it is not the local "
                      "time of the zone %s",
                      minutes / 60, minutes % 60, zone);
    return "The time is not the one that the server's clock shows";
}

/* A program that asks the kernel itself, past the C library, sees the machine's
 * true clock: that is right as well. */
void expect_time(const struct clocked *server, struct told told)
{
    long long ahead = server->ahead + server->clients * server->leap;
    if (shows(told, ahead) || shows(told, 0))
        return;
    char *due = as_text(told.to + ahead);
    struct verdict shown = {
        .expected = show_bytes(format("%s\n", due), TIME_LINE_SIZE, 0),
        .received = show_bytes(
            format("%s\n", told.line), strlen(told.line) + 1,
            common_prefix(told.line, strlen(told.line), due, TIME_SIZE))};
    fail_test(&shown, "%s.",
              what_is_wrong(told.line, told.to + ahead, server->zone));
}

/* ---- The rules ---- */

void rule_time(const char *name)
{
    /* A day of one digit: how it is padded shows on no other. */
    time_t moment = random_moment(random_below(12), 1 + random_below(9));
    struct clocked server = start_clocked(name, "UTC0", moment, 0);
    expect_time(&server, ask(&server));
}

void rule_time_unasked(const char *name)
{
    uint16_t port = random_port();
    struct conn *client = dial(start_server(name, port), port);
    read_bytes(client, TIME_SIZE);
}

void rule_time_end(const char *name)
{
    size_t size;
    uint16_t port = random_port();
    struct conn *client = dial(start_server(name, port), port);
    read_bytes(client, TIME_SIZE);
    expect_end_first(client);
    const char *rest = read_to_end(client, &size);
    if (size > 1)
        fail_test(&(struct verdict){.expected = "\"\\n\"",
                                    .received = show_bytes(rest, size, 0)},
                  "After the 24 characters of the time the server sent %zu "
                  "bytes, where one newline was due.",
                  size);
}

void rule_time_moment(const char *name)
{
    enum { LEAP = 8 * DAY + 3661 };
    time_t moment = random_moment(random_below(12), 10 + random_below(3));
    struct clocked server = start_clocked(name, "UTC0", moment, LEAP);
    struct told first = ask(&server), since_start = first;
    since_start.from = server.started;
    if (shows(since_start, server.ahead)) {
        struct told second = ask(&server);
        bool same = strcmp(first.line, second.line) == 0;
        struct verdict shown = {.expected =
                                    as_text(first.to + server.ahead + LEAP),
                                .received = show_line(first.line)};
        fail_test(&shown, same ? "The server tells every client the time at "
                                 "which it was started itself."
                               : "The server tells a client the time at which "
                                 "it began to wait for one.");
    }
    server.clients = 1;
    expect_time(&server, first);
    struct told second = ask(&server);
    if (strcmp(first.line, second.line) == 0)
        fail_test(&(struct verdict){.expected = as_text(
                                        second.to + server.ahead + 2 * LEAP),
                                    .received = show_line(second.line)},
                  "The server tells every client the time at which its first "
                  "one came.");
    expect_time(&server, second);
}

void rule_time_zone(const char *name)
{
    static const char *const zones[] = {"America/New_York", "America/St_Johns",
                                        "Australia/Adelaide", "Europe/Berlin",
                                        "Pacific/Auckland"};
    char *zone = random_word(20), *rules;
    for (int i = 0; i < 3; i++)
        zone[i] = 'A' + random_below(26);
    rules = format("%.3s%c%u:%u", zone, random_below(2) ? '-' : '+',
                   1 + random_below(11), 15 + 15 * random_below(3));
    const char *summer_and_winter = zone_of_file(zones[random_below(5)]);
    for (int i = 0; i < 3; i++) {
        int month = i == 0 ? random_below(12) : i == 1 ? 0 : 6;
        struct clocked server =
            start_clocked(name, i == 0 ? rules : summer_and_winter,
                          random_moment(month, 11 + random_below(9)), 0);
        expect_time(&server, ask(&server));
        stop_program(server.program);
    }
}

void rule_time_zone_late(const char *name)
{
    static const char *const zones[] = {"Africa/Nairobi", "Asia/Dubai",
                                        "Asia/Kathmandu", "Asia/Kolkata",
                                        "Asia/Tokyo"};
    struct clocked server =
        start_clocked(name, zone_of_file(zones[random_below(5)]),
                      random_moment(random_below(12), 11 + random_below(9)), 0);
    struct told told;

    /* One who already waits in accept has a descriptor for its client. Others
     * serve when there are some again. */
    let_work(server.program);
    starve_descriptors(server.program, true);
    struct conn *client = connect_next(&server, &told);
    let_work(server.program);
    starve_descriptors(server.program, false);
    hear_time(client, &told);
    expect_time(&server, told);
}

/* The contract's bound is a second. Here it is what nobody exceeds by accident:
 * a program that does not stir for 1.5 s, or 2.5 s of this process's time. */
static void expect_next_served(const char *name, struct program *server,
                               uint16_t port, const char *first_one,
                               void (*meanwhile)(void *), void *arg)
{
    struct conn *next = dial(server, port);
    half_close(next);
    if (!hears_within(next, 2500, meanwhile, arg))
        fail_test(
            &(struct verdict){.expected = "the time for the next client, "
                                          "after 1 second at most",
                              .received = format("nothing; %s %s", name,
                                                 describe_program(server))},
            "The next client waits for its time in vain: %s is still "
            "busy with one that %s.",
            name, first_one);
    let_work(server); /* one that ends has ended by then */
    if (has_ended(server))
        fail_test(&(struct verdict){.expected = "the time for the next client",
                                    .received = describe_program(server)},
                  "%s %s, and not only the connection of a client that %s.",
                  name, describe_program(server), first_one);
    read_bytes(next, TIME_SIZE);
}

void rule_never_reads(const char *name)
{
    uint16_t port = random_port();
    struct program *server = start_server(name, port);
    dial(server, port);
    expect_next_served(name, server, port,
                       "does not read, says nothing and does not end", NULL,
                       NULL);
}

void rule_spoke_first(const char *name)
{
    uint16_t port = random_port();
    struct program *server = start_server(name, port);
    freeze(server);
    struct conn *first = dial(server, port);
    say_text(first, random_word(3 + random_below(20)));
    thaw(server);
    expect_next_served(name, server, port, "said a word and does not end", NULL,
                       NULL);
}

static void say_a_byte(void *conn)
{
    say_text(conn, "a");
}

void rule_stays_open(const char *name)
{
    uint16_t port = random_port();
    struct program *server = start_server(name, port);
    struct conn *first = dial(server, port);
    let_work(server);
    expect_next_served(name, server, port, "goes on talking, a byte at a time",
                       say_a_byte, first);
}

void rule_time_close(const char *name)
{
    enum { SIZE = 1 << 20 };
    size_t size;
    uint16_t port = random_port();
    struct program *server = start_server(name, port);
    freeze(server); /* so that all is there when the server accepts */
    struct conn *client = dial(server, port);
    flood(client, random_bytes(SIZE), SIZE);
    half_close(client);
    thaw(server);
    read_to_end(client, &size);
    if (size < TIME_SIZE)
        fail_test(&(struct verdict){.expected = "the time",
                                    .received = format("%zu bytes", size)},
                  "A client that sent 1 MiB first is not sent the whole time.");
    wait_connections_over(port);
    expect_no_reset(client, "after the time");
}

static double milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/* A client that speaks while the server lingers, up to the connection's end. */
static struct conn *speak_late(const char *name, const char *faults)
{
    enum { PATIENCE = 500, TRIES = 20 };
    uint16_t port = random_port();
    struct program *server =
        start(name, .args = {format("%u", port)}, .faults = faults);
    struct conn *client = NULL;
    bool in_time = false;
    wait_listening(server, port);
    /* Where the machine had no time for us, the server's time is over too: no
     * fault of it. */
    for (int i = 0; i < TRIES && !in_time; i++) {
        double begin = milliseconds();
        if (client)
            hang_up(client);
        client = dial(server, port);
        read_bytes(client, TIME_SIZE);
        let_work(server);
        say_text(client, random_word(3 + random_below(20)));
        let_work(server); /* a reset shows on what is not over yet */
        half_close(client);
        in_time = milliseconds() - begin < PATIENCE;
        wait_connections_over(port);
    }
    return in_time ? client : NULL;
}

static void speaks_late(const char *name, const char *faults)
{
    struct conn *client = speak_late(name, faults);
    if (client)
        expect_no_reset(client, "when the client spoke after the time");
}

void rule_speaks_late(const char *name)
{
    speaks_late(name, NULL);
}

void rule_speaks_late_interrupted(const char *name)
{
    struct conn *client = speak_late(name, NULL);
    if (client && was_reset(client))
        return; /* signals have no part in it */
    given("Every second poll (or select) is interrupted (EINTR)");
    speaks_late(name, "eintr=poll");
    given("Every second recv (or read) is interrupted (EINTR)");
    speaks_late(name, "eintr=recv");
}

/* The clock is set here too: what a wrong server sends shows the day. */
void rule_time_short_counts(const char *name)
{
    time_t moment = random_moment(random_below(12), 11 + random_below(9));
    uint16_t port = random_port();
    char *faults =
        format("short,clock=%lld,0", (long long)(moment - time(NULL)));
    struct program *server =
        start(name, .args = {format("%u", port)}, .faults = faults);
    wait_listening(server, port);
    struct conn *client = dial(server, port);
    half_close(client);
    const char *text = read_bytes(client, TIME_SIZE);
    if (!read_time(format("%s", text), &moment))
        fail_test(&(struct verdict){.expected = "a time, each byte once",
                                    .received = show_bytes(text, TIME_SIZE, 0)},
                  "Where each send takes only some of the bytes, the client is "
                  "sent bytes twice or in the wrong order.");
}

void rule_time_sanitizers(const char *name)
{
    uint16_t port = random_port();
    struct program *server =
        start(name, .args = {format("%u", port)}, .sanitized = true);
    wait_listening(server, port);
    serve_time(dial(server, port));
    /* More than one who reads it away has room for. */
    struct conn *client = dial(server, port);
    say(client, random_bytes(70000), 70000);
    serve_time(client);
    reset(dial(server, port));
    serve_time(dial(server, port));
    expect_no_sanitizer_report(server);
}

/* ---- For make compare ---- */

void mask_times(char *text)
{
    static const char mask[] = "<time>",
                      pattern[] =
                          "(Sun|Mon|Tue|Wed|Thu|Fri|Sat) (Jan|Feb|Mar|Apr|May|"
                          "Jun|Jul|Aug|Sep|Oct|Nov|Dec) ( [1-9]|[12][0-9]|3"
                          "[01]) ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9] "
                          "[0-9]{4}$";
    regex_t expression;
    regmatch_t found;
    if (regcomp(&expression, pattern, REG_EXTENDED | REG_NEWLINE) != 0)
        broken("bad pattern %s", pattern);
    while (regexec(&expression, text, 1, &found, 0) == 0) {
        char *rest = text + found.rm_eo;
        text += found.rm_so;
        memcpy(text, mask, strlen(mask));
        text += strlen(mask);
        memmove(text, rest, strlen(rest) + 1);
    }
    regfree(&expression);
}
