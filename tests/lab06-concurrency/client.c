/* The tests of the client. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

static struct program *start_client(uint16_t port)
{
    return start("client", .args = {"127.0.0.1", format("%u", port)});
}

static char *random_answer(void)
{
    use_zone("UTC0");
    return format(PREFIX "%s", as_text(random_moment(random_below(12),
                                                     1 + random_below(28))));
}

/* The client prints the line, once, and ends; the server has not ended. */
static void tell(struct conn *conn, struct program *client)
{
    char *answer = random_answer();
    say_text(conn, format("%s\n", answer));
    expect_exit(client, 0);
    expect_output(client, format("%s\n", answer), strlen(answer) + 1);
}

TEST("client.prints", .points = 1,
     .title = "The client prints the first line that comes, and nothing else",
     .why = "This is what the client is for. One recv may bring several lines; "
            "only the first was asked for.",
     .hint = "net_read_line gives you the line without its newline. fwrite it, "
             "and a newline.",
     .section = "The client", .manual = "fwrite(3)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port);
    struct conn *conn = accept_here(listener, client);
    char *answer = random_answer();
    say_text(conn, format("%s\nsecond line\nthird line\n", answer));
    half_close(conn);
    expect_output(client, format("%s\n", answer), strlen(answer) + 1);
}

TEST("client.at-once", .points = 1,
     .title = "The client ends after the line, with status 0, unasked",
     .why = "The server does not end the stream: it waits for a line of the "
            "client. If the client waits for the end, both wait for ever.",
     .hint = "Read until a newline, not until recv returns 0.",
     .section = "The client", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port);
    struct conn *conn = accept_here(listener, client);
    say_text(conn, format("%s\n", random_answer()));
    expect_exit(client, 0);
}

TEST("client.closes", .points = 1,
     .title = "A server that closes after the line is as good",
     .why = "The client need not know whether its server would go on.",
     .hint = "The line came: all is well, whatever comes after it. No error "
             "for an end of the stream, no send to a server that has gone.",
     .section = "The client", .manual = "signal(7)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port);
    struct conn *conn = accept_here(listener, client);
    freeze(client); /* so that it finds the line and the end together */
    say_text(conn, format("%s\n", random_answer()));
    hang_up(conn);
    thaw(client);
    expect_exit(client, 0);
}

/* The beginning comes before the client knows of the rest. */
static void tell_in_pieces(uint16_t port, struct listener *listener,
                           const char *faults)
{
    struct program *client = start(
        "client", .args = {"127.0.0.1", format("%u", port)}, .faults = faults);
    struct conn *conn = accept_here(listener, client);
    char *answer = random_answer();
    size_t first = 1 + random_below(20);
    say(conn, answer, first);
    let_work(client);
    say_text(conn, format("%s\n", answer + first));
    half_close(conn);
    wait_exit(client);
    if (!strstr(output_of(client, NULL), answer))
        expect_output(client, format("%s\n", answer), strlen(answer) + 1);
}

TEST("client.pieces", .points = 1,
     .title = "A line that comes in pieces is put together",
     .why = "One recv returns what has come so far, not what the server sent. "
            "It may be a single byte.",
     .hint = "Go on until there is a newline. net_read_line does.",
     .section = "Lines, not segments", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    tell_in_pieces(port, listener, NULL);
    given("Each recv (or read) returns a few bytes only");
    tell_in_pieces(port, listener, "short");
}

/* A thousand bytes with their newline, a NUL among them. */
enum { LONG = 1000 };

static unsigned char *long_line(void)
{
    unsigned char *line = random_bytes(LONG);
    for (int i = 0; i < LONG; i++)
        if (line[i] == '\n')
            line[i] = 'n';
    line[LONG / 2] = '\0';
    line[LONG - 1] = '\n';
    return line;
}

TEST("client.bytes", .points = 1,
     .title = "Every byte of a long line is printed as it is",
     .why = "What comes from a network is bytes with a length. No NUL ends "
            "them, and there may be one within.",
     .hint = "Print with fwrite and the length; %s stops at the first NUL. "
             "Have room for a thousand bytes.",
     .section = "The client", .manual = "fwrite(3)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port);
    struct conn *conn = accept_here(listener, client);
    const unsigned char *line = long_line();
    say(conn, line, LONG);
    half_close(conn);
    expect_output(client, line, LONG);
}

TEST("client.no-line", .points = 1,
     .title = "A stream that ends before a line came is a run-time error",
     .why = "A server that dies before it speaks looks just like that. Who "
            "reads the output must not take it for an answer.",
     .hint = "net_read_line returned 0: say so on stderr, print nothing on "
             "stdout, exit with 1.",
     .section = "Usage and run-time errors", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct listener *listener = listen_here("127.0.0.1", port);
    struct program *client = start_client(port);
    half_close(accept_here(listener, client));
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
    say(conn, PREFIX, PREFIX_SIZE);
    expect_idle(client, "while the rest of the line is missing");
}

TEST("client.defaults", .points = 1, .arena = true,
     .title = "Without arguments: localhost and 5155",
     .why = "The command line is client [HOST [PORT]].",
     .hint = "Look at argc before argv[1] and argv[2].",
     .section = "What you build")
{
    struct listener *listener = listen_here("127.0.0.1", 5155);
    struct program *client = start("client");
    tell(accept_here(listener, client), client);
    client = start("client", .args = {"127.0.0.1"});
    tell(accept_here(listener, client), client);
}

TEST("client.refused", .points = 1,
     .title = "Where nobody listens the client says so and exits with 1",
     .why = "\"Connection refused\" tells the user to start the server.",
     .hint = "net_connect returned -1: errx(1, \"%s: %s\", host, "
             "net_reason(error)).",
     .section = "Usage and run-time errors", .manual = "connect(2)")
{
    rule_client_refused(&(struct launch){.name = "client"});
}

TEST("client.unknown-host", .points = 1,
     .title = "A host that does not exist is a run-time error",
     .why = "Names are looked up before anything is connected, and that can "
            "fail too.",
     .hint = "getaddrinfo has error numbers of its own; net_reason puts them "
             "into words.",
     .section = "Usage and run-time errors", .manual = "getaddrinfo(3)")
{
    rule_client_unknown_host(&(struct launch){.name = "client"});
}

TEST("client.addresses", .points = 1, .arena = true,
     .title = "The client tries each address of a name in turn",
     .why = "A name may have several addresses, and the first may be down.",
     .hint = "net_connect does. By hand: walk the list of getaddrinfo, a new "
             "socket for each try.",
     .section = "The client", .manual = "getaddrinfo(3)")
{
    rule_client_addresses(&(struct launch){.name = "client"}, tell);
}

TEST("client.usage", .points = 1,
     .title = "Wrong arguments: \"usage: …\" on stderr and exit status 2",
     .why = "A client that guesses talks to a program that nobody meant.",
     .hint = "More than two arguments, or net_parse_port(argv[2], 1, &port) "
             "returned false: the usage on stderr, and exit status 2.",
     .section = "Usage and run-time errors", .manual = "strtol(3)")
{
    rule_client_usage(&(struct launch){.name = "client"}, 0, 2);
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
    struct listener *listener = listen_here("127.0.0.1", port);
    struct launch launch = {.name = "client",
                            .args = {"127.0.0.1", format("%u", port)},
                            .sanitized = true};
    struct program *client = start_program(&launch);
    struct conn *conn = accept_here(listener, client);
    say_text(conn, format("%s\n", random_answer()));
    half_close(conn);
    wait_exit(client);
    expect_no_sanitizer_report(client);

    client = start_program(&launch);
    conn = accept_here(listener, client);
    say(conn, long_line(), LONG);
    half_close(conn);
    wait_exit(client);
    expect_no_sanitizer_report(client);

    /* The same way out with nothing to print. */
    client = start_program(&launch);
    half_close(accept_here(listener, client));
    wait_exit(client);
    expect_no_sanitizer_report(client);
}
