/* The suite of lab 08: netcat.
 *
 * This file: the way to a connection, and the two directions over it, which is
 * what the lab teaches. unix.c: sockets that have a path. real.c: together with
 * the real netcat-openbsd. rest.c: -v, the command line, the rules of all
 * programs.
 *
 * Each test asks for one thing. So most of them do not look at how nc ends, and
 * leave that to the tests that are there for it.
 *
 * The points: what is new in this lab weighs most. Two ends that know nothing
 * of each other (nc.half-close, nc.reads-on, nc.sends-on, nc.ends) and bytes
 * both ways have 16 each; nc.half-close and nc.both-ways have the most, for
 * they are what programs that nearly work get wrong. A UNIX-domain socket is
 * the same nc with another address: there a point or two for what differs, and
 * ten for the path, which TCP has nothing like. What earlier labs have taught
 * and common/ does, the command line and the rules of all programs, is one
 * point each, so that nobody passes by those alone; -v has six, for scripts
 * read it. A stdout that is full is a stretch, because the real netcat does not
 * pass. */
#include "nc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const suite_lab = "lab08-netcat";

enum { MIB = 1 << 20, LARGE = 10 * MIB };

/* ---- A connection ---- */

TEST("client.connects", .points = 2, .title = "nc HOST PORT connects",
     .why = "All else needs a connection.",
     .hint = "Without -l and -U there are two operands: the host and the port. "
             "net_connect does what lab 1 had you write. By hand: htons(port).",
     .section = "Step by step", .manual = "getopt(3)")
{
    connect_nc(CLIENT, NULL);
}

TEST("server.listens", .points = 2, .title = "nc -l PORT listens",
     .why = "No client can reach nc before it listens.",
     .hint = "With -l there is one operand, the port. net_listen does what "
             "lab 1 had you write. By hand: htons(port).",
     .section = "Step by step", .manual = "getopt(3)")
{
    connect_nc(SERVER, NULL);
}

/* ---- The two directions ---- */

TEST("nc.sends", .points = 3, .title = "What stdin holds goes to the socket",
     .why = "This is one half of netcat. It is sent at once, not when stdin "
            "has ended: whoever types a line wants it sent.",
     .hint = "read what there is, as many bytes as have come, and send just "
             "those. No fread, no fgets: they wait for more, or for a newline.",
     .section = "Step by step", .manual = "read(2)")
{
    struct pair pair = connect_nc(CLIENT, NULL);
    for (int i = 0; i < 3; i++) {
        size_t size = 1 + random_below(20);
        const char *word = random_word(size);
        give_input(pair.nc, word, size);
        expect_bytes(pair.peer, word, size);
    }
}

TEST("nc.prints", .points = 3, .title = "What the socket brings is on stdout",
     .why = "This is the other half of netcat. It is printed at once: stdout "
            "may be a pipe to a program that waits for it.",
     .hint =
         "write the bytes to descriptor 1, and read again: only a read that "
         "returns 0 is the end. With stdio a pipe is buffered: then "
         "fflush(stdout) after each fwrite.",
     .section = "Step by step", .manual = "write(2)")
{
    struct pair pair = connect_nc(CLIENT, NULL);
    char *words = random_word(60);
    for (size_t done = 0; done < 60; done += 20) {
        say(pair.peer, words + done, 20);
        wait_output(pair.nc, words, done + 20);
    }
}

TEST("server.exchange", .points = 3, .title = "nc -l does both as well",
     .why = "Once there is a connection both ends of it are alike.",
     .hint = "After accept call the same function as after connect.",
     .section = "Step by step", .manual = "accept(2)")
{
    struct pair pair = connect_nc(SERVER, NULL);
    char *question = random_word(20), *answer = random_word(30);
    say(pair.peer, question, 20);
    wait_output(pair.nc, question, 20);
    give_input(pair.nc, answer, 30);
    expect_bytes(pair.peer, answer, 30);
}

TEST("nc.bytes", .points = 3,
     .title = "All 256 byte values pass, and stdout holds nothing else",
     .why = "Data is bytes with a length: a picture, a tar file. A NUL is a "
            "byte like any other, and a word too many spoils the file.",
     .hint = "No strlen, no %s: the length is what read returned. What nc has "
             "to say itself goes to stderr.",
     .section = "Bytes, not strings", .manual = "read(2)")
{
    static const struct {
        const char *what, *bytes;
    } special[] = {{"There is a NUL among the bytes", "one\0two"},
                   {"There is a byte 0xff among the bytes", "one\377two"},
                   {"There is a byte 0x1a among the bytes", "one\032two"}};
    enum { SPECIAL = 7, SIZE = 1000 };

    for (enum role role = CLIENT; role <= SERVER; role++) {
        struct pair pair = connect_nc(role, NULL);
        unsigned char *all = random_bytes(SIZE);
        size_t done = 0;
        for (int i = 0; i < 3; i++, done += SPECIAL) {
            given("%s", special[i].what);
            memcpy(all + done, special[i].bytes, SPECIAL);
            give_input(pair.nc, all + done, SPECIAL);
            expect_bytes(pair.peer, all + done, SPECIAL);
            say(pair.peer, all + done, SPECIAL);
            wait_output(pair.nc, all, done + SPECIAL);
        }
        given(NULL);
        for (int i = 0; i < 256; i++)
            all[500 + i] = i;
        give_input(pair.nc, all + done, SIZE - done);
        expect_bytes(pair.peer, all + done, SIZE - done);
        say(pair.peer, all + done, SIZE - done);
        wait_output(pair.nc, all, SIZE);
        end_both(pair);
        given("Both directions have ended");
        wait_output(pair.nc, all, SIZE); /* and no last word */
    }
}

/* ---- Each has an end of its own ---- */

TEST("nc.half-close", .points = 5,
     .title = "At the end of stdin the peer's stream ends, but not nc",
     .why = "Many a peer answers only when it has seen the end: it must see "
            "it, and the way back must stay open.",
     .hint = "When read returns 0, and not before: shutdown(fd, SHUT_WR), once "
             "all is sent; close would end both directions. POLLHUP, also "
             "without POLLIN, is a reason to read, and no end by itself.",
     .section = "Two ends", .manual = "shutdown(2)")
{
    for (enum role role = CLIENT; role <= SERVER; role++) {
        struct pair pair = connect_nc(role, NULL);
        const char *word = random_word(25);
        given("nc finds words on stdin, and the end behind them");
        freeze(pair.nc);
        give_input(pair.nc, word, 25);
        end_input(pair.nc);
        thaw(pair.nc);
        expect_bytes(pair.peer, word, 25);
        expect_end(pair.peer);
    }
}

TEST("nc.reads-on", .points = 4,
     .title = "After the end of stdin nc still prints what comes",
     .why = "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc HOST 80 has said all "
            "before the answer begins.",
     .hint = "The end of stdin ends one direction: shutdown(fd, SHUT_WR), not "
             "close, and the loop goes on with the other. POLLHUP is no end "
             "yet: there may be data to read before it.",
     .section = "Two ends", .manual = "poll(2)")
{
    struct pair pair = connect_nc(CLIENT, NULL);
    const char *words = random_word(40);
    end_input(pair.nc);
    let_work(pair.nc);
    say(pair.peer, words, 20);
    wait_output(pair.nc, words, 20);
    freeze(pair.nc);
    say(pair.peer, words + 20, 20);
    half_close(pair.peer);
    given("The peer says its last words and ends while nc is busy elsewhere");
    thaw(pair.nc);
    wait_output(pair.nc, words, 40);
}

TEST("nc.sends-on", .points = 4,
     .title = "After the peer's end nc still sends what stdin brings",
     .why = "The peer has said all, but it still listens: it has ended one "
            "direction, not the connection.",
     .hint = "read on the socket returning 0 says that the peer sends no more, "
             "and nothing else. Go on with stdin.",
     .section = "Two ends", .manual = "shutdown(2)")
{
    struct pair pair = connect_nc(CLIENT, NULL);
    const char *words = random_word(40);
    half_close(pair.peer);
    let_work(pair.nc);
    for (int i = 0; i < 2; i++) {
        give_input(pair.nc, words + i * 20, 20);
        expect_bytes(pair.peer, words + i * 20, 20);
    }
}

TEST("nc.ends", .points = 3,
     .title = "When both have ended nc ends, in either order, with status 0",
     .why = "A script that runs nc waits for its end.",
     .hint = "The loop goes on while one of the two directions does. Then "
             "return 0.",
     .section = "Two ends", .manual = "poll(2)")
{
    for (enum role role = CLIENT; role <= SERVER; role++)
        for (int stdin_first = 0; stdin_first <= 1; stdin_first++) {
            struct pair pair = connect_nc(role, NULL);
            given("%s, and stdin ends %s the peer's stream",
                  role == CLIENT ? "nc connects" : "nc -l listens",
                  stdin_first ? "before" : "after");
            for (int i = 0; i < 2; i++) {
                if (stdin_first == (i == 0))
                    end_input(pair.nc);
                else
                    half_close(pair.peer);
                let_work(pair.nc);
            }
            expect_exit(pair.nc, 0);
        }
}

/* ---- Much of it, in both directions ---- */

TEST("nc.both-ways", .points = 5, .arena = true,
     .title = "A peer that sends much before it reads does not stop nc",
     .why = "If nc waits in send for a peer that waits in send for nc, both "
            "wait for ever.",
     .hint = "poll saying POLLOUT does not mean that all your bytes fit. Make "
             "the socket non-blocking, take what write returns, and keep the "
             "rest for the next POLLOUT.",
     .section = "Full duplex", .manual = "fcntl(2)")
{
    enum { SIZE = 300000 };
    clamp_buffers();
    for (enum role role = CLIENT; role <= SERVER; role++) {
        struct pair pair = connect_nc(role, NULL);
        const char *out = much(SIZE), *in = much(SIZE);
        given("Stdin holds much, and the peer sends %s bytes before it reads",
              show_count(SIZE));
        feed_input(pair.nc, out, SIZE);
        let_work(pair.nc);
        say_deaf(pair.peer, in, SIZE);
        wait_output(pair.nc, in, SIZE);
        expect_bytes(pair.peer, out, SIZE);
    }
}

TEST("nc.large", .points = 3,
     .title = "10 MiB go each way at once, and arrive whole",
     .why = "Files are larger than any buffer.",
     .hint = "Each direction has a buffer of its own. Begin at its start again "
             "when it is empty, not before.",
     .section = "Full duplex", .manual = "poll(2)")
{
    for (enum role role = CLIENT; role <= SERVER; role++) {
        struct pair pair =
            connect_nc(role, &(struct launch){.most_output = 2 * LARGE});
        const char *out = much(LARGE), *in = much(LARGE);
        feed_input(pair.nc, out, LARGE);
        say(pair.peer, in, LARGE);
        expect_bytes(pair.peer, out, LARGE);
        wait_output(pair.nc, in, LARGE);
    }
}

TEST("nc.short-sends", .points = 2,
     .title = "A send that took part of the bytes is continued",
     .why = "send returns how many bytes it took, which may be fewer than it "
            "was given. The rest is lost if nobody sends it.",
     .hint = "Keep start and end of what is still in the buffer; add to start "
             "what write or send returned.",
     .section = "Short counts", .manual = "send(2)")
{
    struct pair pair = connect_nc(CLIENT, &(struct launch){.faults = "short"});
    const char *word = random_word(60);
    give_input(pair.nc, word, 60);
    expect_bytes(pair.peer, word, 60);
}

TEST("nc.short-writes", .points = 2,
     .title = "A write to stdout that took part of the bytes is continued",
     .why = "A pipe whose reader is slow takes what there is room for. The "
            "rest is lost if nobody writes it.",
     .hint = "write may return less than it was given, on stdout too.",
     .section = "Short counts", .manual = "write(2)")
{
    struct pair pair =
        connect_nc(CLIENT, &(struct launch){.faults = "narrow-stdout"});
    const char *word = random_word(60);
    say(pair.peer, word, 60);
    wait_output(pair.nc, word, 60);
}

TEST("nc.slow-stdout", .points = 1,
     .title = "What comes waits until stdout's reader is ready for it",
     .why = "A pipe takes no more than it has room for; what comes meanwhile "
            "must not be lost.",
     .hint = "Read from the socket only when all that was read before is "
             "written.",
     .section = "Short counts", .manual = "pipe(7)")
{
    struct pair pair = connect_nc(CLIENT, NULL);
    const char *words = much(MIB);
    hold_output(pair.nc);
    size_t taken = flood(pair.peer, words, MIB);
    let_work(pair.nc);
    release_output(pair.nc);
    say(pair.peer, words + taken, MIB - taken);
    wait_output(pair.nc, words, MIB);
}

TEST("nc.full-stdout", .points = 0,
     .title = "Stretch: a stdout that is full does not hold up stdin",
     .why = "The two directions are independent: that nobody reads what has "
            "come is no reason not to send.",
     .hint = "Where poll reports POLLOUT for a pipe there is room for PIPE_BUF "
             "bytes. Write no more at once, and write does not wait.",
     .section = "Full duplex", .manual = "pipe(7)")
{
    enum { SIZE = 100000 };
    struct pair pair = connect_nc(CLIENT, NULL);
    const char *in = much(MIB), *out = random_word(SIZE);
    hold_output(pair.nc);
    flood(pair.peer, in, MIB);
    let_work(pair.nc);
    given("Nobody reads stdout, which is full");
    feed_input(pair.nc, out, SIZE);
    expect_bytes(pair.peer, out, SIZE);
}

/* ---- Waiting, and what goes wrong ---- */

TEST("nc.idle", .points = 3, .arena = true,
     .title = "nc that waits uses no processor time",
     .why = "A loop that goes round without waiting heats the machine and "
            "takes the processor from those who have work.",
     .hint =
         "Before there is a connection accept waits by itself. "
         "poll reports an end again and again: take a direction that has "
         "ended out of it (a negative fd). Ask for POLLOUT only while "
         "there is something to write, for POLLIN only while there is room.",
     .section = "Waiting without spinning", .manual = "poll(2)")
{
    enum { SIZE = 300000 };
    clamp_buffers();
    uint16_t port = random_port();
    struct program *nc = start("nc", .args = {"-l", format("%u", port)});
    wait_listening(nc, port);
    expect_idle(nc, "while nobody has connected");

    struct pair pair = connect_nc(CLIENT, NULL);
    expect_idle(pair.nc, "while nobody says anything");
    end_input(pair.nc);
    expect_idle(pair.nc, "after the end of stdin");
    half_close(pair.peer);

    pair = connect_nc(SERVER, NULL);
    half_close(pair.peer);
    expect_idle(pair.nc, "after the end of the peer's stream");
    feed_input(pair.nc, much(SIZE), SIZE);
    expect_idle(pair.nc, "while the peer takes no more");

    pair = connect_nc(CLIENT, NULL);
    hold_output(pair.nc);
    flood(pair.peer, much(SIZE), SIZE);
    expect_idle(pair.nc, "while nobody reads its stdout");
}

TEST("nc.interrupted", .points = 2,
     .title = "A call that a signal interrupted is made again (EINTR)",
     .why = "A call that waits can come back with EINTR and nothing done. That "
            "is no error of the connection, and no end.",
     .hint = "If a call returns -1 and errno is EINTR, make it again. After "
             "poll failed revents means nothing.",
     .section = "What poll tells", .manual = "signal(7)")
{
    static const char *const calls[][2] = {
        {"recv", "Every second recv (or read) of the socket is interrupted"},
        {"send", "Every second send (or write) to the socket is interrupted"},
        {"poll", "Every second poll (or select) is interrupted"},
        {"stdio", "Every second read of stdin and write to stdout is "
                  "interrupted"}};
    for (int i = 0; i < 4; i++) {
        given("%s (EINTR)", calls[i][1]);
        have_a_word(connect_nc(
            CLIENT,
            &(struct launch){.faults = format("eintr=%s", calls[i][0])}));
    }
}

TEST("nc.reset", .points = 2,
     .title = "A reset is a run-time error, not an end",
     .why = "After a reset nobody knows what is missing. Half a file that "
            "looks like a whole one is worse than an error.",
     .hint = "read on the socket returned -1, which is not 0: say why on "
             "stderr, exit 1. POLLERR and POLLHUP: read, and it tells.",
     .section = "What poll tells", .manual = "recv(2)")
{
    struct pair pair = connect_nc(CLIENT, NULL);
    const char *word = random_word(20);
    say(pair.peer, word, 20);
    wait_output(pair.nc, word, 20);
    reset(pair.peer);
    given("The peer has reset the connection");
    expect_runtime_error(pair.nc, "Connection reset by peer");
}

/* nc is frozen while the peer leaves, so that it finds both the end and the
 * reset, every time. */
TEST("nc.peer-gone", .points = 1, .arena = true,
     .title = "A peer that leaves before it has all is a run-time error",
     .why = "Sending to a connection that is gone raises SIGPIPE, which ends "
            "nc without a word to its user.",
     .hint = "signal(SIGPIPE, SIG_IGN), or send with MSG_NOSIGNAL: then the "
             "call returns -1, and you can say why.",
     .section = "What poll tells", .manual = "send(2)")
{
    enum { SIZE = 300000 };
    clamp_buffers();
    struct pair pair = connect_nc(CLIENT, NULL);
    feed_input(pair.nc, much(SIZE), SIZE);
    let_work(pair.nc);
    freeze(pair.nc);
    half_close(pair.peer);
    reset(pair.peer);
    thaw(pair.nc);
    expect_runtime_error(pair.nc, NULL);
}

TEST("nc.stdout-gone", .points = 1,
     .title = "When nobody reads stdout any more nc ends, and not with 0",
     .why = "nc HOST PORT | head -1 should end when head has its line. What "
            "comes goes nowhere, so it was no success.",
     .hint = "An error of write to stdout is a run-time error. (To end by "
             "SIGPIPE, as cat does, is right as well.)",
     .section = "What poll tells", .manual = "write(2)")
{
    struct pair pair = connect_nc(CLIENT, NULL);
    close_output(pair.nc);
    say_text(pair.peer, "a line\n");
    let_work(pair.nc);
    if (!has_ended(pair.nc))
        say_text(pair.peer, "and another\n");
    given("Nobody reads stdout any more, and two lines have come for it");
    if (wait_exit(pair.nc) == 0)
        fail_test(
            &(struct verdict){.expected = "a run-time error, or the end "
                                          "by SIGPIPE",
                              .received = describe_program(pair.nc)},
            "Nobody reads stdout any more, so bytes were lost; and nc %s.",
            describe_program(pair.nc));
}

TEST("server.one-client", .points = 2,
     .title = "-l takes one connection; then nobody else can connect",
     .why = "Whoever comes second should be refused, and not wait in a queue "
            "that nobody serves.",
     .hint = "close the listening socket as soon as accept has returned.",
     .section = "One connection", .manual = "listen(2)")
{
    struct pair pair = connect_nc(SERVER, NULL);
    wait_accepted(pair.port);
    let_work(pair.nc);
    uint16_t port = pair.port;
    if (listening_port(port))
        fail_test(&(struct verdict){.expected = "no socket in state LISTEN",
                                    .received = format("one that listens on "
                                                       "port %u",
                                                       port)},
                  "nc has its connection, and still listens on port %u.", port);
    have_a_word(pair);
}
