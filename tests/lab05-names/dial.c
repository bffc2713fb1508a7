/* The suite of lab 05, second part: dial. */
#include "names.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct program *start_dial(const char *host, uint16_t port)
{
    return start("dial", .args = {host, format("%u", port)});
}

/* The test's server, for one dial to 127.0.0.1. */
static struct conn *accept_dial(struct program **dial)
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    *dial = start_dial("127.0.0.1", port);
    return accept_here(listener, *dial);
}

static void expect_connected(struct program *dial, const char *address,
                             uint16_t port)
{
    expect_exit(dial, 0);
    char *line = first_line(dial),
         *due = format("connected to %s port %u", address, port);
    size_t same = common_prefix(line, strlen(line), due, strlen(due));
    char *swapped = format("connected to %s port %u", address, htons(port));
    if (strcmp(line, due) != 0)
        fail_test(
            &(struct verdict){.expected = show_bytes(due, strlen(due), same),
                              .received = show_bytes(line, strlen(line), same)},
            "The first line on stdout does not tell to which address and port "
            "dial is connected%s.",
            strcmp(line, swapped) == 0 ? ": the two bytes of the port are "
                                         "swapped"
                                       : "");
}

/* After the first line dial printed these bytes, and nothing else. */
static void expect_printed(struct program *dial, const void *data, size_t size)
{
    size_t text_size;
    expect_exit(dial, 0);
    const char *text = output_of(dial, &text_size);
    const char *got = memchr(text, '\n', text_size);
    got = got ? got + 1 : text + text_size;
    size_t got_size = text + text_size - got;
    size_t same = common_prefix(got, got_size, data, size);
    if (same == size && same == got_size)
        return;
    struct verdict shown = {.sent = show_bytes(data, size, same),
                            .expected = show_bytes(data, size, same),
                            .received = show_bytes(got, got_size, same)};
    if (memmem(text, text_size, "connected to ", 13) > (const void *)text)
        fail_test(&shown, "On dial's stdout the data comes before the line "
                          "about the connection.");
    if (same == got_size)
        fail_test(&shown,
                  "After its first line dial printed only %s of the %s bytes "
                  "that the server sent.",
                  show_count(got_size), show_count(size));
    fail_test(&shown,
              "What dial printed after its first line differs from what the "
              "server sent at byte %s.",
              show_count(same + 1));
}

TEST("dial.connects", .points = 3,
     .title = "dial connects, and prints to which address and port",
     .why = "A name hides where a connection goes. This line says it.",
     .hint = "socket and connect with what getaddrinfo gave; then print the "
             "address in numbers, NI_NUMERICHOST, and the port.",
     .section = "dial, step by step", .manual = "connect(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *dial = start_dial("127.0.0.1", port);
    struct conn *conn = accept_here(listener, dial);
    half_close(conn);
    expect_connected(dial, "127.0.0.1", port);
}

TEST("dial.prints", .points = 3,
     .title = "After that line it prints what the server sends",
     .why = "Daytime, the oldest of services, works like this: connect, and "
            "be told.",
     .hint = "recv into an array, fwrite as many bytes as came, until recv "
             "returns 0. If you print with write, fflush(stdout) first.",
     .section = "dial, step by step", .manual = "recv(2)")
{
    struct program *dial;
    struct conn *conn = accept_dial(&dial);
    char *text = format("%s\n", random_word(20 + random_below(40)));
    say_text(conn, text);
    half_close(conn);
    expect_printed(dial, text, strlen(text));
}

TEST("dial.ipv6", .points = 3, .title = "dial reaches an IPv6 server",
     .why = "For getaddrinfo and connect it makes no difference, and none for "
            "a program that leaves it to them.",
     .hint = "AF_UNSPEC in the hints, and socket with the ai_family of the "
             "address at hand.",
     .section = "Two families", .manual = "getaddrinfo(3)")
{
    need_ipv6();
    uint16_t port = random_port();
    struct listener *listener = listen_here("::1", port);
    struct program *dial = start_dial("::1", port);
    half_close(accept_here(listener, dial));
    expect_connected(dial, "::1", port);
}

/* One more server that ends at once. */
static void let_go(struct conn *conn, struct program *dial)
{
    half_close(conn);
    expect_exit(dial, 0);
}

TEST("dial.next", .points = 3, .arena = true,
     .title = "If one address refuses, dial tries the next",
     .why = "A name may have several addresses, and the first may be down.",
     .hint = "Walk the list to its end; for each address a new socket, and "
             "close it if connect fails.",
     .section = "One address after the other", .manual = "getaddrinfo(3)")
{
    rule_client_addresses(&(struct launch){.name = "dial"}, let_go);
}

/* The lines of a text that begin so. */
static char *lines_with(const char *text, const char *start_of_line)
{
    char *all = "";
    while (*text) {
        size_t length = strcspn(text, "\n");
        if (strncmp(text, start_of_line, strlen(start_of_line)) == 0)
            all = format("%s%.*s\n", all, (int)length, text);
        text += length + (text[length] == '\n');
    }
    return all;
}

static bool is_remote(const char *address)
{
    return strncmp(address, "192.0.2.", 8) == 0 ||
           strncmp(address, "2001:db8:", 9) == 0;
}

/* "trying ADDRESS port N: REASON" for the first `count` addresses. */
static char *lines_due(const struct host *host, int count, uint16_t port)
{
    char *all = "";
    for (int i = 0; i < count && host->addresses[i]; i++)
        all = format("%strying %s port %u: %s\n", all, host->addresses[i], port,
                     is_remote(host->addresses[i]) ? "Network is unreachable"
                                                   : "Connection refused");
    return all;
}

/* In words: how the "trying" lines differ from those due. */
static const char *what_is_wrong(struct program *dial, const char *got,
                                 const char *due)
{
    const char *port = strstr(due, " port "), *reason = strstr(port, ": ");
    if (*lines_with(output_of(dial, NULL), "trying "))
        return "dial prints its \"trying\" lines on stdout; they belong on "
               "stderr";
    if (!*got)
        return "dial does not tell of the addresses that failed";
    if (strncmp(got, due, reason - due) == 0)
        return "The REASON is not that of connect: errno was asked too late, "
               "or it was another call's";
    return "The \"trying\" lines on stderr are not those of the addresses that "
           "failed, in the order of the resolver";
}

static void expect_tried(struct program *dial, const char *due)
{
    const char *errors = errors_of(dial, NULL);
    char *got = lines_with(errors, "trying ");
    size_t same = common_prefix(got, strlen(got), due, strlen(due));
    if (strcmp(got, due) != 0)
        fail_test(
            &(struct verdict){.expected = show_bytes(due, strlen(due), same),
                              .received = show_bytes(got, strlen(got), same)},
            "%s.", what_is_wrong(dial, got, due));
}

TEST("dial.trying", .points = 3, .arena = true,
     .title = "Each failure is told on stderr, in the resolver's order",
     .why = "\"It does not work over IPv6\" is half of a diagnosis. Without "
            "this line nobody notices that it took two tries.",
     .hint =
         "Right after connect has failed: \"trying ADDRESS port N: REASON\" "
         "with strerror(errno), before close or anything else changes "
         "errno.",
     .section = "One address after the other", .manual = "strerror(3)")
{
    struct host host = host_here(3, true);
    uint16_t port = random_port();
    int answers = 2 + random_below(3);
    struct listener *listener = listen_here(host.addresses[answers], port);
    struct program *dial = start(
        "dial", .args = {host.name, format("%u", port)}, .hosts = host.hosts);
    given("%s has five addresses, and only the %s, %s, answers", host.name,
          answers == 2   ? "third"
          : answers == 3 ? "fourth"
                         : "fifth",
          host.addresses[answers]);
    half_close(accept_here(listener, dial));
    expect_exit(dial, 0);
    expect_tried(dial, lines_due(&host, answers, port));
    expect_connected(dial, host.addresses[answers], port);
}

TEST("dial.none", .points = 3, .arena = true,
     .title = "If none answers: also \"dial: HOST: REASON\" and exit status 1",
     .why = "A script that runs dial looks at the exit status, and a person at "
            "the last line.",
     .hint = "Keep the errno of the last connect in a variable until the list "
             "is at its end.",
     .section = "One address after the other", .manual = "err(3)")
{
    struct host host = host_partly_reachable();
    uint16_t port = random_port();
    struct program *dial = start(
        "dial", .args = {host.name, format("%u", port)}, .hosts = host.hosts);
    given("%s has two addresses where nobody listens, and then two to which no "
          "route leads",
          host.name);
    wait_exit(dial);
    char *due = format("dial: %s: Network is unreachable\n", host.name),
         *first = format("dial: %s: Connection refused\n", host.name);
    const char *errors = errors_of(dial, NULL);
    struct verdict shown = {.expected = show_bytes(due, strlen(due), 0),
                            .received = show_bytes(errors, strlen(errors), 0)};
    const char *last = lines_with(errors, "dial: ");
    if (*last)
        shown.received = show_bytes(last, strlen(last), 0);
    if (strstr(errors, "trying ") && !*last)
        fail_test(&shown, "dial tells of each address, but its last line, "
                          "\"dial: HOST: REASON\", is not there.");
    if (strstr(errors, first))
        fail_test(&shown, "dial's last line has the reason of the first "
                          "address; that of the last one is due.");
    expect_runtime_error(dial, "Network is unreachable");
    if (!strstr(errors, due))
        fail_test(&shown,
                  "In dial's last line the SUBJECT is not the HOST of the "
                  "command line.");
}

TEST("dial.by-name", .points = 1, .arena = true,
     .title = "Host and service can be given by their names",
     .why = "\"dial time.example daytime\" says more than numbers do. What is "
            "printed are numbers, since they are what was used.",
     .hint = "Hand both to getaddrinfo as they are, and take what you print "
             "from the address that came back.",
     .section = "Ports and their names", .manual = "services(5)")
{
    char *service = random_service();
    struct host host = host_here(1, false);
    uint16_t port = random_port();
    struct listener *listener = listen_here(host.addresses[0], port);
    struct launch launch = {
        .name = "dial",
        .args = {host.name, format("%u", port)},
        .hosts = host.hosts,
        .services = format("%s%s", service_line(service, port + 1, "udp"),
                           service_line(service, port, "tcp"))};
    for (int i = 0; i < 2; i++) {
        given(i == 0 ? "HOST is a name" : "SERVICE is a name");
        struct program *dial = start_program(&launch);
        half_close(accept_here(listener, dial));
        expect_connected(dial, host.addresses[0], port);
        launch.args[0] = host.addresses[0];
        launch.args[1] = service;
    }
}

TEST("dial.to-end", .points = 1,
     .title = "It prints all that comes, in however many pieces",
     .why = "One recv returns what has come so far. All of it is there when "
            "recv returns 0, and not before.",
     .hint = "A loop around recv and fwrite, left only on 0 and on an error.",
     .section = "Bytes up to the end", .manual = "recv(2)")
{
    struct program *dial;
    struct conn *conn = accept_dial(&dial);
    char *text =
        format("%s\n%s\n%s", random_word(30), random_word(30), random_word(30));
    say(conn, text, 20);
    let_work(dial); /* it has taken it before there is more */
    say(conn, text + 20, 20);
    let_work(dial);
    say_text(conn, text + 40);
    half_close(conn);
    expect_printed(dial, text, strlen(text));

    given("Each recv (or read) returns a few bytes");
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    dial = start("dial", .args = {"127.0.0.1", format("%u", port)},
                 .faults = "short");
    conn = accept_here(listener, dial);
    say_text(conn, text);
    half_close(conn);
    expect_printed(dial, text, strlen(text));
}

TEST("dial.bytes", .points = 1,
     .title = "300,000 bytes of any value come through unchanged",
     .why =
         "What a server sends is bytes with a length, and may be longer than "
         "any array of yours.",
     .hint = "fwrite with the count that recv returned: no %s, no strlen, no "
             "NUL put behind the last byte.",
     .section = "Bytes up to the end", .manual = "fwrite(3)")
{
    enum { SIZE = 300000 };
    struct program *dial;
    struct conn *conn = accept_dial(&dial);
    unsigned char *data = random_bytes(SIZE);
    say(conn, data, SIZE);
    half_close(conn);
    expect_printed(dial, data, SIZE);
}

TEST("dial.silent", .points = 1, .title = "dial itself sends nothing",
     .why = "A byte that nobody asked for may be a command. dial is there to "
            "listen.",
     .hint = "No send and no write to the socket at all.",
     .section = "dial, step by step", .manual = "recv(2)")
{
    size_t size;
    struct program *dial;
    struct conn *conn = accept_dial(&dial);
    say_text(conn, random_word(20));
    half_close(conn);
    const char *data = read_to_end(conn, &size);
    if (size > 0)
        fail_test(&(struct verdict){.expected = "no byte, and the end",
                                    .received = show_bytes(data, size, 0)},
                  "dial sent what nobody asked for.");
}

TEST("dial.reset", .points = 1,
     .title = "A connection that breaks off is a run-time error",
     .why = "After a reset nobody knows what is missing. Half an answer must "
            "not look like a whole one.",
     .hint = "recv returns 0 at the end of the stream, and -1 for an error: "
             "two things, to be told apart.",
     .section = "Bytes up to the end", .manual = "recv(2)")
{
    struct program *dial;
    struct conn *conn = accept_dial(&dial);
    say_text(conn, random_word(20));
    let_work(dial);
    reset(conn);
    expect_runtime_error(dial, NULL);
}

TEST("dial.eintr", .points = 0,
     .title = "A call that a signal interrupted is made again (EINTR)",
     .why = "A call that waits can come back with EINTR and nothing done. That "
            "is no error of the connection, and no end.",
     .hint = "If recv returns -1 and errno is EINTR, call it again.",
     .section = "Bytes up to the end", .manual = "signal(7)")
{
    static const char *const calls[][2] = {
        {"recv", "Every second recv (or read) is interrupted (EINTR)"},
        {"poll", "Every second poll (or select) is interrupted (EINTR)"}};
    for (int i = 0; i < 2; i++) {
        given("%s", calls[i][1]);
        uint16_t port = random_port();
        struct listener *listener = listen_here("127.0.0.1", port);
        struct program *dial =
            start("dial", .args = {"127.0.0.1", format("%u", port)},
                  .faults = format("eintr=%s", calls[i][0]));
        struct conn *conn = accept_here(listener, dial);
        char *text = format("%s\n", random_word(40));
        say_text(conn, text);
        half_close(conn);
        expect_printed(dial, text, strlen(text));
    }
}

TEST("dial.idle", .points = 1,
     .title = "While it waits it uses no processor time",
     .why = "A loop that goes round without waiting takes the processor from "
            "those who have work, the server among them.",
     .hint = "Let recv wait: no MSG_DONTWAIT, no non-blocking socket without "
             "poll.",
     .section = "Bytes up to the end", .manual = "recv(2)")
{
    struct program *dial;
    struct conn *conn = accept_dial(&dial);
    expect_idle(dial, "while the server says nothing");
    say_text(conn, random_word(10));
    expect_idle(dial, "when the server has said a word");
}

TEST("dial.unknown-host", .points = 1, .arena = true,
     .title = "A host that does not exist is a run-time error",
     .why = "Names are looked up before anything is connected, and that can "
            "fail too.",
     .hint = "getaddrinfo returns an error number of its own, not errno; "
             "gai_strerror puts it into words.",
     .section = "Usage and run-time errors", .manual = "gai_strerror(3)")
{
    rule_client_unknown_host(&(struct launch){.name = "dial"});
}

TEST("dial.no-service", .points = 1, .arena = true,
     .title = "A service that does not exist is a run-time error, 80x too",
     .why = "A guess would connect to a server that nobody meant.",
     .hint =
         "A text with a letter in it goes to getaddrinfo. strtol would stop "
         "at the x, and say 80.",
     .section = "Usage and run-time errors", .manual = "gai_strerror(3)")
{
    rule_unknown_service(
        &(struct launch){.name = "dial", .args = {"127.0.0.1", "http"}});
}

TEST("dial.usage", .points = 1, .arena = true,
     .title = "Wrong arguments: \"usage: …\" on stderr and exit status 2",
     .why = "Nobody can be connected to port 0, and getaddrinfo takes 70000 "
            "for 4464 without a word.",
     .hint = "A SERVICE without a letter must be plain digits, here from 1 to "
             "65535.",
     .section = "Usage and run-time errors", .manual = "strtol(3)")
{
    rule_service_usage(
        &(struct launch){.name = "dial", .args = {"127.0.0.1", "80"}}, 1);
}

TEST("dial.sanitizers", .points = 1, .arena = true,
     .title = "AddressSanitizer, LeakSanitizer and UBSan stay silent",
     .why = "The list of getaddrinfo is yours, and freeaddrinfo gives it back. "
            "The sanitizers see what is written where it must not be, too.",
     .hint = "freeaddrinfo(list), with the head of the list, after the last "
             "use of any of its entries. And nothing is written behind what "
             "recv brought.",
     .section = "Memory and the sanitizers", .manual = "getaddrinfo(3)")
{
    struct host host = host_here(3, false);
    uint16_t port = random_port();
    struct listener *listener = listen_here(host.addresses[2], port);
    struct launch launch = {.name = "dial",
                            .args = {host.name, format("%u", port)},
                            .hosts = host.hosts,
                            .sanitized = true};
    struct program *dial = start_program(&launch);
    struct conn *conn = accept_here(listener, dial);
    say(conn, random_bytes(70000), 70000);
    half_close(conn);
    wait_exit(dial);
    expect_no_sanitizer_report(dial);

    /* Ways out that are errors. */
    stop_listening(listener);
    for (int i = 0; i < 2; i++) {
        dial = start_program(&launch);
        wait_exit(dial);
        expect_no_sanitizer_report(dial);
        launch.args[0] = "no-such-host.invalid";
    }
}
