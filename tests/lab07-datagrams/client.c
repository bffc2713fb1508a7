/* What the client does. */
#include "lab07.h"

#include <string.h>

TEST("client.exchange", .points = 6,
     .title = "The client sends TEXT and prints the answer",
     .why = "This is what the client is there for.",
     .hint = "A UDP socket, connect, send TEXT, recv the answer. Then print "
             "\"Received \", the answer and a newline.",
     .section = "The client, step by step", .manual = "send(2)")
{
    uint16_t port = random_port();
    struct udp *server = udp_server("127.0.0.1", port);
    const char *word = random_word(10 + random_below(25));
    struct program *client = start_client(server, port, word);
    expect_try(server, word);
    answer(server, word);
    char *due = format("Received %s\n", upper(word, strlen(word)));
    expect_output(client, due, strlen(due));
    expect_exit(client, 0);
}

TEST("client.defaults", .points = 1, .arena = true,
     .title = "Without arguments: localhost, 9999, \"original text\"",
     .why = "The command line is client [HOST [PORT [TEXT]]].",
     .hint = "Look at argc before argv[1], argv[2], argv[3].",
     .section = "What you build")
{
    struct udp *server = udp_server("127.0.0.1", 9999);
    struct program *client = start("client");
    for (int i = 0; i < 2; i++) {
        udp_attend(server, client);
        expect_try(server, "original text");
        answer(server, "original text");
        expect_capitals(client, "original text");
        if (i == 0)
            client = start("client", .args = {"127.0.0.1"});
    }
}

TEST("client.length", .points = 2,
     .title = "TEXT is one datagram: its bytes, and nothing behind them",
     .why = "A datagram's length is part of what it says. The server sends "
            "every byte back, a NUL or a newline too.",
     .hint = "One send of strlen(TEXT) bytes.",
     .section = "One datagram, one call", .manual = "send(2)")
{
    uint16_t port = random_port();
    struct udp *server = udp_server("127.0.0.1", port);
    const char *word = random_word(5 + random_below(30));
    struct program *client = start_client(server, port, word);
    expect_datagram(server, word, strlen(word));
    answer(server, word);
    wait_exit(client);
}

TEST("client.empty", .points = 2,
     .title = "An empty TEXT is an empty datagram, and so is its answer",
     .why = "A datagram of 0 bytes is a datagram: it is sent, and answered. "
            "recv returning 0 is that answer, not the end of a stream.",
     .hint = "Send even if there are 0 bytes; take 0 bytes for an answer.",
     .section = "Zero bytes are a datagram", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct udp *server = udp_server("127.0.0.1", port);
    struct program *client = start_client(server, port, "");
    expect_try(server, "");
    answer(server, "");
    if (wait_exit(client) == 0)
        return;
    const char *errors = errors_of(client, NULL);
    fail_test(&(struct verdict){.expected = "\"Received \\n\", and exit status "
                                            "0",
                                .received = format(
                                    "%s, stderr %s", describe_program(client),
                                    show_bytes(errors, strlen(errors), 0))},
              "An empty datagram came for an answer, and client does not take "
              "it for one.");
}

TEST("client.largest", .points = 2, .title = "65,507 bytes pass both ways",
     .why = "What does not fit into the array that recv is given is cut off, "
            "and lost, and nothing says so.",
     .hint = "An array of 65,507 bytes takes every datagram that there can be "
             "over IPv4.",
     .section = "Why 65,507", .manual = "udp(7)")
{
    uint16_t port = random_port();
    struct udp *server = udp_server("127.0.0.1", port);
    static const size_t sizes[] = {1500, 9000, DATAGRAM_MAX};
    for (int i = 0; i < 3; i++) {
        const char *word = random_word(sizes[i]);
        struct program *client = start_client(server, port, word);
        expect_try(server, word);
        answer(server, word);
        expect_capitals(client, word);
    }
}

TEST("client.too-long", .points = 1,
     .title = "A TEXT of more than 65,507 bytes is a usage error",
     .why = "No datagram can hold it. The kernel would say so (EMSGSIZE), but "
            "the program knows before it has looked up a name.",
     .hint = "Compare strlen(TEXT) with 65507 where you look at the arguments.",
     .section = "Why 65,507", .manual = "udp(7)")
{
    uint16_t port = random_port();
    static const size_t sizes[] = {DATAGRAM_MAX + 1, 65535, 65536, 120000};
    for (int i = 0; i < 4; i++) {
        given("TEXT has %zu bytes", sizes[i]);
        struct program *client =
            start_client(NULL, port, random_word(sizes[i]));
        if (wait_exit(client) == 2) {
            expect_usage_error(client);
            continue;
        }
        const char *errors = errors_of(client, NULL);
        fail_test(&(struct verdict){.expected = "\"usage: …\" on stderr, exit "
                                                "status 2",
                                    .received = format(
                                        "stderr %s",
                                        show_bytes(errors, strlen(errors), 0))},
                  "no datagram can hold it, and client %s.",
                  describe_program(client));
    }
}

TEST("client.bytes", .points = 2,
     .title = "Every byte of TEXT and of the answer passes unchanged",
     .why = "A text may be in any language, and an answer may hold a NUL.",
     .hint = "Print with fwrite and the count; %s stops at the first NUL.",
     .section = "Bytes, not strings", .manual = "fwrite(3)")
{
    enum { SIZE = 306 };
    uint16_t port = random_port();
    struct udp *server = udp_server("127.0.0.1", port);
    char *text = (char *)random_bytes(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        text[i] = text[i] ? text[i] : '%'; /* no NUL in an argument */
    struct program *client = start_client(server, port, text);
    expect_try(server, text);
    char *reply = (char *)random_bytes(SIZE);
    reply[4] = reply[SIZE - 1] = '\0';
    send_datagram(server, reply, SIZE);
    expect_printed(client, reply, SIZE);
}

/* ---- Loss ---------------------------------------------------------------- */

/* The try is there; or it comes too late, or not at all. */
static void wait_try(struct udp *server, struct program *client, int number,
                     const char *text)
{
    if (!datagram_within(server, TOO_LATE, NULL, NULL)) {
        bool late = datagram_within(server, TOO_LATE, NULL, NULL);
        fail_test(&(struct verdict){.expected = format("try %d, 500 ms after "
                                                       "the one before",
                                                       number),
                                    .received = describe_program(client)},
                  late ? "%d ms after try %d, which was not answered, client "
                         "has not sent again; it does so later."
                       : "%d ms after try %d, which was not answered, client "
                         "has not sent again, nor as long after that.",
                  TOO_LATE, number - 1);
    }
    expect_try(server, text);
}

TEST("client.retry", .points = 4, .waits = 500,
     .title = "500 ms without an answer, and the client asks again",
     .why = "A datagram may be lost, or its answer, and nobody tells. Who "
            "waits longer is slow; who waits less sends what nobody needs.",
     .hint = "Wait for the answer with a limit (poll, SO_RCVTIMEO): 500 ms, "
             "which is half a second, or 500,000 microseconds.",
     .section = "Loss, and trying again", .manual = "poll(2)")
{
    uint16_t port = random_port();
    struct udp *server = udp_server("127.0.0.1", port);
    const char *word = random_word(5 + random_below(30));
    given("The first try is lost");
    struct program *client = start_client(server, port, word);
    expect_try(server, word);
    wait_try(server, client, 2, word);
    expect_late_enough(server);
    answer(server, word);
    expect_capitals(client, word);
}

TEST("client.third-try", .points = 2, .waits = 1000,
     .title = "When two tries are lost the third one counts",
     .why = "Three tries mean three: loss often comes in a row.",
     .hint = "Count what you send, not what you wait for; after each of the "
             "three wait 500 ms.",
     .section = "Loss, and trying again", .manual = "poll(2)")
{
    uint16_t port = random_port();
    struct udp *server = udp_server("127.0.0.1", port);
    const char *word = random_word(5 + random_below(30));
    given("The first and the second try are lost");
    struct program *client = start_client(server, port, word);
    for (int i = 0; i < TRIES; i++)
        expect_try(server, word);
    answer(server, word);
    expect_capitals(client, word);
}

TEST("client.no-answer", .points = 4, .waits = 1500,
     .title = "After three tries: \"client: no answer\", exit status 1",
     .why = "A program that asks for ever burdens a network that is down "
            "already, and never tells its user.",
     .hint = "After the third try wait 500 ms too. Then say so on stderr: "
             "errx(1, \"no answer\").",
     .section = "Loss, and trying again", .manual = "err(3)")
{
    uint16_t port = random_port();
    struct udp *server = udp_server("127.0.0.1", port);
    const char *word = random_word(5 + random_below(30));
    given("All tries are lost");
    struct program *client = start_client(server, port, word);
    for (int i = 0; i < TRIES; i++)
        expect_try(server, word);
    bool ended = ends_within(client, TOO_LATE, NULL, NULL);
    bool too_soon = ended && since_datagram(server) < TOO_SOON;
    if (!ended || datagram_within(server, 0, NULL, NULL)) {
        struct verdict shown = {.expected = "the end of client, after three "
                                            "tries in all",
                                .received = describe_program(client)};
        if (datagram_within(server, 0, NULL, NULL))
            fail_test(&shown, "client tries more than three times.");
        fail_test(&shown, "%d ms after its third try client has not given up.",
                  TOO_LATE);
    }
    if (too_soon)
        fail_test(NULL,
                  "client gives up at once after its third try: an answer to "
                  "that one has 500 ms as well.");
    const char *errors = errors_of(client, NULL);
    const char *output = output_of(client, NULL);
    if (*output)
        fail_test(&(struct verdict){.expected = "nothing on stdout",
                                    .received =
                                        show_bytes(output, strlen(output), 0)},
                  "client prints on stdout, where only an answer belongs, and "
                  "none came.");
    bool says_so = strncmp(errors, "client: no answer\n", 18) == 0 ||
                   strstr(errors, "\nclient: no answer\n");
    if (!says_so)
        fail_test(
            &(struct verdict){
                .expected = "\"client: no answer\\n\" on stderr",
                .received =
                    format("stderr %s", show_bytes(errors, strlen(errors), 0))},
            "client does not say on stderr, in these words, that no answer "
            "came.");
    expect_exit(client, 1);
}

TEST("client.silent", .points = 1, .waits = 1500, .arena = true,
     .title = "After silence no other address of the name is asked",
     .why = "A refusal says that nothing was done. Silence does not: maybe the "
            "server did its work, and its answer was lost. Whoever asks "
            "another one then has it done twice.",
     .hint = "Only ECONNREFUSED leads to the next address. After three tries "
             "without an answer all is over.",
     .section = "Loss, and trying again", .manual = "getaddrinfo(3)")
{
    static const char *const addresses[] = {"127.0.1.2", "127.0.2.2"};
    uint16_t port = random_port();
    struct udp *one = udp_server(addresses[0], port);
    struct udp *other = udp_server(addresses[1], port);
    char *name = format("host-%u.example", random_below(100000));
    given("%s has the addresses %s and %s, where servers are silent", name,
          addresses[0], addresses[1]);
    struct program *client =
        start("client", .args = {name, format("%u", port), "hello"},
              .hosts = format("%s %s\n%s %s\n", addresses[0], name,
                              addresses[1], name));
    udp_attend(one, client);
    udp_attend(other, client);
    wait_exit(client);
    bool one_asked = datagram_within(one, 0, NULL, NULL);
    bool other_asked = datagram_within(other, 0, NULL, NULL);
    if (one_asked != other_asked)
        return;
    fail_test(&(struct verdict){.expected = "datagrams for the first of them "
                                            "that is asked, and not for the "
                                            "other",
                                .received = one_asked ? "some for both"
                                                      : "none for either"},
              one_asked ? "client has asked both servers."
                        : "client has asked none of the servers.");
}

TEST("client.late-answer", .points = 3, .waits = 500,
     .title = "A late answer, to the first try, is an answer",
     .why = "What is late is not lost: the answer to the first try may come "
            "when the second is on its way, and it is just as good.",
     .hint = "Send all tries from one socket: a new one has another port, to "
             "which the late answer does not come.",
     .section = "Loss, and trying again", .manual = "connect(2)")
{
    uint16_t port = random_port();
    struct udp *server = udp_server("127.0.0.1", port);
    const char *word = random_word(5 + random_below(30));
    given("The answer to the first try comes after the second was sent, and "
          "the second is lost");
    struct program *client = start_client(server, port, word);
    expect_try(server, word);
    struct udp *late = udp_to_sender(server);
    expect_try(server, word);
    answer(late, word);
    if (wait_exit(client) != 0 && !same_sender(late, server))
        fail_test(&(struct verdict){.expected = "all tries from one port",
                                    .received = "a second try from another "
                                                "port"},
                  "client has left the port that it asked from: the answer "
                  "finds nobody there.");
    expect_capitals(client, word);
}

TEST("client.duplicates", .points = 1,
     .title = "An answer that comes twice is printed once",
     .why = "Who asks twice may be answered twice, and a network may double a "
            "datagram on its way.",
     .hint = "The first answer ends the work: no loop that prints whatever "
             "comes.",
     .section = "Loss, and trying again", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct udp *server = udp_server("127.0.0.1", port);
    const char *word = random_word(5 + random_below(30));
    const char *reply = upper(word, strlen(word));
    struct program *client = start_client(server, port, word);
    expect_try(server, word);
    freeze(client);
    answer(server, word);
    answer(server, word);
    thaw(client);
    wait_exit(client);
    const char *output = output_of(client, NULL);
    const char *first = strstr(output, reply);
    if (first && strstr(first + strlen(reply), reply))
        fail_test(
            &(struct verdict){
                .expected = show_bytes(format("Received %s\n", reply),
                                       strlen(reply) + 10, 0),
                .received = show_bytes(output, strlen(output), 0)},
            "client prints the answer more than once.");
    expect_capitals(client, word);
}

/* ---- Who answers --------------------------------------------------------- */

/* The stranger's port: 0 for any, else the server's. */
static void expect_stranger_ignored(const char *address, bool same_port)
{
    uint16_t port = random_port();
    struct udp *server = udp_server("127.0.0.1", port);
    size_t size = 10 + random_below(20);
    const char *word = random_word(size), *forged = capitals(size);
    struct program *client = start_client(server, port, word);
    expect_try(server, word);
    send_datagram(udp_stranger(server, address, same_port ? port : 0), forged,
                  size);
    answer(server, word);
    wait_exit(client);
    if (strstr(output_of(client, NULL), forged))
        fail_test(&(struct verdict){.expected = "the answer of the server that "
                                                "was asked",
                                    .received = "the stranger's"},
                  "client takes the stranger's datagram for the answer.");
    expect_capitals(client, word);
    udp_close(server);
}

TEST("client.stranger", .points = 4, .arena = true,
     .title = "A datagram from anyone else is not taken for the answer",
     .why = "Any program anywhere can send to the client's port. What is not "
            "from the server's address and port is not the server's answer.",
     .hint = "connect the socket: then the kernel drops what comes from "
             "elsewhere. Or compare address and port of each datagram.",
     .section = "What connect means here", .manual = "connect(2)")
{
    given("A stranger answers first, from another port of the server's "
          "address");
    expect_stranger_ignored("127.0.0.1", false);
    given("A stranger answers first, from the same port of another address");
    expect_stranger_ignored("127.0.0.2", true);
}

static void chatter(void *stranger)
{
    send_datagram(stranger, "NOT FOR YOU", 11);
}

TEST("client.noise", .points = 2, .waits = 500,
     .title = "Datagrams of strangers do not put the next try off",
     .why = "If each datagram began the 500 ms anew, a stranger who sends "
            "often enough could keep the client waiting for ever.",
     .hint = "One deadline for each try: 500 ms after it was sent, whatever "
             "comes meanwhile. net_wait takes a deadline.",
     .section = "What connect means here", .manual = "clock_gettime(2)")
{
    uint16_t port = random_port();
    struct udp *server = udp_server("127.0.0.1", port);
    const char *word = random_word(5 + random_below(30));
    given("The first try is lost, and a stranger sends all the time");
    struct program *client = start_client(server, port, word);
    expect_try(server, word);
    struct udp *stranger = udp_stranger(server, "127.0.0.3", 0);
    udp_keep_silent(stranger);
    if (!datagram_within(server, TOO_LATE, chatter, stranger)) {
        struct verdict shown = {.expected = "a second try, after 500 ms",
                                .received = describe_program(client)};
        if (has_ended(client))
            fail_test(&shown, "client gave up waiting for its server when a "
                              "stranger's datagram came.");
        fail_test(&shown,
                  "%d ms after the first try client has not sent again.",
                  TOO_LATE);
    }
    expect_try(server, word);
    expect_late_enough(server);
    answer(server, word);
    expect_capitals(client, word);
}

/* ---- Who does not answer ------------------------------------------------- */

TEST("client.refused", .points = 3,
     .title = "Where nobody has the port the client says so, exit status 1",
     .why = "The other machine answers with ICMP's \"port unreachable\". "
            "\"Connection refused\" tells the user to start the server, \"no "
            "answer\" does not.",
     .hint = "Only a connected socket is told: recv, or the next send, returns "
             "-1 with ECONNREFUSED. Report it.",
     .section = "ICMP: port unreachable", .manual = "udp(7)")
{
    struct program *client = start_client(NULL, random_port(), "hello");
    wait_exit(client);
    if (strstr(errors_of(client, NULL), "no answer"))
        fail_test(&(struct verdict){.expected = "\"client: SUBJECT: Connection "
                                                "refused\" on stderr",
                                    .received = "\"client: no answer\""},
                  "The port is refused, and client takes that for silence.");
    expect_runtime_error(client, "Connection refused");
}

static void answer_original(struct udp *server, struct program *client)
{
    udp_attend(server, client);
    expect_try(server, "original text");
    answer(server, "original text");
    expect_capitals(client, "original text");
}

TEST("client.addresses", .points = 2, .arena = true,
     .title = "Where one address of a name refuses the next one is asked",
     .why = "A name may have several addresses, and the server need not be at "
            "the first.",
     .hint = "connect never fails here for a port that nobody has: walk on to "
             "the next address when recv or send says ECONNREFUSED.",
     .section = "Names and addresses", .manual = "getaddrinfo(3)")
{
    rule_udp_client_addresses(&(struct launch){.name = "client"},
                              answer_original);
}

TEST("client.idle", .points = 1,
     .title = "A client that waits uses no processor time",
     .why = "A loop that goes round without waiting heats the machine and "
            "takes the processor from those who have work.",
     .hint = "Wait in poll, with the 500 ms as its limit, not in a loop that "
             "asks again and again.",
     .section = "Waiting without spinning", .manual = "poll(2)")
{
    uint16_t port = random_port();
    struct udp *server = udp_server("127.0.0.1", port);
    const char *word = random_word(5 + random_below(30));
    struct program *client = start_client(server, port, word);
    expect_try(server, word);
    expect_idle(client, "while it waits for the answer");
    answer(server, word);
    expect_capitals(client, word);
}
