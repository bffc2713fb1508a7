/* The suite of lab 03: time of day.
 *
 * Points: 67 for the server, 33 for the client. What the lab teaches weighs
 * most: a server that depends on nothing that its client does, an end that
 * arrives, the time in local time; and a client that reads up to that end.
 *
 * The clock of a machine cannot be set for a test, but what a program sees of
 * it can: fault "clock" of faults.c. So every test that compares times chooses
 * the day, and its answer is the same on every day of the year.
 */
#include "harness.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *const suite_lab = "lab03-time-of-day";

enum { TIME_SIZE = 24, LINE_SIZE = TIME_SIZE + 1, DAY = 24 * 60 * 60 };

/* For the tests of everything else: a client is served when it is sent a time.
 * It ends its own half first, so that no server need wait for it. */
static void serve(struct conn *client)
{
    half_close(client);
    read_bytes(client, TIME_SIZE);
    hang_up(client);
}

/* ---- Times --------------------------------------------------------------- */

/* From here on the test reckons in this time zone, as the program does. */
static void use_zone(const char *zone)
{
    if (setenv("TZ", zone, 1) < 0)
        broken("cannot set TZ");
    tzset();
}

/* A zone of the system's files: without them the C library takes UTC. */
static const char *zone_of_file(const char *zone)
{
    const char *path = format("/usr/share/zoneinfo/%s", zone);
    if (access(path, R_OK) < 0)
        broken("%s is missing: make setup installs it (package tzdata)", path);
    return zone;
}

/* "Sat Nov 21 01:19:07 2026", as ctime(3) writes it, without the newline. */
static char *as_text(time_t moment)
{
    struct tm local;
    char text[26];
    if (!localtime_r(&moment, &local) || !asctime_r(&local, text))
        broken("no local time for %lld", (long long)moment);
    return format("%.*s", TIME_SIZE, text);
}

static time_t random_moment(int month, int day)
{
    struct tm utc = {.tm_year = 101 + random_below(36),
                     .tm_mon = month,
                     .tm_mday = day,
                     .tm_hour = random_below(24),
                     .tm_min = random_below(60),
                     .tm_sec = random_below(60)};
    return timegm(&utc);
}

/* ---- A server whose clock is set ----------------------------------------- */

struct clocked {
    struct program *program;
    uint16_t port;
    const char *zone;
    time_t started; /* by the machine's clock, as all below */
    long long ahead, leap;
    int clients;
};

/* What it told a client, and between which two moments that was. */
struct told {
    const char *line;
    time_t from, to;
};

/* Its first client comes at `moment`, and each further one `leap` seconds
 * later. */
static struct clocked start_clocked(const char *zone, time_t moment, int leap)
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
        start("server", .args = {format("%u", server.port)}, .tz = zone,
              .faults = format("clock=%lld,%lld", server.ahead, server.leap));
    wait_listening(server.program, server.port);
    return server;
}

/* A client connects. Where the clock does not leap, a time as old as the server
 * will do: test server.moment tells. */
static struct conn *connect_next(struct clocked *server, struct told *told)
{
    told->from = server->leap ? time(NULL) : server->started;
    server->clients++;
    return dial(server->program, server->port);
}

/* It is told the time. time(2) may lag some milliseconds behind other clocks
 * (clock_gettime(2), CLOCK_REALTIME_COARSE): it gives the first moment, and
 * another clock the last. */
static void hear(struct conn *client, struct told *told)
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
    hear(client, &told);
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

/* The moment that a line shows, taken for UTC; false if it is no time. */
static bool read_time(const char *line, time_t *moment)
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
static void expect_time(const struct clocked *server, struct told told)
{
    long long ahead = server->ahead + server->clients * server->leap;
    if (shows(told, ahead) || shows(told, 0))
        return;
    char *due = as_text(told.to + ahead);
    struct verdict shown = {
        .expected = show_bytes(format("%s\n", due), LINE_SIZE, 0),
        .received = show_bytes(
            format("%s\n", told.line), strlen(told.line) + 1,
            common_prefix(told.line, strlen(told.line), due, TIME_SIZE))};
    fail_test(&shown, "%s.",
              what_is_wrong(told.line, told.to + ahead, server->zone));
}

/* ---- The server ---------------------------------------------------------- */

TEST("server.listens", .points = 3,
     .title = "The server listens on the port that it is given",
     .why = "No client can reach a server before it listens.",
     .hint = "socket, then bind, then listen, each checked; the port goes "
             "through htons into sin_port.",
     .section = "Ports and byte order", .manual = "bind(2)")
{
    start_server("server", random_port());
}

TEST("server.time", .points = 7,
     .title = "A client is sent the time, as ctime(3) writes it, and a newline",
     .why = "This is what the lab is about.",
     .hint = "time(NULL), then ctime_r: it writes 24 characters, a newline and "
             "a NUL. Send the first 25 bytes. With strftime the day is %e, not "
             "%d.",
     .section = "The server, step by step", .manual = "ctime(3)")
{
    /* A day of one digit: how it is padded shows on no other. */
    time_t moment = random_moment(random_below(12), 1 + random_below(9));
    struct clocked server = start_clocked("UTC0", moment, 0);
    expect_time(&server, ask(&server));
}

TEST("server.unasked", .points = 4,
     .title = "The time comes though the client says nothing",
     .why = "In this protocol the server speaks first. A client that waits for "
            "the time will not say a word before.",
     .hint = "No recv before the send: it waits for a client that waits for "
             "you.",
     .section = "Never wait for the client", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct conn *client = dial(start_server("server", port), port);
    read_bytes(client, TIME_SIZE);
}

TEST("server.ends", .points = 4,
     .title = "After the newline the stream ends, though the client stays",
     .why = "The end of the stream tells the client that it has all of the "
            "time. If it does not come, or more bytes come first, the client "
            "waits on or prints too much.",
     .hint = "Send strlen(line) bytes, not sizeof line, which counts the NUL "
             "too. Then shutdown(client, SHUT_WR) at once, before you wait for "
             "anything, and close in the end.",
     .section = "The server, step by step", .manual = "shutdown(2)")
{
    size_t size;
    uint16_t port = random_port();
    struct conn *client = dial(start_server("server", port), port);
    read_bytes(client, TIME_SIZE);
    const char *rest = read_to_end(client, &size);
    if (size > 1)
        fail_test(&(struct verdict){.expected = "\"\\n\"",
                                    .received = show_bytes(rest, size, 0)},
                  "After the 24 characters of the time the server sent %zu "
                  "bytes, where one newline was due.",
                  size);
}

TEST("server.moment", .points = 3,
     .title = "Each client is told the time at which it connects",
     .why = "A server runs for months. What it noted before it went to sleep "
            "in accept is old when a client comes.",
     .hint = "Call time(NULL) for each client anew, after accept has returned.",
     .section = "The server, step by step", .manual = "time(2)")
{
    enum { LEAP = 8 * DAY + 3661 };
    time_t moment = random_moment(random_below(12), 10 + random_below(3));
    struct clocked server = start_clocked("UTC0", moment, LEAP);
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
    expect_time(&server, second);
}

TEST("server.zone", .points = 4,
     .title = "The time is local time in the time zone of TZ",
     .why = "time(NULL) counts seconds in UTC. People read the time of their "
            "own place, in summer and in winter.",
     .hint = "Leave it to ctime_r or localtime_r: they know TZ, and the dates "
             "of daylight saving time. gmtime is UTC.",
     .section = "Time zones", .manual = "tzset(3)")
{
    static const char *const zones[] = {"America/New_York", "America/St_Johns",
                                        "Australia/Adelaide", "Europe/Berlin",
                                        "Pacific/Auckland"};
    char *name = random_word(20), *rules;
    for (int i = 0; i < 3; i++)
        name[i] = 'A' + random_below(26);
    rules = format("%.3s%c%u:%u", name, random_below(2) ? '-' : '+',
                   1 + random_below(11), 15 + 15 * random_below(3));
    const char *summer_and_winter = zone_of_file(zones[random_below(5)]);
    for (int i = 0; i < 3; i++) {
        int month = i == 0 ? random_below(12) : i == 1 ? 0 : 6;
        struct clocked server =
            start_clocked(i == 0 ? rules : summer_and_winter,
                          random_moment(month, 11 + random_below(9)), 0);
        expect_time(&server, ask(&server));
        stop_program(server.program);
    }
}

TEST("server.zone-late", .points = 2,
     .title = "It is local time also when descriptors have run out",
     .why = "The rules of a time zone are in a file, and are read when they "
            "are first asked for. If no descriptor is free then, the C library "
            "takes UTC, without a word and for good.",
     .hint = "Call tzset() at the start of main, while there are descriptors.",
     .section = "Time zones", .manual = "tzset(3)")
{
    static const char *const zones[] = {"Africa/Nairobi", "Asia/Dubai",
                                        "Asia/Kathmandu", "Asia/Kolkata",
                                        "Asia/Tokyo"};
    struct clocked server =
        start_clocked(zone_of_file(zones[random_below(5)]),
                      random_moment(random_below(12), 11 + random_below(9)), 0);
    struct told told;

    /* One who already waits in accept has a descriptor for its client. Others
     * serve when there are some again. */
    let_work(server.program);
    starve_descriptors(server.program, true);
    struct conn *client = connect_next(&server, &told);
    let_work(server.program);
    starve_descriptors(server.program, false);
    hear(client, &told);
    expect_time(&server, told);
}

TEST("server.next-client", .points = 3,
     .title = "When a client has gone the next one is served",
     .why = "A server runs for ever. Who comes while another is served waits "
            "in the queue that listen made.",
     .hint = "accept belongs into an endless loop; close the client's "
             "connection at its end, not the listening socket.",
     .section = "The server, step by step", .manual = "accept(2)")
{
    uint16_t port = random_port();
    struct program *server = start_server("server", port);
    struct conn *first = dial(server, port), *second = dial(server, port);
    serve(first);
    let_work(server);
    if (has_ended(server))
        fail_test(&(struct verdict){.expected = "a server that goes on",
                                    .received = describe_program(server)},
                  "The server %s after its first client; the second one was "
                  "waiting already.",
                  describe_program(server));
    serve(second);
    serve(dial(server, port));
}

/* The contract's bound is a second. Here it is what nobody exceeds by accident:
 * a program that does not stir for 1.5 s, or 2.5 s of this process's time. */
static void expect_next_served(struct program *server, uint16_t port,
                               const char *first_one, void (*meanwhile)(void *),
                               void *arg)
{
    struct conn *next = dial(server, port);
    half_close(next);
    if (!hears_within(next, 2500, meanwhile, arg))
        fail_test(
            &(struct verdict){.expected = "the time for the next client, "
                                          "after 1 second at most",
                              .received = format("nothing; server %s",
                                                 describe_program(server))},
            "The next client waits for its time in vain: server is still "
            "busy with one that %s.",
            first_one);
    read_bytes(next, TIME_SIZE);
}

TEST("server.never-reads", .points = 2,
     .title = "A client that never reads delays the next by 1 s at most",
     .why = "There are clients that connect and are forgotten. All others "
            "would have to wait for them.",
     .hint = "Before each recv wait with poll, for no longer than what is left "
             "of a second.",
     .section = "Never wait for the client", .manual = "poll(2)")
{
    uint16_t port = random_port();
    struct program *server = start_server("server", port);
    dial(server, port);
    expect_next_served(server, port,
                       "does not read, says nothing and does not end", NULL,
                       NULL);
}

TEST("server.spoke-first", .points = 2,
     .title = "A client that spoke first delays the next by 1 s at most",
     .why = "What a client says is of no interest here, and whether there will "
            "be more of it is not known.",
     .hint = "What the client says you may read away, but do not wait for its "
             "newline or its end without a limit.",
     .section = "Never wait for the client", .manual = "poll(2)")
{
    uint16_t port = random_port();
    struct program *server = start_server("server", port);
    freeze(server);
    struct conn *first = dial(server, port);
    say_text(first, random_word(3 + random_below(20)));
    thaw(server);
    expect_next_served(server, port, "said a word and does not end", NULL,
                       NULL);
}

static void say_a_byte(void *conn)
{
    say_text(conn, "a");
}

TEST("server.stays-open", .points = 3,
     .title = "A client that stays and talks delays the next by 1 s at most",
     .why = "A limit for each recv is no limit for all of them: a client that "
            "sends a byte now and then begins a new one each time.",
     .hint = "One deadline for each client: note the time once, and give poll "
             "what is left of it before each recv.",
     .section = "Never wait for the client", .manual = "clock_gettime(2)")
{
    uint16_t port = random_port();
    struct program *server = start_server("server", port);
    struct conn *first = dial(server, port);
    let_work(server);
    expect_next_served(server, port, "goes on talking, a byte at a time",
                       say_a_byte, first);
}

TEST("server.close", .points = 3,
     .title = "No reset, even if the client sent what nobody read",
     .why = "To close with unread input makes TCP send RST, which can destroy "
            "the time on its way to the client.",
     .hint = "shutdown(client, SHUT_WR), then recv and forget until it returns "
             "0 or the deadline is over, then close.",
     .section = "Closing without a reset", .manual = "shutdown(2)")
{
    enum { SIZE = 1 << 20 };
    size_t size;
    uint16_t port = random_port();
    struct program *server = start_server("server", port);
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

TEST("server.speaks-late", .points = 1,
     .title = "Nor a reset if the client speaks when it has the time",
     .why = "What comes to a closed connection is answered with RST. Whether "
            "anything is on its way, a server cannot know.",
     .hint = "Reading what is there now is not enough: wait for the client's "
             "end of stream, for up to a second.",
     .section = "Closing without a reset", .manual = "poll(2)")
{
    enum { PATIENCE = 500, TRIES = 20 };
    uint16_t port = random_port();
    struct program *server = start_server("server", port);
    /* Where the machine had no time for us, the server's time is over too: no
     * fault of it. */
    for (int i = 0; i < TRIES; i++) {
        double begin = milliseconds();
        struct conn *client = dial(server, port);
        read_bytes(client, TIME_SIZE);
        let_work(server);
        say_text(client, random_word(3 + random_below(20)));
        half_close(client);
        bool in_time = milliseconds() - begin < PATIENCE;
        wait_connections_over(port);
        if (in_time) {
            expect_no_reset(client, "when the client spoke after the time");
            return;
        }
        hang_up(client);
    }
}

TEST("server.short-counts", .points = 3,
     .title = "A send that took part of the bytes is continued",
     .why = "send returns how many bytes it took, which may be fewer than it "
            "was given. The rest is lost if nobody sends it.",
     .hint = "Loop: send(fd, data + done, size - done, …) until done == size.",
     .section = "Short counts", .manual = "send(2)")
{
    time_t moment;
    uint16_t port = random_port();
    struct program *server =
        start("server", .args = {format("%u", port)}, .faults = "short");
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

TEST("server.survives", .points = 3,
     .title = "No client ends the server: reset, early leave, junk",
     .why = "A server meets clients that crash, lose their network or mean "
            "harm. One of them must not take it away from all others.",
     .hint = "Sending to a connection that is gone raises SIGPIPE, which ends "
             "a program unless it is ignored. An error on one connection "
             "closes that connection only.",
     .section = "Clients that misbehave", .manual = "send(2)")
{
    rule_survives("server", serve);
}

TEST("server.interrupted", .points = 2,
     .title = "A call that a signal interrupted is made again (EINTR)",
     .why = "A call that waits can come back with EINTR and nothing done. That "
            "is no error of the connection.",
     .hint = "If a call returns -1 and errno is EINTR, make it again.",
     .section = "Clients that misbehave", .manual = "signal(7)")
{
    rule_interrupted("server", serve);
}

TEST("server.aborted", .points = 1,
     .title = "A client that left before accept does no harm (ECONNABORTED)",
     .why = "accept reports errors of the connection that it was about to "
            "return. They are that client's, not the server's.",
     .hint = "If accept returns -1 with ECONNABORTED, go round the loop.",
     .section = "Clients that misbehave", .manual = "accept(2)")
{
    rule_aborted("server", serve);
}

TEST("server.no-leak", .points = 2,
     .title = "After 200 clients the server holds what it held after one",
     .why = "A server that keeps a descriptor for each client stops serving "
            "when the limit is reached, often after 1,024 clients.",
     .hint = "Every path out of serving a client, an error too, passes close.",
     .section = "Running out of descriptors", .manual = "close(2)")
{
    rule_no_leak("server", serve);
}

TEST("server.descriptors", .points = 2,
     .title = "The server outlives a lack of descriptors and serves again",
     .why = "EMFILE says that accept has no descriptor now. It goes by; a "
            "server that ends for it does not.",
     .hint = "On EMFILE wait a little (poll with no descriptors and a "
             "timeout) and accept again; do not end, and do not spin.",
     .section = "Running out of descriptors", .manual = "accept(2)")
{
    rule_out_of_descriptors("server", serve);
}

TEST("server.idle", .points = 2,
     .title = "A server that waits uses no processor time",
     .why = "A loop that goes round without waiting heats the machine and "
            "takes the processor from those who have work.",
     .hint = "Wait in accept and poll, which sleep. recv returns 0 at the end "
             "of the stream, and goes on returning 0: leave the loop there, "
             "and after an error too.",
     .section = "Waiting without spinning", .manual = "poll(2)")
{
    rule_server_idle("server", serve);
}

TEST("server.restart", .points = 2,
     .title = "The server can be started again at once on the same port",
     .why = "This server ends each connection first. Then the connections stay "
            "in TIME_WAIT for a minute and keep the port, unless it is bound "
            "with SO_REUSEADDR.",
     .hint = "setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, …) between socket and "
             "bind.",
     .section = "Starting again on the same port", .manual = "socket(7)")
{
    rule_restart("server", serve);
}

TEST("server.port-taken", .points = 1,
     .title = "A second server on the port says so and ends with status 1",
     .why = "Two servers on one port would share the clients by chance. Who "
            "starts the second one wants to be told.",
     .hint = "Check what bind returns, and say why: err(1, \"bind\"). Use "
             "SO_REUSEADDR, never SO_REUSEPORT.",
     .section = "Starting again on the same port", .manual = "bind(2)")
{
    rule_port_taken("server", serve);
}

TEST("server.ready-line", .points = 2,
     .title = "\"listening on port N\" is on stdout once it is true",
     .why = "Who starts a server from a script waits for this line. With port "
            "0 it is the only way to learn the port.",
     .hint = "After listen: getsockname tells the port; print, then "
             "fflush(stdout), because a pipe is buffered.",
     .section = "The ready line", .manual = "getsockname(2)")
{
    rule_ready_line("server", serve);
}

TEST("server.default-port", .points = 1, .arena = true,
     .title = "Without an argument the server uses port 8888",
     .hint = "If argc is 1 there is no argv[1] to read: then it is 8888.",
     .why = "The command line is server [PORT].", .section = "What you build")
{
    struct program *server = start("server");
    wait_listening(server, 8888);
    serve(dial(server, 8888));
}

TEST("server.addresses", .points = 1,
     .title = "The server answers on every address of the machine",
     .why = "A machine has several addresses. Bound to one of them, a server "
            "cannot be reached by the others.",
     .hint = "Bind to INADDR_ANY, not to 127.0.0.1.",
     .section = "Names and addresses", .manual = "ip(7)")
{
    rule_every_address("server", serve);
}

TEST("server.usage", .points = 2,
     .title = "Wrong arguments: \"usage: …\" on stderr and exit status 2",
     .why = "A program that guesses what was meant serves on a port that "
            "nobody asked for.",
     .hint = "A port is plain decimal digits from 0 to 65535: look at every "
             "character, and mind what a number too large does to strtol or "
             "atoi.",
     .section = "Usage and run-time errors", .manual = "strtol(3)")
{
    rule_server_usage("server", 0, 1);
}

TEST("server.sanitizers", .points = 2,
     .title = "AddressSanitizer, LeakSanitizer and UBSan stay silent",
     .why = "A program can pass every other test and still write where it must "
            "not. The sanitizers see it.",
     .hint = "Build with gcc -g -fsanitize=address,undefined and run it "
             "yourself: the report names the line.",
     .section = "Memory and the sanitizers", .manual = "gcc(1)")
{
    uint16_t port = random_port();
    struct program *server =
        start("server", .args = {format("%u", port)}, .sanitized = true);
    wait_listening(server, port);
    serve(dial(server, port));
    /* More than one who reads it away has room for. */
    struct conn *client = dial(server, port);
    say(client, random_bytes(70000), 70000);
    serve(client);
    reset(dial(server, port));
    serve(dial(server, port));
    expect_no_sanitizer_report(server);
}

/* ---- The client ---------------------------------------------------------- */

/* No newline within, for the client puts the last one in order; a NUL, for it
 * may trust no byte to end a text. */
static char *random_reply(void)
{
    char *reply = (char *)random_bytes(TIME_SIZE);
    for (int i = 0; i < TIME_SIZE; i++)
        while (reply[i] == '\n')
            reply[i] = random_below(256);
    reply[5 + random_below(10)] = '\0';
    reply[0] = reply[TIME_SIZE - 1] = 'a' + random_below(26);
    return reply;
}

static char *random_time(void)
{
    use_zone("UTC0");
    return as_text(random_moment(random_below(12), 1 + random_below(28)));
}

static struct program *start_client(uint16_t port)
{
    return start("client", .args = {"127.0.0.1", format("%u", port)});
}

static void say_line(struct conn *conn, const char *reply)
{
    char line[LINE_SIZE];
    memcpy(line, reply, TIME_SIZE);
    line[TIME_SIZE] = '\n';
    say(conn, line, LINE_SIZE);
}

/* The client has printed the time, in whatever words, and ended well. */
static void expect_printed(struct program *client, const char *reply)
{
    size_t size;
    expect_exit(client, 0);
    const char *text = output_of(client, &size);
    if (memmem(text, size, reply, TIME_SIZE))
        return;
    char line[LINE_SIZE];
    memcpy(line, reply, TIME_SIZE);
    line[TIME_SIZE] = '\n';
    struct verdict shown = {.sent = show_bytes(line, LINE_SIZE, 0),
                            .expected = show_bytes(reply, TIME_SIZE, 0),
                            .received = show_bytes(text, size, 0)};
    fail_test(&shown, "client did not print all that the server sent.");
}

/* What a right server does for any client. */
static void tell_time(struct conn *conn, struct program *client)
{
    char *reply = random_time();
    say_line(conn, reply);
    half_close(conn);
    expect_printed(client, reply);
}

TEST("client.prints", .points = 6,
     .title = "The client prints \"Received from server: \" and the time",
     .why = "This is what the lab is about.",
     .hint = "Receive until recv returns 0, then print the words, with a blank "
             "after the colon, and the bytes that came.",
     .section = "The client, step by step", .manual = "recv(2)")
{
    size_t size;
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port);
    struct conn *conn = accept_here(listener, client);
    char *reply = random_time();
    say_line(conn, reply);
    half_close(conn);
    expect_exit(client, 0);

    const char *text = output_of(client, &size);
    char *due = format("Received from server: %s", reply);
    size_t same = common_prefix(text, size, due, strlen(due));
    struct verdict shown = {.expected = show_bytes(due, strlen(due), same),
                            .received = show_bytes(text, size, same)};
    if (same < strlen(due))
        fail_test(&shown,
                  "What client printed differs from what was due at "
                  "byte %zu.",
                  same + 1);
}

TEST("client.newline", .points = 2,
     .title = "The line on stdout ends with one newline",
     .why = "The time comes with a newline. A second one leaves an empty line, "
            "and with none the shell's prompt follows at once.",
     .hint = "Take the newline off the end of what came, then print one "
             "yourself.",
     .section = "The end of the stream", .manual = "fwrite(3)")
{
    size_t size;
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port);
    tell_time(accept_here(listener, client), client);
    const char *text = output_of(client, &size);
    size_t newlines = 0;
    while (newlines < size && text[size - 1 - newlines] == '\n')
        newlines++;
    if (newlines != 1)
        fail_test(&(struct verdict){.expected = "the line, and one \"\\n\"",
                                    .received = show_bytes(text, size, size)},
                  "What client printed ends with %zu newlines.", newlines);
}

TEST("client.pieces", .points = 5,
     .title = "A time that comes in pieces is put together",
     .why = "One recv returns what has come so far, not what the server sent. "
            "It may be a single byte.",
     .hint = "Add each piece behind those before it, recv(fd, answer + have, "
             "…), until recv returns 0.",
     .section = "The end of the stream", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port);
    struct conn *conn = accept_here(listener, client);
    char *reply = random_time();
    size_t first = 5 + random_below(10), second = first + 1 + random_below(8);
    say(conn, reply, first);
    let_work(client); /* it has taken it before there is more */
    say(conn, reply + first, second - first);
    let_work(client);
    say_text(conn, format("%s\n", reply + second));
    half_close(conn);
    expect_printed(client, reply);

    /* And byte by byte, as far as recv can tell. */
    client = start("client", .args = {"127.0.0.1", format("%u", port)},
                   .faults = "short");
    tell_time(accept_here(listener, client), client);
}

TEST("client.to-end", .points = 4,
     .title = "The client reads up to the end of the stream",
     .why = "That the newline has come says that a line is there. That this "
            "was all, only the end of the stream says.",
     .hint = "Go on until recv returns 0: not until a newline, nor until 25 "
             "bytes.",
     .section = "The end of the stream", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port);
    struct conn *conn = accept_here(listener, client);
    char *reply = random_time(), *line = format("%s\n", reply);
    say_text(conn, line);
    let_work(client);
    if (has_ended(client))
        fail_test(
            &(struct verdict){.sent = show_bytes(line, LINE_SIZE, 0),
                              .expected = "a client that waits for the end of "
                                          "the stream",
                              .received = "the client's end"},
            "client ended after the newline, but the stream had not ended.");
    half_close(conn);
    expect_printed(client, reply);
}

TEST("client.bytes", .points = 2,
     .title = "Every byte that comes is printed as it is",
     .why = "What comes from a network is bytes with a length. No NUL ends "
            "them, and there may be one within.",
     .hint = "Print with fwrite and the count; %s stops at the first NUL.",
     .section = "Bytes, not strings", .manual = "fwrite(3)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port);
    struct conn *conn = accept_here(listener, client);
    char *reply = random_reply();
    say_line(conn, reply);
    half_close(conn);
    expect_printed(client, reply);
}

TEST("client.early-end", .points = 3,
     .title = "A stream that ends before anything came is a run-time error",
     .why = "A server that dies before it speaks looks just like that. Who "
            "reads the output must not take it for an answer.",
     .hint = "recv returned 0 and you have nothing: say so on stderr, print "
             "nothing on stdout, exit with 1.",
     .section = "Usage and run-time errors", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port);
    half_close(accept_here(listener, client));
    expect_runtime_error(client, NULL);
}

TEST("client.reset", .points = 1,
     .title = "A connection that breaks off is a run-time error",
     .why = "After a reset nobody knows what is missing. Half a time that "
            "looks like a whole one is worse than an error.",
     .hint = "recv returns 0 at the end of the stream, and -1 for an error: "
             "two things, to be told apart.",
     .section = "The end of the stream", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port);
    struct conn *conn = accept_here(listener, client);
    say(conn, random_time(), 5 + random_below(15));
    let_work(client);
    reset(conn);
    expect_runtime_error(client, NULL);
}

TEST("client.idle", .points = 1,
     .title = "A client that waits uses no processor time",
     .why = "A loop that goes round without waiting takes the processor from "
            "those who have work, the server among them.",
     .hint = "Let recv wait: no MSG_DONTWAIT, no non-blocking socket without "
             "poll.",
     .section = "Waiting without spinning", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port);
    struct conn *conn = accept_here(listener, client);
    expect_idle(client, "while the server says nothing");
    say(conn, random_time(), 10);
    expect_idle(client, "while the rest of the time is missing");
}

TEST("client.defaults", .points = 2, .arena = true,
     .title = "Without arguments: localhost and 8888",
     .why = "The command line is client [HOST [PORT]].",
     .hint = "Look at argc before argv[1] and argv[2].",
     .section = "What you build")
{
    struct listener *listener = listen_here("127.0.0.1", 8888);
    struct program *client = start("client");
    tell_time(accept_here(listener, client), client);
    client = start("client", .args = {"127.0.0.1"});
    tell_time(accept_here(listener, client), client);
}

TEST("client.refused", .points = 2,
     .title = "Where nobody listens the client says so and exits with 1",
     .why = "\"Connection refused\" tells the user to start the server.",
     .hint = "Check what connect returns; print \"client: …: \" and "
             "strerror(errno) on stderr.",
     .section = "Usage and run-time errors", .manual = "connect(2)")
{
    rule_client_refused(&(struct launch){.name = "client"});
}

TEST("client.unknown-host", .points = 1,
     .title = "A host that does not exist is a run-time error",
     .why = "Names are looked up before anything is connected, and that can "
            "fail too.",
     .hint = "getaddrinfo returns an error number of its own; gai_strerror "
             "puts it into words.",
     .section = "Names and addresses", .manual = "getaddrinfo(3)")
{
    rule_client_unknown_host(&(struct launch){.name = "client"});
}

TEST("client.addresses", .points = 1, .arena = true,
     .title = "The client tries each address of a name in turn",
     .why = "A name may have several addresses, and the first may be down.",
     .hint = "Walk the list that getaddrinfo returned until one connects; a "
             "new socket for each try.",
     .section = "Names and addresses", .manual = "getaddrinfo(3)")
{
    rule_client_addresses(&(struct launch){.name = "client"}, tell_time);
}

TEST("client.usage", .points = 1,
     .title = "Wrong arguments: \"usage: …\" on stderr and exit status 2",
     .why = "A client that guesses talks to a program that nobody meant.",
     .hint = "A client's port is plain decimal digits from 1 to 65535.",
     .section = "Usage and run-time errors", .manual = "strtol(3)")
{
    rule_client_usage(&(struct launch){.name = "client"}, 0, 2);
}

TEST("client.sanitizers", .points = 2,
     .title = "AddressSanitizer, LeakSanitizer and UBSan stay silent",
     .why = "A program can pass every other test and still write where it must "
            "not. The sanitizers see it.",
     .hint = "Build with gcc -g -fsanitize=address,undefined and run it "
             "yourself: the report names the line.",
     .section = "Memory and the sanitizers", .manual = "gcc(1)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct launch launch = {.name = "client",
                            .args = {"127.0.0.1", format("%u", port)},
                            .sanitized = true};
    struct program *client = start_program(&launch);
    tell_time(accept_here(listener, client), client);
    expect_no_sanitizer_report(client);

    /* The same way out with nothing to print. */
    client = start_program(&launch);
    half_close(accept_here(listener, client));
    wait_exit(client);
    expect_no_sanitizer_report(client);
}

/* ---- For make compare ---------------------------------------------------- */

/* Each well-formed time at the end of a line becomes "<time>". */
static void mask_times(char *text)
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

void (*const suite_canonical)(char *text) = mask_times;

const struct pairing suite_pairings[] = {{.title = "the time of day"}, {0}};
