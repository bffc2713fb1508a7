/* The rules that all programs keep. */
#include "lab07.h"

#include <signal.h>
#include <string.h>

/* ---- The server ---------------------------------------------------------- */

TEST("server.interrupted", .points = 2,
     .title = "A call that a signal interrupted is made again (EINTR)",
     .why = "A call that waits can come back with EINTR and nothing done. That "
            "is no error.",
     .hint = "If a call returns -1 and errno is EINTR, make it again.",
     .section = "Clients that misbehave", .manual = "signal(7)")
{
    rule_udp_interrupted("server", serve);
}

TEST("server.no-leak", .points = 2,
     .title = "After 1,000 clients the server holds what it held after one",
     .why = "A server that keeps something for each client ends when there is "
            "no more of it.",
     .hint = "One socket is enough for all clients. Who opens one for each "
             "closes each, on every path.",
     .section = "Clients that misbehave", .manual = "close(2)")
{
    rule_udp_no_leak("server", serve);
}

TEST("server.idle", .points = 2,
     .title = "A server that waits uses no processor time",
     .why = "A loop that goes round without waiting heats the machine and "
            "takes the processor from those who have work.",
     .hint = "Let recvfrom wait: no MSG_DONTWAIT, no O_NONBLOCK without poll.",
     .section = "Waiting without spinning", .manual = "recvfrom(2)")
{
    rule_udp_server_idle("server", serve);
}

TEST("server.port-taken", .points = 2,
     .title = "A second server on the port says so and ends with status 1",
     .why = "Two sockets on one UDP port do not share: the one that was bound "
            "last gets every datagram, and the first hears nothing more.",
     .hint = "Check what bind returns, and say why: err(1, \"bind\"). Set "
             "neither SO_REUSEADDR nor SO_REUSEPORT.",
     .section = "Why no SO_REUSEADDR", .manual = "socket(7)")
{
    rule_udp_port_taken("server", serve);
}

TEST("server.restart", .points = 1,
     .title = "The server can be started again at once on the same port",
     .why = "Over UDP nothing of a server that has ended stays behind. Its "
            "clients need not even notice.",
     .hint = "Leave nothing behind that keeps the next server from the port: "
             "no lock file, no child that holds the socket.",
     .section = "Why no SO_REUSEADDR", .manual = "bind(2)")
{
    uint16_t port = random_port();
    struct program *server = start_server("server", port);
    serve(udp_client(server, port));
    send_signal(server, SIGTERM);
    wait_exit(server);
    given("server was ended by SIGTERM, and is started again");
    server = start("server", .args = {format("%u", port)});
    let_work(server);
    if (has_ended(server)) {
        const char *errors = errors_of(server, NULL);
        fail_test(
            &(struct verdict){
                .expected = "a server that has the port",
                .received = format("%s, stderr %s", describe_program(server),
                                   show_bytes(errors, strlen(errors), 0))},
            "server cannot have its port again.");
    }
    wait_listening(server, port);
    serve(udp_client(server, port));
}

TEST("server.ready-line", .points = 2,
     .title = "\"listening on port N\" is on stdout once it is true",
     .why = "Who starts a server from a script waits for this line. With port "
            "0 it is the only way to learn the port.",
     .hint =
         "After bind: getsockname tells the port; print, then "
         "fflush(stdout), because a pipe is buffered. net_announce does it.",
     .section = "The ready line", .manual = "getsockname(2)")
{
    rule_udp_ready_line("server", serve);
}

TEST("server.default-port", .points = 1, .arena = true,
     .title = "Without an argument the server uses port 9999",
     .why = "The command line is server [PORT].",
     .hint = "If argc is 1 there is no argv[1] to read.",
     .section = "What you build")
{
    struct program *server = start("server");
    wait_listening(server, 9999);
    serve(udp_client(server, 9999));
}

TEST("server.addresses", .points = 1,
     .title = "The server answers on every address of the machine",
     .why = "A machine has several addresses. Bound to one of them, a server "
            "cannot be reached by the others.",
     .hint = "Bind to INADDR_ANY, not to 127.0.0.1.",
     .section = "Names and addresses", .manual = "ip(7)")
{
    rule_udp_every_address("server", serve);
}

TEST("server.usage", .points = 2,
     .title = "Wrong arguments: \"usage: …\" on stderr and exit status 2",
     .why = "A program that guesses what was meant serves on a port that "
            "nobody asked for.",
     .hint = "A port is plain decimal digits from 0 to 65535: net_parse_port "
             "knows. Look at argc too.",
     .section = "Usage and run-time errors", .manual = "strtol(3)")
{
    rule_server_usage("server", 0, 1);
}

TEST("server.sanitizers", .points = 1,
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
    struct udp *client = udp_client(server, port);
    static const size_t sizes[] = {0, 1, 512, 1024, 4096, 65000, DATAGRAM_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        send_datagram(client, capitals(sizes[i]), sizes[i]);
        let_work(server);
    }
    expect_no_sanitizer_report(server);
}

/* ---- The client ---------------------------------------------------------- */

TEST("client.interrupted", .points = 1,
     .title = "An interrupted call is made again, and is no try (EINTR)",
     .why = "A call that waits can come back with EINTR and nothing done. "
            "Nothing is lost then, and nothing need be sent again.",
     .hint = "If a call returns -1 and errno is EINTR, make it again, with "
             "what is left of the 500 ms.",
     .section = "Clients that misbehave", .manual = "signal(7)")
{
    static const char *const calls[] = {"recv", "send", "poll"};
    uint16_t port = random_port();
    struct udp *server = udp_server("127.0.0.1", port);
    for (int i = 0; i < 3; i++) {
        const char *word = random_word(20);
        given("Every second %s of the client is interrupted (EINTR)", calls[i]);
        struct program *client =
            start("client", .args = {"127.0.0.1", format("%u", port), word},
                  .faults = format("eintr=%s", calls[i]));
        udp_attend(server, client);
        expect_try(server, word);
        let_work(client);
        answer(server, word);
        wait_exit(client);
        /* On a busy machine 500 ms may have gone by: then it is right. */
        if (datagram_within(server, 0, NULL, NULL)) {
            expect_try(server, word);
            expect_late_enough(server);
        }
        expect_capitals(client, word);
    }
}

TEST("client.unknown-host", .points = 1,
     .title = "A host that does not exist is a run-time error",
     .why = "Names are looked up before anything is sent, and that can fail "
            "too.",
     .hint = "getaddrinfo returns an error number of its own; gai_strerror "
             "puts it into words.",
     .section = "Names and addresses", .manual = "getaddrinfo(3)")
{
    rule_client_unknown_host(&(struct launch){.name = "client"});
}

TEST("client.usage", .points = 2,
     .title = "Wrong arguments: \"usage: …\" on stderr and exit status 2",
     .why = "A client that guesses talks to a program that nobody meant.",
     .hint = "A client's port is plain decimal digits from 1 to 65535.",
     .section = "Usage and run-time errors", .manual = "strtol(3)")
{
    rule_client_usage(&(struct launch){.name = "client"}, 0, 3);
}

TEST("client.sanitizers", .points = 1,
     .title = "AddressSanitizer, LeakSanitizer and UBSan stay silent",
     .why = "A program can pass every other test and still write where it must "
            "not. The sanitizers see it.",
     .hint = "Build with gcc -g -fsanitize=address,undefined and run it "
             "yourself: the report names the line.",
     .section = "Memory and the sanitizers", .manual = "gcc(1)")
{
    uint16_t port = random_port();
    struct launch launch = {.name = "client",
                            .args = {"127.0.0.1", format("%u", port)},
                            .sanitized = true};
    static const size_t sizes[] = {0, 1, 256, 1024, DATAGRAM_MAX};
    bool asked = false; /* which of them it does ask is not this test's */
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct udp *server = udp_server("127.0.0.1", port);
        launch.args[2] = random_word(sizes[i]);
        struct program *client = start_program(&launch);
        udp_attend(server, client);
        if (datagram_within(server, TOO_LATE, NULL, NULL)) {
            size_t size;
            read_datagram(server, &size);
            answer(server, launch.args[2]);
            asked = true;
        }
        wait_exit(client);
        expect_no_sanitizer_report(client);
        udp_close(server);
    }
    if (!asked)
        fail_test(NULL, "client never sends anything, so there is nothing that "
                        "the sanitizers could see.");

    /* Ways out that are errors. */
    static const char *const wrong[][2] = {
        {"no-such-host.invalid", "4242"}, {"127.0.0.1", "4242"}, {"", "80x"}};
    launch.args[2] = random_word(50);
    for (size_t i = 0; i < 3; i++) {
        launch.args[0] = wrong[i][0];
        launch.args[1] = wrong[i][1];
        struct program *client = start_program(&launch);
        wait_exit(client);
        expect_no_sanitizer_report(client);
    }
}
