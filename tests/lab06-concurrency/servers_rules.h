/* servers_rules.h: the tests of a server that ask what is asked of all servers.
 * Included by servers.h. Tests are named after their lines, and shown in their
 * order: these lines come after those. */
#line 1000

/* ---- What the machine does not give -------------------------------------- */

TEST(SERVER ".descriptors", .points = 1,
     .title = "The server outlives a lack of descriptors and serves again",
     .why = "EMFILE says that accept has no descriptor now. It goes by; a "
            "server that ends for it does not.",
     .hint = "accept failed with EMFILE: the client stays in the queue, and "
             "the listener stays readable. Wait a little, in ppoll without "
             "the listener and with a timeout, and try again.",
     .section = "Running out of descriptors", .manual = "accept(2)")
{
    rule_out_of_descriptors(NAME, serve);
}

TEST(SERVER ".zone", .points = 1,
     .title = "The time is local time, also when descriptors have run out",
     .why = "The rules of a time zone are in a file, and are read when they "
            "are first asked for. If no descriptor is free then, the C library "
            "takes UTC, without a word and for good.",
     .hint = "Call tzset() at the start of main, while there are descriptors. "
             "Then ctime_r or localtime_r; gmtime is UTC.",
     .section = "Time zones", .manual = "tzset(3)")
{
    static const char *const zones[] = {"Africa/Nairobi", "Asia/Dubai",
                                        "Asia/Kathmandu", "Asia/Kolkata",
                                        "Asia/Tokyo"};
    const char *zone = zone_of_file(zones[random_below(5)]);
    for (int i = 0; i < 2; i++) {
        struct told told;
        struct clocked server = start_clocked(
            NAME, zone, random_moment(random_below(12), 11 + random_below(9)),
            0);
        if (i == 1) {
            given("No descriptor is left but for the client");
            let_work(server.program);
            spare_one_descriptor(server.program);
        }
        hear_time(connect_next(&server, &told), &told);
        skip_prefix(&told);
        expect_time(&server, told);
        stop_program(server.program);
    }
}

static void expect_whole_line(struct conn *client)
{
    time_t moment;
    const char *line = read_line(client);
    size_t length = strlen(line);
    if (length >= TIME_SIZE && length < 2 * TIME_SIZE &&
        read_time(line + length - TIME_SIZE, &moment))
        return;
    /* What exactly is chance: the conversation has it. */
    fail_test(&(struct verdict){.expected = "whole lines, each byte once",
                                .received = "a line that is none"},
              "The client is sent bytes twice, or not at all: see what it "
              "received in the conversation.");
}

TEST(SERVER ".short-counts", .points = 1, .arena = true,
     .title = "A send that took part of the bytes is continued",
     .why = "send returns how many bytes it took, which may be fewer than it "
            "was given. The rest is lost if nobody sends it.",
     .hint = "net_send_all does it for blocking sockets. With MSG_DONTWAIT "
             "remember how far you came.",
     .section = "Short counts", .manual = "send(2)")
{
    /* Buffers may happen to be full just between two lines: not every time. */
    enum { LATE = 200, TIMES = 4 };
    clamp_buffers(); /* for answers to which the client listens late */
    uint16_t port = random_port();
    struct program *server =
        start(NAME, .args = {format("%u", port)}, .faults = "short");
    wait_listening(server, port);
    struct conn *client = dial(server, port);
    given("Each send takes some of the bytes only");
    for (int i = 0; i < 3; i++) {
        expect_whole_line(client);
        say_text(client, "hello\n");
    }
    expect_whole_line(client);

    given("Each send takes some of the bytes only, and none when the buffers "
          "are full: the client reads late");
    for (int i = 0; i < TIMES; i++) {
        say_letters(client, LATE);
        size_t lines;
        do { /* how many there are, test pieces asks */
            let_work(server);
            for (lines = 0; unread_bytes(client) > 0; lines++)
                expect_whole_line(client);
        } while (lines > 0);
    }
}

/* ---- The rules of all servers -------------------------------------------- */

TEST(SERVER ".survives", .points = 1,
     .title = "No client ends the server: reset, early leave, junk",
     .why = "A server meets clients that crash, lose their network or mean "
            "harm. One of them must not take it away from all others.",
     .hint = "Sending to a connection that is gone raises SIGPIPE, which ends "
             "a program unless it is ignored, or MSG_NOSIGNAL is given. An "
             "error on one connection closes that connection only.",
     .section = "Clients that misbehave", .manual = "send(2)")
{
    rule_survives(NAME, serve);
}

TEST(SERVER ".interrupted", .points = 1,
     .title = "Errors of the moment, EINTR and ECONNABORTED, do no harm",
     .why = "A call that waits can come back with EINTR and nothing done; "
            "accept can tell of a client that has gone already. Neither is "
            "the server's trouble.",
     .hint = "EINTR: make the call again. ECONNABORTED: go round the loop. "
             "Both: not the end of anything.",
     .section = "Clients that misbehave", .manual = "signal(7)")
{
    rule_interrupted(NAME, serve_twice);
    rule_aborted(NAME, serve);
}

TEST(SERVER ".idle", .points = 1,
     .title = "A server that waits uses no processor time",
     .why = "A loop that goes round without waiting heats the machine and "
            "takes the processor from those who have work.",
     .hint = "recv returns 0 at the end of the stream, and goes on returning "
             "0: that client is done. So it is after an error.",
     .section = "Waiting without spinning", .manual = "poll(2)")
{
    rule_server_idle(NAME, serve);
}

TEST(SERVER ".restart", .points = 1,
     .title = "The server can be started again at once on the same port",
     .why = "After a server's end its connections stay in TIME_WAIT for a "
            "minute and keep the port, unless it is bound with SO_REUSEADDR.",
     .hint = "net_listen sets SO_REUSEADDR, between socket and bind.",
     .section = "Ports", .manual = "socket(7)")
{
    rule_restart(NAME, serve);
}

TEST(SERVER ".port-taken", .points = 1,
     .title = "A second server on the port says so and ends with status 1",
     .why = "Two servers on one port would share the clients by chance. Who "
            "starts the second one wants to be told.",
     .hint = "net_listen returned -1: err(1, \"%s\", call), before any other "
             "call changes errno.",
     .section = "Ports", .manual = "bind(2)")
{
    rule_port_taken(NAME, serve);
}

TEST(SERVER ".ready-line", .points = 1,
     .title = "\"listening on port N\" is on stdout once it is true",
     .why = "Who starts a server from a script waits for this line. With port "
            "0 it is the only way to learn the port.",
     .hint = "net_announce, after net_listen. By hand: getsockname tells the "
             "port, and a pipe wants fflush.",
     .section = "Ports", .manual = "getsockname(2)")
{
    rule_ready_line(NAME, serve);
}

TEST(SERVER ".default-port", .points = 1, .arena = true,
     .title = "Without an argument the server uses port 5155",
     .hint = "If argc is 1 there is no argv[1] to read.",
     .why = "The command line is " NAME " [PORT].", .section = "What you build")
{
    struct program *server = start(NAME);
    wait_listening(server, 5155);
    serve(dial(server, 5155));
}

TEST(SERVER ".addresses", .points = 1,
     .title = "The server answers on every address of the machine",
     .why = "A machine has several addresses. Bound to one of them, a server "
            "cannot be reached by the others.",
     .hint = "net_listen binds to INADDR_ANY, and so should you.",
     .section = "Ports", .manual = "ip(7)")
{
    rule_every_address(NAME, serve);
}

TEST(SERVER ".usage", .points = 1,
     .title = "Wrong arguments: \"usage: …\" on stderr and exit status 2",
     .why = "A program that guesses what was meant serves on a port that "
            "nobody asked for.",
     .hint = "More than one argument, or net_parse_port(argv[1], 0, &port) "
             "returned false: the usage on stderr, and exit status 2.",
     .section = "Usage and run-time errors", .manual = "strtol(3)")
{
    rule_server_usage(NAME, 0, 1);
}

TEST(SERVER ".sanitizers", .points = 1,
     .title = "AddressSanitizer, LeakSanitizer and UBSan stay silent",
     .why = "A program can pass every other test and still write where it must "
            "not. The sanitizers see it.",
     .hint = "Build with gcc -g -fsanitize=address,undefined and run it "
             "yourself: the report names the line.",
     .section = "Memory and the sanitizers", .manual = "gcc(1)")
{
    uint16_t port = random_port();
    struct program *server =
        start(NAME, .args = {format("%u", port)}, .sanitized = true);
    wait_listening(server, port);
    struct crowd *crowd = dial_crowd(server, port, 70);
    serve(dial(server, port));
    struct conn *client = dial(server, port);
    say(client, random_bytes(70000), 70000);
    half_close(client);
    let_work(server);
    hang_up(client);
    client = dial(server, port);
    read_line(client); /* it is served when it resets */
    reset(client);
    let_work(server);
    hang_up_crowd(crowd);
    wait_connections_over(port);
    serve(dial(server, port));
    expect_no_sanitizer_report(server);
}
