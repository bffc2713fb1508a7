/* The tests of lab 03's server. Most of their code is in rules_time.c, for
 * lab 05's server does the same. */
#include "times.h"

#include <stdlib.h>
#include <string.h>

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
             "closes that connection only: err and exit are for the start.",
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
    rule_speaks_late_interrupted("server");
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
     .hint = "Every path out of serving a client, an error too, passes close. "
             "Whoever starts a child waits for it (waitpid), whoever starts a "
             "thread joins or detaches it.",
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
     .hint = "One argument at most. A port is plain decimal digits from 0 to "
             "65535: look at every character, and mind what a number too large "
             "does to strtol or atoi.",
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
