/* rest.c: -v, the command line, and the rules that all programs keep. */
#include "nc.h"

#include <stdlib.h>
#include <string.h>

/* ---- -v ---- */

TEST("verbose.listen", .points = 2, .arena = true,
     .title = "-l -v says that nc listens, and who has come",
     .why = "Who starts nc by hand wants to see that it is ready, and that "
            "somebody has connected.",
     .hint = "The lines are those of netcat-openbsd, to the letter, on stderr. "
             "getsockname tells the port, accept the client's address.",
     .section = "What -v says", .manual = "accept(2)")
{
    for (int any = 1; any >= 0; any--) {
        uint16_t port = any ? 0 : random_port();
        struct program *nc =
            start("nc", .args = {"-l", "-v", format("%u", port)});
        given(any ? "The port is 0: the kernel is to pick one" : NULL);
        wait_listening(nc, port);
        port = listening_port(port);
        struct conn *client = dial_from(nc, "127.0.0.3", "127.0.0.1", port);
        let_work(nc);
        expect_said(
            nc, format("^Listening on (0\\.0\\.0\\.0|::|\\[::\\]) %u$", port),
            format("Listening on 0.0.0.0 %u", port));
        expect_said(
            nc,
            format("^Connection received on (\\[?::ffff:)?"
                   "127\\.0\\.0\\.3\\]? %u$",
                   own_port(client)),
            format("Connection received on 127.0.0.3 %u", own_port(client)));
    }
}

TEST("verbose.connect", .points = 2, .arena = true,
     .title = "-v says with whom nc is connected",
     .why = "A name may have several addresses: this line tells which of them "
            "has answered.",
     .hint = "The line is that of netcat-openbsd, to the letter, on stderr. "
             "getpeername tells the address, getservbyport the name of the "
             "service; without one it is *.",
     .section = "What -v says", .manual = "getservbyport(3)")
{
    static const struct {
        uint16_t port;
        const char *service;
    } ports[] = {{8080, "http-alt"}, {4242, "*"}};
    for (int i = 0; i < 2; i++) {
        struct listener *listener = listen_here("127.0.0.1", ports[i].port);
        struct program *nc = start(
            "nc", .args = {"-v", "localhost", format("%u", ports[i].port)});
        accept_here(listener, nc);
        let_work(nc);
        expect_said(nc,
                    format("^Connection to localhost \\(127\\.0\\.0\\.1\\) %u "
                           "port \\[tcp/(\\*|%s)\\] succeeded!$",
                           ports[i].port, i ? "\\*" : ports[i].service),
                    format("Connection to localhost (127.0.0.1) %u port "
                           "[tcp/%s] succeeded!",
                           ports[i].port, ports[i].service));
    }
}

TEST("verbose.unix", .points = 1, .arena = true,
     .title = "-lU -v says it with the path",
     .why = "A UNIX-domain socket has no host and no port, but a path.",
     .hint = "\"Listening on PATH\" and \"Connection received on PATH\", on "
             "stderr.",
     .section = "What -v says", .manual = "unix(7)")
{
    struct program *nc =
        start("nc", .args = {"-lU", "-v", "nc.sock"}, .shared = true);
    wait_listening_path(nc, "nc.sock");
    dial_path(nc, "nc.sock");
    let_work(nc);
    expect_said(nc, "^Listening on nc\\.sock$", "Listening on nc.sock");
    expect_said(nc, "^Connection received on nc\\.sock$",
                "Connection received on nc.sock");
}

TEST("verbose.stdout", .points = 1, .arena = true,
     .title = "With -v too there is nothing on stdout but data",
     .why = "nc -lv 8080 > file is for a file of data.",
     .hint = "fprintf(stderr, …). A server's ready line has no place here "
             "either.",
     .section = "What -v says", .manual = "stdio(3)")
{
    const char *word = random_word(20);
    uint16_t port = random_port();
    struct program *nc = start("nc", .args = {"-l", "-v", format("%u", port)},
                               .open_stdin = true);
    wait_listening(nc, port);
    struct conn *peer = dial(nc, port);
    say(peer, word, 20);
    wait_output(nc, word, 20);

    struct listener *listener = listen_here("127.0.0.1", port + 1);
    nc = start("nc", .args = {"-v", "127.0.0.1", format("%u", port + 1)},
               .open_stdin = true);
    peer = accept_here(listener, nc);
    say(peer, word, 20);
    wait_output(nc, word, 20);

    nc = start("nc", .args = {"-lUv", "nc.sock"}, .shared = true,
               .open_stdin = true);
    wait_listening_path(nc, "nc.sock");
    peer = dial_path(nc, "nc.sock");
    say(peer, word, 20);
    wait_output(nc, word, 20);
}

/* ---- The command line ---- */

TEST("nc.options", .points = 1, .arena = true,
     .title = "Options may stand together or apart, in any order",
     .why = "Users know it so from all other tools.",
     .hint = "getopt does it: while ((c = getopt(argc, argv, \"lUv\")) != -1). "
             "The operands begin at argv[optind].",
     .section = "Step by step", .manual = "getopt(3)")
{
    static const char *const tcp[][2] = {
        {"-lv"}, {"-vl"}, {"-l", "-v"}, {"-v", "-l"}};
    static const char *const local[][2] = {
        {"-lUv"}, {"-Ulv"}, {"-vlU"}, {"-l", "-U"}, {"-U", "-lv"}};
    for (size_t i = 0; i < sizeof tcp / sizeof *tcp; i++) {
        uint16_t port = random_port();
        struct launch launch = {.name = "nc", .args = {tcp[i][0]}};
        launch.args[1] = tcp[i][1] ? tcp[i][1] : format("%u", port);
        launch.args[2] = tcp[i][1] ? format("%u", port) : NULL;
        given("nc %s%s%s PORT", tcp[i][0], tcp[i][1] ? " " : "",
              tcp[i][1] ? tcp[i][1] : "");
        wait_listening(start_program(&launch), port);
    }
    for (size_t i = 0; i < sizeof local / sizeof *local; i++) {
        char *name = format("%zu.sock", i);
        struct launch launch = {
            .name = "nc", .args = {local[i][0]}, .shared = true};
        launch.args[1] = local[i][1] ? local[i][1] : name;
        launch.args[2] = local[i][1] ? name : NULL;
        given("nc %s%s%s PATH", local[i][0], local[i][1] ? " " : "",
              local[i][1] ? local[i][1] : "");
        wait_listening_path(start_program(&launch), name);
    }
}

TEST("nc.no-port", .points = 1,
     .title = "nc HOST alone: \"nc: missing port number\", then the usage",
     .why = "\"usage: …\" alone leaves its reader to guess what is wrong.",
     .hint = "warnx(\"missing port number\"), and then what all usage errors "
             "do.",
     .section = "Usage and run-time errors", .manual = "err(3)")
{
    struct program *nc = start("nc", .args = {"localhost"});
    expect_usage_error(nc);
    expect_said(nc, "^nc: missing port number$", "nc: missing port number");
    const char *errors = errors_of(nc, NULL);
    if (strstr(errors, "usage: ") < strstr(errors, "nc: missing"))
        fail_test(&(struct verdict){.expected = "\"nc: missing port number\" "
                                                "before the usage",
                                    .received =
                                        show_bytes(errors, strlen(errors), 0)},
                  "nc says its usage first. What is wrong is to come first.");
}

TEST("client.usage", .points = 1,
     .title = "nc with wrong arguments: \"usage: …\", exit status 2",
     .why = "An nc that guesses talks to a program that nobody meant.",
     .hint = "A host and a port, no more and no less; the port is plain "
             "decimal digits from 1 to 65535: net_parse_port.",
     .section = "Usage and run-time errors", .manual = "getopt(3)")
{
    rule_client_usage(&(struct launch){.name = "nc"}, 2, 2);
}

TEST("server.usage", .points = 1,
     .title = "nc -l with wrong arguments: \"usage: …\", exit status 2",
     .why = "An nc that guesses listens on a port that nobody asked for.",
     .hint = "With -l a port, no more and no less, plain decimal digits from 0 "
             "to 65535.",
     .section = "Usage and run-time errors", .manual = "getopt(3)")
{
    rules_server_option("-l");
    rule_server_usage("nc", 1, 1);
}

TEST("nc.usage", .points = 1,
     .title = "-U without a path, or an unknown option: a usage error",
     .why = "What an option asks for has to be there, and one that does not "
            "exist was meant for something.",
     .hint = "getopt returns '?' for an option that it does not know. After it "
             "compare argc - optind with what is due.",
     .section = "Usage and run-time errors", .manual = "getopt(3)")
{
    static const char *const wrong[][4] = {{"-U"},
                                           {"-lU"},
                                           {"-U", "a.sock", "extra"},
                                           {"-lU", "a.sock", "extra"},
                                           {"-x", "localhost", "4242"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct launch launch = {.name = "nc"};
        memcpy(launch.args, wrong[i], sizeof wrong[i]);
        expect_usage_error(start_program(&launch));
    }
}

/* ---- The client's rules ---- */

static void answer(struct conn *conn, struct program *nc)
{
    const char *word = random_word(10);
    say(conn, word, 10);
    wait_output(nc, word, 10);
}

TEST("client.refused", .points = 1,
     .title = "Where nobody listens nc says so and exits with 1",
     .why = "\"Connection refused\" tells the user to start the server.",
     .hint = "net_connect returns -1, and net_reason puts the error into "
             "words.",
     .section = "Usage and run-time errors", .manual = "connect(2)")
{
    rule_client_refused(&(struct launch){.name = "nc"});
}

TEST("client.unknown-host", .points = 1,
     .title = "A host that does not exist is a run-time error",
     .why = "Names are looked up before anything is connected, and that can "
            "fail too.",
     .hint = "getaddrinfo returns an error number of its own; gai_strerror, "
             "or net_reason, puts it into words.",
     .section = "Usage and run-time errors", .manual = "getaddrinfo(3)")
{
    rule_client_unknown_host(&(struct launch){.name = "nc"});
}

TEST("client.addresses", .points = 1, .arena = true,
     .title = "nc tries each address of a name in turn",
     .why = "A name may have several addresses, and the first may be down.",
     .hint = "net_connect does it. By hand: walk the list that getaddrinfo "
             "returned until one connects.",
     .section = "Step by step", .manual = "getaddrinfo(3)")
{
    rule_client_addresses(&(struct launch){.name = "nc", .open_stdin = true},
                          answer);
}

/* ---- The server's rules ---- */

/* That it can be connected to is what these rules are about. */
static void serve(struct conn *peer)
{
    say_apart(peer, random_word(10), 10);
}

TEST("server.addresses", .points = 1,
     .title = "nc -l answers on every address of the machine",
     .why = "A machine has several addresses. Bound to one of them, nc cannot "
            "be reached by the others.",
     .hint = "Bind to INADDR_ANY, not to 127.0.0.1.",
     .section = "One connection", .manual = "ip(7)")
{
    rules_server_option("-l");
    rule_every_address("nc", serve);
}

TEST("server.restart", .points = 1,
     .title = "nc -l can be started again at once on the same port",
     .why = "After the end its connection stays in TIME_WAIT for a minute and "
            "keeps the port, unless it is bound with SO_REUSEADDR.",
     .hint = "SO_REUSEADDR between socket and bind, as net_listen does.",
     .section = "One connection", .manual = "socket(7)")
{
    rules_server_option("-l");
    rule_restart("nc", serve);
}

TEST("server.port-taken", .points = 1,
     .title = "A second nc -l on the port says so and ends with status 1",
     .why = "Two on one port would share the clients by chance.",
     .hint = "Check what bind returns, and say why. Use SO_REUSEADDR, never "
             "SO_REUSEPORT.",
     .section = "One connection", .manual = "bind(2)")
{
    rules_server_option("-l");
    rule_port_taken("nc", serve);
}

TEST("server.accept-again", .points = 1,
     .title = "nc -l waits on when accept is interrupted or a client has left",
     .why = "A client that gave up before accept is not the one connection, "
            "and a signal is no client.",
     .hint = "accept returning -1 with EINTR or ECONNABORTED: call it again, "
             "as net_accept does.",
     .section = "One connection", .manual = "accept(2)")
{
    static const char *const faults[][2] = {
        {"eintr=accept", "The first accept is interrupted (EINTR)"},
        {"aborted", "The first accept finds that its client has gone "
                    "(ECONNABORTED)"}};
    for (int i = 0; i < 2; i++) {
        given("%s", faults[i][1]);
        uint16_t port = random_port();
        struct program *nc = start("nc", .args = {"-l", format("%u", port)},
                                   .faults = faults[i][0], .open_stdin = true);
        let_work(nc); /* one that ends for it has ended by then */
        if (has_ended(nc))
            fail_test(&(struct verdict){.expected = "nc that waits for its "
                                                    "connection",
                                        .received = describe_program(nc)},
                      "nc %s, before anybody has connected.",
                      describe_program(nc));
        wait_listening(nc, port);
        have_a_word((struct pair){nc, dial(nc, port), port});
    }
}

/* ---- Memory ---- */

TEST("nc.sanitizers", .points = 2, .arena = true,
     .title = "AddressSanitizer, LeakSanitizer and UBSan stay silent",
     .why = "A program can pass every other test and still write where it must "
            "not. The sanitizers see it.",
     .hint = "Build with gcc -g -fsanitize=address,undefined and run it "
             "yourself: the report names the line.",
     .section = "Memory and the sanitizers", .manual = "gcc(1)")
{
    enum { PATIENCE = 1000 }; /* in ms: whether it ends is not asked here */
    struct launch launch = {.name = "nc", .sanitized = true};
    for (enum role role = CLIENT; role <= UNIX_SERVER; role++) {
        struct pair pair = connect_nc(role, &launch);
        have_a_word(pair);
        end_both(pair);
        ends_within(pair.nc, PATIENCE, NULL, NULL);
        expect_no_sanitizer_report(pair.nc);
    }

    /* Sizes at which buffers are just full. */
    static const size_t sizes[] = {255, 1024, 4096, 8192, 16384, 65536};
    struct pair pair = connect_nc(SERVER, &launch);
    for (size_t i = 0, done = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *data = random_word(sizes[i]);
        give_input(pair.nc, data, sizes[i]);
        expect_bytes(pair.peer, data, sizes[i]);
        say(pair.peer, data, sizes[i]);
        done += sizes[i];
        let_work(pair.nc);
    }
    reset(pair.peer);
    ends_within(pair.nc, PATIENCE, NULL, NULL);
    expect_no_sanitizer_report(pair.nc);

    /* Ways out that are errors. */
    char *path = random_word(250);
    const char *const wrong[][3] = {{"no-such-host.invalid", "4242"},
                                    {"127.0.0.1", "4242"},
                                    {"127.0.0.1"},
                                    {"-l", "80x"},
                                    {"-U", "nothing.sock"},
                                    {"-U", path},
                                    {"-lU", path}};
    launch.shared = true;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        memcpy(launch.args, wrong[i], sizeof wrong[i]);
        struct program *nc = start_program(&launch);
        ends_within(nc, PATIENCE, NULL, NULL);
        expect_no_sanitizer_report(nc);
    }
}

/* ---- For make compare ---- */

void (*const suite_canonical)(char *text) = NULL;

#define PAIR                                                                   \
    .server = "nc", .client = "nc", .server_ends = true,                       \
    .server_args = {"-l", "PORT"}

const struct pairing suite_pairings[] = {
    {.title = "a line each way",
     PAIR,
     .input = "hello\n",
     .server_input = "hello yourself\n"},
    {.title = "nothing at all", PAIR},
    {.title = "only the server speaks", PAIR, .server_input = "one\ntwo\n"},
    {.title = "only the client speaks, with -v",
     PAIR,
     .client_args = {"-v", "localhost", "PORT"},
     .input = "GET / HTTP/1.0\r\n\r\n"},
    {.title = "control characters",
     PAIR,
     .input = "a\tb\nc\x01\x7f",
     .server_input = "\x80\xff cora\xc3\xa7\xc3\xa3o"},
    {.title = "a host without a port",
     .client = "nc",
     .alone = true,
     .client_args = {"localhost"}},
    {0}};
