/* The suite of lab 05, last part: what dual_server has of lab 3 and of all
 * servers, tested by the rules of times.h and harness.h; and make compare. */
#include "times.h"

static const char name[] = "dual_server";

/* ---- What is lab 3's and all servers' ---- */

TEST("dual_server.unasked", .points = 1,
     .title = "The time comes though the client says nothing",
     .why = "In this protocol the server speaks first; dial says nothing at "
            "all.",
     .hint = "No recv before the send: it waits for a client that waits for "
             "you.",
     .section = "Never wait for the client", .manual = "recv(2)")
{
    rule_time_unasked(name);
}

TEST("dual_server.ends", .points = 1,
     .title = "After the newline the stream ends, though the client stays",
     .why = "The end of the stream tells the client that it has all of the "
            "time. dial would wait on for more.",
     .hint = "Send strlen(line) bytes. Then shutdown(client, SHUT_WR), before "
             "you wait for anything; net_close_gracefully does.",
     .section = "Never wait for the client", .manual = "shutdown(2)")
{
    rule_time_end(name);
}

TEST("dual_server.moment", .points = 1,
     .title = "Each client is told the time at which it connects",
     .why = "A server runs for months. What it noted before it went to sleep "
            "in accept is old when a client comes.",
     .hint = "Call time(NULL) for each client anew, after accept has returned.",
     .section = "The time", .manual = "time(2)")
{
    rule_time_moment(name);
}

TEST("dual_server.zone", .points = 1,
     .title = "The time is local time in the time zone of TZ",
     .why = "time(NULL) counts seconds in UTC. People read the time of their "
            "own place, in summer and in winter.",
     .hint = "Leave it to ctime_r or localtime_r: they know TZ, and the dates "
             "of daylight saving time. gmtime is UTC.",
     .section = "The time", .manual = "tzset(3)")
{
    rule_time_zone(name);
}

TEST("dual_server.tz-late", .points = 1,
     .title = "It is local time also when descriptors have run out",
     .why = "The rules of a time zone are in a file. If no descriptor is free "
            "when they are first asked for, the C library takes UTC for good.",
     .hint = "Call tzset() at the start of main, while there are descriptors.",
     .section = "The time", .manual = "tzset(3)")
{
    rule_time_zone_late(name);
}

TEST("dual_server.silent", .points = 1, .waits = 1000,
     .title = "A client that never reads delays the next by 1 s at most",
     .why = "There are clients that connect and are forgotten. All others "
            "would have to wait for them.",
     .hint = "net_close_gracefully takes a limit in milliseconds: stay below "
             "1000.",
     .section = "Never wait for the client", .manual = "poll(2)")
{
    rule_never_reads(name);
}

TEST("dual_server.spoke", .points = 1, .waits = 1000,
     .title = "A client that spoke first delays the next by 1 s at most",
     .why = "What a client says is of no interest here, and whether there will "
            "be more of it is not known.",
     .hint = "What the client says you may read away, but do not wait for its "
             "newline or its end without a limit.",
     .section = "Never wait for the client", .manual = "poll(2)")
{
    rule_spoke_first(name);
}

TEST("dual_server.stays", .points = 1, .waits = 1000,
     .title = "A client that stays and talks delays the next by 1 s at most",
     .why = "A limit for each recv is no limit for all of them: a client that "
            "sends a byte now and then begins a new one each time.",
     .hint = "One deadline for each client, as in lab 3; "
             "net_close_gracefully keeps one.",
     .section = "Never wait for the client", .manual = "clock_gettime(2)")
{
    rule_stays_open(name);
}

TEST(
    "dual_server.close", .points = 1,
    .title = "No reset, even if the client sent what nobody read",
    .why = "To close with unread input makes TCP send RST, which can destroy "
           "the time on its way to the client.",
    .hint = "shutdown, read away, close: net_close_gracefully in common/net.h.",
    .section = "Never wait for the client", .manual = "shutdown(2)")
{
    rule_time_close(name);
}

TEST("dual_server.late", .points = 1,
     .title = "Nor a reset if the client speaks when it has the time",
     .why = "What comes to a closed connection is answered with RST. Whether "
            "anything is on its way, a server cannot know.",
     .hint = "Reading what is there now is not enough: wait for the client's "
             "end of stream, for up to a second.",
     .section = "Never wait for the client", .manual = "poll(2)")
{
    rule_speaks_late(name);
}

TEST("dual_server.short", .points = 1,
     .title = "A send that took part of the bytes is continued",
     .why = "send returns how many bytes it took, which may be fewer than it "
            "was given. The rest is lost if nobody sends it.",
     .hint = "net_send_all in common/net.h, or the loop that you wrote in "
             "lab 3.",
     .section = "The rules of all servers", .manual = "send(2)")
{
    rule_time_short_counts(name);
}

TEST("dual_server.survive", .points = 1,
     .title = "No client ends the server: reset, early leave, junk",
     .why = "A server meets clients that crash, lose their network or mean "
            "harm. One of them must not take it away from all others.",
     .hint = "signal(SIGPIPE, SIG_IGN), or MSG_NOSIGNAL; and warn, not err, "
             "for what goes wrong with one client.",
     .section = "The rules of all servers", .manual = "send(2)")
{
    rule_survives(name, serve_time);
}

TEST("dual_server.eintr", .points = 1,
     .title = "A call that a signal interrupted is made again (EINTR)",
     .why = "A call that waits can come back with EINTR and nothing done. That "
            "is no error of the connection.",
     .hint = "net_accept, net_send_all and net_close_gracefully know; a call "
             "of your own that returns EINTR is made again.",
     .section = "The rules of all servers", .manual = "signal(7)")
{
    rule_interrupted(name, serve_time);
}

TEST("dual_server.aborted", .points = 1,
     .title = "A client that left before accept does no harm (ECONNABORTED)",
     .why = "accept reports errors of the connection that it was about to "
            "return. They are that client's, not the server's.",
     .hint = "net_accept knows; with accept itself go round the loop.",
     .section = "The rules of all servers", .manual = "accept(2)")
{
    rule_aborted(name, serve_time);
}

TEST("dual_server.no-leak", .points = 1,
     .title = "After 200 clients the server holds what it held after one",
     .why = "A server that keeps a descriptor for each client stops serving "
            "when the limit is reached, often after 1,024 clients.",
     .hint = "Every path out of serving a client, an error too, passes close "
             "or net_close_gracefully.",
     .section = "The rules of all servers", .manual = "close(2)")
{
    rule_no_leak(name, serve_time);
}

TEST("dual_server.emfile", .points = 1,
     .title = "The server outlives a lack of descriptors and serves again",
     .why = "EMFILE says that accept has no descriptor now. It goes by; a "
            "server that ends for it does not.",
     .hint = "net_accept knows; with accept itself wait a little on EMFILE, "
             "and try again.",
     .section = "The rules of all servers", .manual = "accept(2)")
{
    rule_out_of_descriptors(name, serve_time);
}

TEST("dual_server.idle", .points = 1,
     .title = "A server that waits uses no processor time",
     .why = "A loop that goes round without waiting heats the machine and "
            "takes the processor from those who have work.",
     .hint = "Wait in accept and poll, which sleep. recv returns 0 at the end "
             "of the stream, and goes on returning 0.",
     .section = "The rules of all servers", .manual = "poll(2)")
{
    rule_server_idle(name, serve_time);
}

TEST("dual_server.restart", .points = 1,
     .title = "The server can be started again at once on the same port",
     .why = "This server ends each connection first. Then the connections keep "
            "the port for a minute, unless it is bound with SO_REUSEADDR.",
     .hint = "setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, …) between socket and "
             "bind.",
     .section = "The rules of all servers", .manual = "socket(7)")
{
    rule_restart(name, serve_time);
}

TEST("dual_server.taken", .points = 1,
     .title = "A second server on the port says so and ends with status 1",
     .why = "Two servers on one port would share the clients by chance. Who "
            "starts the second one wants to be told.",
     .hint = "Check what bind returns: err(1, \"bind\"). Use SO_REUSEADDR, "
             "never SO_REUSEPORT.",
     .section = "The rules of all servers", .manual = "bind(2)")
{
    rule_port_taken(name, serve_time);
}

TEST("dual_server.ready", .points = 1,
     .title = "\"listening on port N\" is on stdout once it is true",
     .why = "Who starts a server from a script waits for this line. With port "
            "0 or a name it tells the port.",
     .hint = "After listen: net_announce, or getsockname, print and "
             "fflush(stdout).",
     .section = "The rules of all servers", .manual = "getsockname(2)")
{
    rule_ready_line(name, serve_time);
}

TEST("dual_server.unknown", .points = 1, .arena = true,
     .title = "A service that does not exist is a run-time error, 80x too",
     .why = "A guess would serve on a port that nobody asked for.",
     .hint =
         "A text with a letter in it goes to getaddrinfo. strtol would stop "
         "at the x, and say 80.",
     .section = "Usage and run-time errors", .manual = "gai_strerror(3)")
{
    rule_unknown_service(&(struct launch){.name = name, .args = {"http"}});
}

TEST("dual_server.usage", .points = 2, .arena = true,
     .title = "Wrong arguments: \"usage: …\" on stderr and exit status 2",
     .why = "There is no default port here, and getaddrinfo takes 70000 for "
            "4464 without a word.",
     .hint = "One argument, no more, no less. Without a letter it must be "
             "plain digits from 0 to 65535.",
     .section = "Usage and run-time errors", .manual = "strtol(3)")
{
    rule_service_usage(&(struct launch){.name = name, .args = {"8888"}}, 0);
}

TEST("dual_server.asan", .points = 1,
     .title = "AddressSanitizer, LeakSanitizer and UBSan stay silent",
     .why =
         "A sockaddr_in has no room for an IPv6 address. accept cuts it off, "
         "and whoever reads on reads something else.",
     .hint = "struct sockaddr_storage for accept, freeaddrinfo for the list; "
             "ctime_r wants 26 bytes.",
     .section = "Memory and the sanitizers", .manual = "accept(2)")
{
    rule_time_sanitizers(name);
}

/* ---- For make compare ---------------------------------------------------- */

void (*const suite_canonical)(char *text) = mask_times;

#define LOOKUP(TITLE, ...)                                                     \
    {                                                                          \
        .title = TITLE, .client = "lookup", .alone = true, .client_args = {    \
            __VA_ARGS__                                                        \
        }                                                                      \
    }
#define DIAL(TITLE, ...)                                                       \
    {                                                                          \
        .title = TITLE, .server = "dual_server", .client = "dial",             \
        .client_args = {                                                       \
            __VA_ARGS__                                                        \
        }                                                                      \
    }

const struct pairing suite_pairings[] = {
    LOOKUP("lookup: a port with a name", "127.0.0.1", "13"),
    LOOKUP("lookup: names", "localhost", "daytime"),
    LOOKUP("lookup: an alias of a service", "::1", "www"),
    LOOKUP("lookup: an IPv6 address, long", "2001:DB8:0:0:1:0:0:1", "1024"),
    LOOKUP("lookup: a mapped address", "::ffff:192.0.2.1", "49151"),
    LOOKUP("lookup: the last port", "127.0.0.1", "65535"),
    LOOKUP("lookup: port 0", "::", "0"),
    LOOKUP("lookup: no such service", "127.0.0.1", "80x"),
    LOOKUP("lookup: no such host", "nobody.invalid", "80"),
    LOOKUP("lookup: no port", "127.0.0.1", "70000"),
    DIAL("dial and dual_server, IPv4", "127.0.0.1", "PORT"),
    DIAL("dial and dual_server, IPv6", "::1", "PORT"),
    DIAL("dial: a name", "localhost", "PORT"),
    DIAL("dial: mapped IPv4", "::ffff:127.0.0.1", "PORT"),
    {0}};
