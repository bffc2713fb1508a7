/* What the server does. */
#include "lab07.h"

#include <string.h>

TEST("server.bound", .points = 3,
     .title = "The server has the UDP port that it is given",
     .why = "No datagram reaches a server that has no port.",
     .hint = "socket with SOCK_DGRAM, then bind, each checked; the port goes "
             "through htons into sin_port. There is no listen.",
     .section = "The server, step by step", .manual = "udp(7)")
{
    start_server("server", random_port());
}

TEST("server.upper", .points = 6,
     .title = "A datagram comes back in upper case",
     .why = "This is what the server is there for.",
     .hint = "recvfrom tells how many bytes came, and from whom; change them "
             "in the array, and send them back with sendto.",
     .section = "The server, step by step", .manual = "recvfrom(2)")
{
    uint16_t port = random_port();
    struct udp *client = udp_client(start_server("server", port), port);
    char *words = format("%s%s", random_word(10 + random_below(20)),
                         random_word(1)); /* ends with a small letter */
    ask(client, words, strlen(words));
}

TEST("server.length", .points = 3,
     .title = "The answer is one datagram as long as the question",
     .why = "A datagram's length is part of what it says. A byte too many, be "
            "it a NUL, is part of the message to whoever receives it.",
     .hint = "sendto as many bytes as recvfrom returned: not strlen, not "
             "strlen + 1, not sizeof.",
     .section = "One datagram, one call", .manual = "sendto(2)")
{
    uint16_t port = random_port();
    struct program *server = start_server("server", port);
    static const size_t sizes[] = {30, 7, 1, 200};
    for (int i = 0; i < 4; i++) {
        struct udp *client = udp_client(server, port);
        const char *word = capitals(sizes[i]);
        send_datagram(client, word, sizes[i]);
        expect_datagram(client, word, sizes[i]);
    }
}

TEST("server.once", .points = 2,
     .title = "Each datagram is answered once, and for itself",
     .why = "Datagrams keep their borders: three that wait in the queue are "
            "three messages, and each one has its own answer.",
     .hint = "One recvfrom, one sendto. Nothing is collected, and nothing is "
             "sent twice.",
     .section = "One datagram, one call", .manual = "udp(7)")
{
    uint16_t port = random_port();
    struct program *server = start_server("server", port);
    struct udp *client = udp_client(server, port);
    const char *words[3];
    note("three datagrams are in the server's queue before it goes on");
    freeze(server);
    for (int i = 0; i < 3; i++) {
        words[i] = format("%d %s", i, capitals(3 + random_below(10)));
        send_datagram(client, words[i], strlen(words[i]));
    }
    thaw(server);
    bool answered[3] = {false}; /* threads may answer in any order */
    for (int i = 0; i < 3; i++) {
        size_t size;
        const char *got = read_datagram(client, &size);
        int which = size ? got[0] - '0' : -1;
        if (which < 0 || which > 2 || answered[which] ||
            common_prefix(got, size, words[which], strlen(words[which])) <
                strlen(words[which]))
            fail_test(
                &(struct verdict){.sent = format("\"%s\", \"%s\", \"%s\"",
                                                 words[0], words[1], words[2]),
                                  .expected = "the same three datagrams, "
                                              "each once",
                                  .received = show_bytes(got, size, 0)},
                "Answer %d is not that to one of the three datagrams, or "
                "comes a second time.",
                i + 1);
        answered[which] = true;
    }
    expect_no_datagram(client, "for the three that came");
}

TEST("server.bytes", .points = 3,
     .title = "All 256 byte values pass; only ASCII a to z change",
     .why = "Data is bytes with a length. A NUL is a byte like any other, and "
            "bytes from 0x80 on belong to texts that are not ASCII.",
     .hint = "No strlen and no %s on what came. Change a byte only if it lies "
             "between 'a' and 'z'.",
     .section = "Bytes, not strings", .manual = "recv(2)")
{
    enum { SIZE = 1000 };
    uint16_t port = random_port();
    struct udp *client = udp_client(start_server("server", port), port);
    unsigned char *bytes = random_bytes(SIZE), first = random_below(256);
    for (int i = 0; i < 256; i++)
        bytes[i] = first - i;
    const char *due = upper(bytes, SIZE);
    size_t size;
    send_datagram(client, bytes, SIZE);
    const char *got = read_datagram(client, &size);
    for (size_t i = 0; i < SIZE; i++)
        if (i == size || got[i] != due[i])
            fail_test(
                &(struct verdict){.sent = show_bytes(&bytes[i], 1, 0),
                                  .expected = show_bytes(&due[i], 1, 0),
                                  .received = i < size
                                                  ? show_bytes(&got[i], 1, 0)
                                                  : "the end of the datagram"},
                i == size ? "The answer ends at byte 0x%02x."
                : due[i] == (char)bytes[i]
                    ? "Byte 0x%02x came back as another one. It is none of a "
                      "to z, so it should stay as it is."
                    : "Byte 0x%02x came back as another one. It is one of a to "
                      "z, so it should become a capital.",
                bytes[i]);
}

TEST("server.empty", .points = 3,
     .title = "An empty datagram is answered by an empty datagram",
     .why = "A datagram of 0 bytes is a datagram. There is no stream here that "
            "could end, so 0 does not mean the end of anything.",
     .hint = "Only -1 is special: with 0 bytes go on as with any other number.",
     .section = "Zero bytes are a datagram", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct program *server = start_server("server", port);
    for (int i = 0; i < 2; i++)
        ask(udp_client(server, port), "", 0);
    serve(udp_client(server, port));
}

TEST("server.largest", .points = 4,
     .title = "A datagram of 65,507 bytes comes back whole",
     .why = "What does not fit into the array that recvfrom is given is cut "
            "off, and lost, and nothing says so.",
     .hint = "An array of 65,507 bytes takes every datagram that there can be "
             "over IPv4.",
     .section = "Why 65,507", .manual = "udp(7)")
{
    uint16_t port = random_port();
    struct program *server = start_server("server", port);
    static const size_t sizes[] = {1025, 1473,  2049,  4097,
                                   8193, 16385, 65000, DATAGRAM_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        ask(udp_client(server, port), capitals(sizes[i]), sizes[i]);
}

enum { CLIENTS = 3 };

static bool holds(const char *data, size_t size, const char *word)
{
    return common_prefix(data, size, word, strlen(word)) == strlen(word);
}

static _Noreturn void fail_swapped(const char *word)
{
    fail_test(&(struct verdict){.sent = show_bytes(word, strlen(word), 0),
                                .expected = "the answer where the question "
                                            "came from",
                                .received = "the answer at another client"},
              "One client gets the answer that is due to another.");
}

/* The answer for client `which`. If it does not come, and the server has come
 * to rest, it may be at another client: each word is in one answer only. */
static void expect_own_answer(struct program *server,
                              struct udp *const *clients,
                              const char *const *words, int which)
{
    size_t size;
    const char *got, *word = words[which];
    if (datagram_within(clients[which], TOO_LATE, NULL, NULL)) {
        got = read_datagram(clients[which], &size);
        for (int i = 0; i < CLIENTS; i++)
            if (i != which && holds(got, size, words[i]))
                fail_swapped(words[i]);
        if (holds(got, size, word))
            return;
    }
    let_work(server);
    for (int i = 0; i < CLIENTS; i++)
        for (int k = 0; k < CLIENTS; k++) {
            if (!datagram_within(clients[i], 0, NULL, NULL))
                break;
            got = read_datagram(clients[i], &size);
            if (i != which && holds(got, size, word))
                fail_swapped(word);
        }
    expect_in_datagram(clients[which], word, strlen(word));
}

TEST("server.sender", .points = 4,
     .title = "Each answer goes to whoever sent the question",
     .why = "One socket serves all clients. Only the address that came with a "
            "datagram tells whose it is.",
     .hint = "Give recvfrom an address to fill in, and its size, set anew each "
             "time; give that same address to sendto.",
     .section = "Who sent it", .manual = "recvfrom(2)")
{
    enum { ROUNDS = 2 };
    uint16_t port = random_port();
    struct program *server = start_server("server", port);
    for (int round = 0; round < ROUNDS; round++) {
        struct udp *clients[CLIENTS];
        const char *words[CLIENTS];
        freeze(server);
        for (int i = 0; i < CLIENTS; i++) {
            clients[i] = udp_client_at(server, format("127.0.0.%d", i + 1),
                                       "127.0.0.1", port);
            words[i] = format("%s%d", capitals(4 + random_below(9)), i);
            send_datagram(clients[i], words[i], strlen(words[i]));
        }
        thaw(server);
        for (int i = CLIENTS - 1; i >= 0; i--)
            expect_own_answer(server, clients, words, i);
    }
}

TEST("server.own-port", .points = 2,
     .title = "The answer comes from the port that was asked",
     .why = "A client takes an answer only from the address and port that it "
            "asked. From elsewhere it may be anybody's.",
     .hint = "Send with the socket that received, which is bound to that port.",
     .section = "Who sent it", .manual = "bind(2)")
{
    uint16_t port = random_port();
    struct udp *client = udp_client(start_server("server", port), port);
    size_t size = 5 + random_below(20);
    ask(client, capitals(size), size);
    expect_right_port(client);
}

TEST("server.next-client", .points = 2,
     .title = "When one client has been served the next one is",
     .why = "A server runs for ever.",
     .hint = "recvfrom and sendto belong into an endless loop. Do not connect "
             "the server's socket: it would hear one client alone.",
     .section = "What connect means here", .manual = "connect(2)")
{
    uint16_t port = random_port();
    struct program *server = start_server("server", port);
    serve(udp_client(server, port));
    given("One client has been served");
    for (int i = 0; i < 3; i++)
        serve(udp_client(server, port));
}

TEST("server.survives", .points = 4,
     .title = "No client ends the server: gone, without a port, junk",
     .why = "A server meets clients that crash, lose their network or mean "
            "harm. One of them must not take it away from all others.",
     .hint = "An error of recvfrom or sendto is the loss of one client: report "
             "it, and go on. ECONNREFUSED at a recvfrom tells of an earlier "
             "sendto.",
     .section = "ICMP: port unreachable", .manual = "udp(7)")
{
    rule_udp_survives("server", serve);
}
