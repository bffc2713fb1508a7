/* The suite of lab 03: time of day.
 *
 * Points: 67 for the server, 33 for the client. What the lab teaches weighs
 * most: a server that depends on nothing that its client does, an end that
 * arrives, the time in local time; and a client that reads up to that end.
 */
#include "times.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const suite_lab = "lab03-time-of-day";

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
    rule_time("server");
}

TEST("server.unasked", .points = 4,
     .title = "The time comes though the client says nothing",
     .why = "In this protocol the server speaks first. A client that waits for "
            "the time will not say a word before.",
     .hint = "No recv before the send: it waits for a client that waits for "
             "you.",
     .section = "Never wait for the client", .manual = "recv(2)")
{
    rule_time_unasked("server");
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
    rule_time_end("server");
}

TEST("server.moment", .points = 3,
     .title = "Each client is told the time at which it connects",
     .why = "A server runs for months. What it noted before it went to sleep "
            "in accept is old when a client comes.",
     .hint = "Call time(NULL) for each client anew, after accept has returned.",
     .section = "The server, step by step", .manual = "time(2)")
{
    rule_time_moment("server");
}

TEST("server.zone", .points = 4,
     .title = "The time is local time in the time zone of TZ",
     .why = "time(NULL) counts seconds in UTC. People read the time of their "
            "own place, in summer and in winter.",
     .hint = "Leave it to ctime_r or localtime_r: they know TZ, and the dates "
             "of daylight saving time. gmtime is UTC.",
     .section = "Time zones", .manual = "tzset(3)")
{
    rule_time_zone("server");
}

TEST("server.zone-late", .points = 2,
     .title = "It is local time also when descriptors have run out",
     .why = "The rules of a time zone are in a file, and are read when they "
            "are first asked for. If no descriptor is free then, the C library "
            "takes UTC, without a word and for good.",
     .hint = "Call tzset() at the start of main, while there are descriptors.",
     .section = "Time zones", .manual = "tzset(3)")
{
    rule_time_zone_late("server");
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
    serve_time(first);
    let_work(server);
    if (has_ended(server))
        fail_test(&(struct verdict){.expected = "a server that goes on",
                                    .received = describe_program(server)},
                  "The server %s after its first client; the second one was "
                  "waiting already.",
                  describe_program(server));
    serve_time(second);
    serve_time(dial(server, port));
}

TEST("server.never-reads", .points = 2,
     .title = "A client that never reads delays the next by 1 s at most",
     .why = "There are clients that connect and are forgotten. All others "
            "would have to wait for them.",
     .hint = "Before each recv wait with poll, for no longer than what is left "
             "of a second.",
     .section = "Never wait for the client", .manual = "poll(2)")
{
    rule_never_reads("server");
}

TEST("server.spoke-first", .points = 2,
     .title = "A client that spoke first delays the next by 1 s at most",
     .why = "What a client says is of no interest here, and whether there will "
            "be more of it is not known.",
     .hint = "What the client says you may read away, but do not wait for its "
             "newline or its end without a limit.",
     .section = "Never wait for the client", .manual = "poll(2)")
{
    rule_spoke_first("server");
}

TEST("server.stays-open", .points = 3,
     .title = "A client that stays and talks delays the next by 1 s at most",
     .why = "A limit for each recv is no limit for all of them: a client that "
            "sends a byte now and then begins a new one each time.",
     .hint = "One deadline for each client: note the time once, and give poll "
             "what is left of it before each recv.",
     .section = "Never wait for the client", .manual = "clock_gettime(2)")
{
    rule_stays_open("server");
}

TEST("server.close", .points = 3,
     .title = "No reset, even if the client sent what nobody read",
     .why = "To close with unread input makes TCP send RST, which can destroy "
            "the time on its way to the client.",
     .hint = "shutdown(client, SHUT_WR), then recv and forget until it returns "
             "0 or the deadline is over, then close.",
     .section = "Closing without a reset", .manual = "shutdown(2)")
{
    rule_time_close("server");
}

TEST("server.speaks-late", .points = 1,
     .title = "Nor a reset if the client speaks when it has the time",
     .why = "What comes to a closed connection is answered with RST. Whether "
            "anything is on its way, a server cannot know.",
     .hint = "Reading what is there now is not enough: wait for the client's "
             "end of stream, for up to a second.",
     .section = "Closing without a reset", .manual = "poll(2)")
{
    rule_speaks_late("server");
}

TEST("server.short-counts", .points = 3,
     .title = "A send that took part of the bytes is continued",
     .why = "send returns how many bytes it took, which may be fewer than it "
            "was given. The rest is lost if nobody sends it.",
     .hint = "Loop: send(fd, data + done, size - done, …) until done == size.",
     .section = "Short counts", .manual = "send(2)")
{
    rule_time_short_counts("server");
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
    rule_survives("server", serve_time);
}

TEST("server.interrupted", .points = 2,
     .title = "A call that a signal interrupted is made again (EINTR)",
     .why = "A call that waits can come back with EINTR and nothing done. That "
            "is no error of the connection.",
     .hint = "If a call returns -1 and errno is EINTR, make it again.",
     .section = "Clients that misbehave", .manual = "signal(7)")
{
    rule_interrupted("server", serve_time);
}

TEST("server.aborted", .points = 1,
     .title = "A client that left before accept does no harm (ECONNABORTED)",
     .why = "accept reports errors of the connection that it was about to "
            "return. They are that client's, not the server's.",
     .hint = "If accept returns -1 with ECONNABORTED, go round the loop.",
     .section = "Clients that misbehave", .manual = "accept(2)")
{
    rule_aborted("server", serve_time);
}

TEST("server.no-leak", .points = 2,
     .title = "After 200 clients the server holds what it held after one",
     .why = "A server that keeps a descriptor for each client stops serving "
            "when the limit is reached, often after 1,024 clients.",
     .hint = "Every path out of serving a client, an error too, passes close.",
     .section = "Running out of descriptors", .manual = "close(2)")
{
    rule_no_leak("server", serve_time);
}

TEST("server.descriptors", .points = 2,
     .title = "The server outlives a lack of descriptors and serves again",
     .why = "EMFILE says that accept has no descriptor now. It goes by; a "
            "server that ends for it does not.",
     .hint = "On EMFILE wait a little (poll with no descriptors and a "
             "timeout) and accept again; do not end, and do not spin.",
     .section = "Running out of descriptors", .manual = "accept(2)")
{
    rule_out_of_descriptors("server", serve_time);
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
    rule_server_idle("server", serve_time);
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
    rule_restart("server", serve_time);
}

TEST("server.port-taken", .points = 1,
     .title = "A second server on the port says so and ends with status 1",
     .why = "Two servers on one port would share the clients by chance. Who "
            "starts the second one wants to be told.",
     .hint = "Check what bind returns, and say why: err(1, \"bind\"). Use "
             "SO_REUSEADDR, never SO_REUSEPORT.",
     .section = "Starting again on the same port", .manual = "bind(2)")
{
    rule_port_taken("server", serve_time);
}

TEST("server.ready-line", .points = 2,
     .title = "\"listening on port N\" is on stdout once it is true",
     .why = "Who starts a server from a script waits for this line. With port "
            "0 it is the only way to learn the port.",
     .hint = "After listen: getsockname tells the port; print, then "
             "fflush(stdout), because a pipe is buffered.",
     .section = "The ready line", .manual = "getsockname(2)")
{
    rule_ready_line("server", serve_time);
}

TEST("server.default-port", .points = 1, .arena = true,
     .title = "Without an argument the server uses port 8888",
     .hint = "If argc is 1 there is no argv[1] to read: then it is 8888.",
     .why = "The command line is server [PORT].", .section = "What you build")
{
    struct program *server = start("server");
    wait_listening(server, 8888);
    serve_time(dial(server, 8888));
}

TEST("server.addresses", .points = 1,
     .title = "The server answers on every address of the machine",
     .why = "A machine has several addresses. Bound to one of them, a server "
            "cannot be reached by the others.",
     .hint = "Bind to INADDR_ANY, not to 127.0.0.1.",
     .section = "Names and addresses", .manual = "ip(7)")
{
    rule_every_address("server", serve_time);
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
    rule_time_sanitizers("server");
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
    char line[TIME_LINE_SIZE];
    memcpy(line, reply, TIME_SIZE);
    line[TIME_SIZE] = '\n';
    say(conn, line, TIME_LINE_SIZE);
}

/* The client has printed the time, in whatever words, and ended well. */
static void expect_printed(struct program *client, const char *reply)
{
    size_t size;
    expect_exit(client, 0);
    const char *text = output_of(client, &size);
    if (memmem(text, size, reply, TIME_SIZE))
        return;
    char line[TIME_LINE_SIZE];
    memcpy(line, reply, TIME_SIZE);
    line[TIME_SIZE] = '\n';
    struct verdict shown = {.sent = show_bytes(line, TIME_LINE_SIZE, 0),
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
            &(struct verdict){.sent = show_bytes(line, TIME_LINE_SIZE, 0),
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

void (*const suite_canonical)(char *text) = mask_times;

const struct pairing suite_pairings[] = {{.title = "the time of day"}, {0}};
