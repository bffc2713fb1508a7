/* servers.h: the tests of a server. Included by fork.c, thread.c and poll.c,
 * which define its name and what to say of it; so each of the three servers has
 * them all. Here is what the lab teaches; servers_rules.h has the rest. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#define NAME SERVER "_server"

/* ---- What the protocol is ------------------------------------------------ */

TEST(SERVER ".listens", .points = 1,
     .title = NAME " listens on the port that it is given",
     .why = "No client can reach a server before it listens.",
     .hint = "net_parse_port, net_listen, net_announce: see common/net.h.",
     .section = "Ports", .manual = "listen(2)")
{
    start_server(NAME, random_port());
}

TEST(SERVER ".first-line", .points = 1,
     .title = "On connect a client is sent \"It is now: \" and the time",
     .why = "This is what the lab is about. The server speaks first.",
     .hint = "No recv before the first send. The words, a blank, then what "
             "ctime_r writes: 24 characters and a newline. With strftime the "
             "day is %e, not %d.",
     .section = "One protocol, three ways", .manual = "ctime(3)")
{
    struct told told;
    /* A day of one digit: how it is padded shows on no other. */
    struct clocked server = start_clocked(
        NAME, "UTC0", random_moment(random_below(12), 1 + random_below(9)), 0);
    hear_time(connect_next(&server, &told), &told);
    size_t same =
        common_prefix(told.line, strlen(told.line), PREFIX, PREFIX_SIZE);
    if (same < PREFIX_SIZE)
        fail_test(&(struct verdict){.expected = "\"" PREFIX "…\"",
                                    .received = show_bytes(
                                        told.line, strlen(told.line), same)},
                  "The line differs from what was due at byte %zu.", same + 1);
    told.line += PREFIX_SIZE;
    expect_time(&server, told);
}

TEST(SERVER ".each-line", .points = 1,
     .title = "For each line that comes the time is sent again",
     .why = "A client asks by a line, as often as it likes, and waits for each "
            "answer.",
     .hint = "After the first line: recv, and for each newline among the bytes "
             "that came one more line out, until recv returns 0.",
     .section = "One protocol, three ways", .manual = "recv(2)")
{
    enum { LEAP = 8 * DAY + 3661 };
    struct told told;
    struct clocked server = start_clocked(
        NAME, "UTC0", random_moment(random_below(12), 10 + random_below(3)),
        LEAP);
    struct conn *client = connect_next(&server, &told);
    read_line(client);
    for (int i = 0; i < 3; i++) {
        const char *word = i == 1 ? "" : random_word(1 + random_below(20));
        given("The client says %s line", i == 1 ? "an empty" : "a");
        say_text(client, format("%s\n", word));
        read_line(client);
    }

    given("Days later a client that has been connected all the while says a "
          "line");
    read_line(connect_next(&server, &told));
    told.from = time(NULL);
    say_text(client, "hello\n");
    hear_time(client, &told);
    skip_prefix(&told);
    expect_time(&server, told);
}

static void say_lines(struct program *server, struct conn *client, int count)
{
    char *lines = malloc(2 * count);
    if (!lines)
        broken("out of memory");
    for (int i = 0; i < count; i++)
        memcpy(lines + 2 * i, (const char *[]){"a\n", "\0\n", "\xff\n"}[i % 3],
               2);
    say_deaf(client, lines, 2 * count);
    free(lines);
    let_work(server); /* it has sent what the buffers hold */
    expect_lines(server, client, count, "one was due for each that came");
}

TEST(SERVER ".pieces", .points = 1, .arena = true,
     .title = "Lines count, however the stream is cut into segments",
     .why = "TCP knows no lines. A recv may bring a piece of one, or hundreds.",
     .hint = "Count the newlines among the bytes of each recv. A line may be "
             "longer than any array, and have a NUL or a 0xFF in it: no fgets, "
             "no strchr, no char that is compared with EOF.",
     .section = "Lines, not segments", .manual = "tcp(7)")
{
    enum { MANY = 1000, LONG = 70000 };
    clamp_buffers(); /* for answers to which the client listens late */
    uint16_t port = random_port();
    struct program *server = start_server(NAME, port);
    struct conn *client = dial(server, port);
    read_line(client);
    say_apart(client, "some of", 7);
    expect_lines(server, client, 0, "it answers a piece of a line");
    say_text(client, " a line\n");
    expect_lines(server, client, 1, "a line came in two pieces");

    given("%d lines come at once, of a letter, a NUL or a 0xFF each", MANY);
    say_lines(server, client, MANY);

    given("A line of %d bytes comes", LONG);
    char *line = random_word(LONG);
    line[LONG - 1] = '\n';
    say(client, line, LONG);
    expect_lines(server, client, 1, "it was one line");
}

TEST(SERVER ".last-line", .points = 1,
     .title = "A last line without newline counts",
     .why = "Its end is the end of the stream. The client still reads: it "
            "wants an answer to this line too.",
     .hint = "Remember whether anything came since the last newline. Where "
             "recv returns 0 and something did, there is one more line to "
             "answer.",
     .section = "Lines, not segments", .manual = "recv(2)")
{
    uint16_t port = random_port();
    struct program *server = start_server(NAME, port);
    struct conn *client = dial(server, port);
    read_line(client);
    given("The last line has no newline");
    say_text(client, random_word(1 + random_below(20)));
    half_close(client);
    expect_lines(server, client, 1, "there was one");

    given("The last line has a newline");
    client = dial(server, port);
    read_line(client);
    say_text(client, format("%s\n", random_word(1 + random_below(20))));
    half_close(client);
    expect_lines(server, client, 1, "there was one");
}

TEST(SERVER ".ends", .points = 1, .arena = true,
     .title = "After its end a client gets its answers, then an end in order",
     .why = "The client has said all, but it still reads: it wants the whole "
            "answer, and to learn that there is no more. A reset would tell "
            "it that something went wrong.",
     .hint = HINT_ENDS, .section = SECTION_ENDED, .manual = "close(2)")
{
    enum { LINES = 300 };
    clamp_buffers(); /* for answers to which the client listens late */
    uint16_t port = random_port();
    struct program *server = start_server(NAME, port);
    struct conn *client = dial(server, port);
    read_line(client);
    half_close(client);
    expect_end(client);
    expect_no_reset(client, "after its last line");

    given("%d lines and the end of the stream come together", LINES);
    client = dial(server, port);
    read_line(client);
    freeze(server);
    say_letters(client, LINES);
    half_close(client);
    thaw(server);
    let_work(server); /* it has sent what the buffers hold */
    for (int i = 0; i < LINES; i++)
        read_line(client);
}

/* ---- Many at once -------------------------------------------------------- */

TEST(SERVER ".silent", .points = 2,
     .title = "500 clients that say nothing delay nobody",
     .why = "People keep connections open and do nothing. That is their good "
            "right, and must cost the others nothing.",
     .hint = HINT_SILENT, .section = SECTION, .manual = "accept(2)")
{
    uint16_t port = random_port();
    struct program *server = start_server(NAME, port);
    struct crowd *crowd = dial_crowd(server, port, SILENT);
    given("%d clients are connected and say nothing", SILENT);
    serve(dial(server, port));
    given("One of %d clients that said nothing so far says a line", SILENT);
    struct conn *one = leave_crowd(crowd, random_below(SILENT));
    say_text(one, "hello\n");
    read_line(one);
}

/* Lines, until the server takes no more of them, whose answers nobody reads. */
static size_t pour_lines(struct conn *client)
{
    enum { SIZE = 256 * 1024 };
    static char newlines[SIZE];
    memset(newlines, '\n', SIZE);
    return say_while_taken(client, newlines, SIZE);
}

TEST(SERVER ".never-reads", .points = 1, .arena = true,
     .title = "A client that sends lines and never reads delays nobody",
     .why = "When its buffers are full a send to it waits, for ever maybe. All "
            "others have nothing to do with that.",
     .hint = HINT_NEVER_READS, .section = "Answers that nobody reads",
     .manual = "send(2)")
{
    clamp_buffers();
    uint16_t port = random_port();
    struct program *server = start_server(NAME, port);
    struct conn *before = dial(server, port), *deaf = dial(server, port);
    read_line(before);
    pour_lines(deaf);
    expect_idle(server, "while a client does not read what it is sent");
    given("A client has sent lines and does not read the answers");
    say_text(before, "hello\n");
    read_line(before);
    serve(dial(server, port));
}

#ifdef HAS_ONE_LOOP
TEST(SERVER ".memory", .points = 1, .arena = true,
     .title = "Answers that nobody reads do not fill the memory",
     .why = "Who sends lines for ever and reads nothing would otherwise end "
            "the server, with one connection.",
     .hint = "While there is something to send to a client, do not ask poll "
             "for POLLIN and do not read: then TCP makes the client wait.",
     .section = "Answers that nobody reads", .manual = "poll(2)")
{
    enum { MOST_KIB = 4096 };
    clamp_buffers();
    uint16_t port = random_port();
    struct program *server = start_server(NAME, port);
    serve(dial(server, port));
    size_t before = memory_in_use(server), after;
    size_t lines = pour_lines(dial(server, port));
    after = memory_in_use(server);
    if (after < before + MOST_KIB)
        return;
    fail_test(
        &(struct verdict){
            .expected = format("less than %s KiB more", show_count(MOST_KIB)),
            .received = format("%s KiB more", show_count(after - before))},
        "The server has read %s lines of a client that reads none of the "
        "answers, and keeps these in its memory.",
        show_count(lines));
}
#endif

#ifdef HAS_THREADS
TEST(SERVER ".argument", .points = 1,
     .title = "Each thread serves its own client, even if it starts late",
     .why = "pthread_create returns before the new thread runs. What the "
            "thread then finds behind a pointer may be the next client's.",
     .hint = "Do not pass &client of a variable that the next accept changes. "
             "Pass the number itself, (void *)(intptr_t)client, or memory of "
             "its own.",
     .section = "The argument of a thread", .manual = "pthread_create(3)")
{
    uint16_t port = random_port();
    struct program *server =
        start(NAME, .args = {format("%u", port)}, .faults = "late-thread");
    wait_listening(server, port);
    freeze(server); /* so that both wait to be accepted */
    struct conn *first = dial(server, port), *second = dial(server, port);
    thaw(server);
    given("The first client's thread starts only when the second client has "
          "been accepted");
    expect_lines(server, second, 1, "it was meant for the first client");
    read_line(first);
}

TEST(SERVER ".races", .points = 1,
     .title = "ThreadSanitizer finds no data race",
     .why = "What two threads touch at once, and one of them changes, may come "
            "out wrong, once in a thousand runs.",
     .hint = "ctime, localtime and asctime write to memory that all threads "
             "share: ctime_r, or localtime_r and strftime. What threads share "
             "of your own needs a mutex.",
     .section = "What threads share", .manual = "ctime(3)")
{
    uint16_t port = random_port();
    struct program *server =
        start(NAME, .args = {format("%u", port)}, .watched = true,
              .faults = "none"); /* C11's threads are seen through it */
    let_work(server);
    if (strstr(errors_of(server, NULL), "unexpected memory mapping"))
        skip_test("ThreadSanitizer cannot run here: the kernel puts programs "
                  "where it does not know its way, and forbids "
                  "personality(2).");
    wait_listening(server, port);
    struct conn *first = dial(server, port), *second = dial(server, port);
    read_line(first);
    read_line(second);
    serve(dial(server, port));
    say_text(first, "hello\n");
    read_line(first);
    hang_up(first);
    let_work(server);
    expect_no_sanitizer_report(server);
}
#endif

/* ---- What has ended is gone ---------------------------------------------- */

TEST(SERVER ".ended", .points = 2,
     .title = "Of clients that leave at once nothing is left a second later",
     .why = "What an ended client leaves behind adds up: descriptors, threads, "
            "zombies. And the next client, who might bring the cure, may "
            "come in a week.",
     .hint = HINT_ENDED, .section = SECTION_ENDED, .manual = "waitpid(2)")
{
    enum { MANY = 20 };
    uint16_t port = random_port();
    struct program *server = start_server(NAME, port);
    serve(dial(server, port));
    wait_connections_over(port);
    struct census first = take_census(server);
    first.zombies = 0;
    struct crowd *crowd = dial_crowd(server, port, MANY);
    freeze(server); /* so that it hears of all of them at once */
    hang_up_crowd(crowd);
    let_work(server);
    thaw(server);
    expect_census(server, first,
                  format("after %d clients that left at once", MANY));
}

TEST(SERVER ".no-leak", .points = 1,
     .title = "After 200 clients the server holds what it held after one",
     .why = "A server that keeps something of each client stops serving when a "
            "limit is reached, often after some hundred clients.",
     .hint = HINT_NO_LEAK, .section = SECTION_ENDED, .manual = "close(2)")
{
    rule_no_leak(NAME, serve);
}

/* ---- SIGTERM ------------------------------------------------------------- */

TEST(SERVER ".sigterm", .points = 1,
     .title = "SIGTERM ends the server within a second, with exit status 0",
     .why = "Who stops a server wants it to have stopped, and to know that it "
            "ended as it should.",
     .hint = HINT_SIGTERM, .section = "SIGTERM", .manual = "ppoll(2)")
{
    uint16_t port = random_port();
    struct program *server = start_server(NAME, port);
    let_work(server);
    expect_ends_by_sigterm(server, "while it waits for its first client");
    expect_exit(server, 0);

    server = start_server(NAME, port);
    serve(dial(server, port));
    wait_connections_over(port);
    starve_descriptors(server, true);
    dial(server, port);
    let_work(server);
    expect_ends_by_sigterm(server, "while there are no descriptors");
    expect_exit(server, 0);
}

TEST(SERVER ".sigterm-all", .points = 2, .arena = true,
     .title = "SIGTERM ends all connections and all that serves them",
     .why = "A server is not stopped while parts of it go on: they hold "
            "connections and memory, and nobody knows of them.",
     .hint = HINT_SIGTERM_ALL, .section = "SIGTERM", .manual = "kill(2)")
{
    clamp_buffers();
    uint16_t port = random_port();
    struct program *server = start_server(NAME, port);
    struct crowd *crowd = dial_crowd(server, port, SILENT);
    pour_lines(dial(server, port));
    expect_ends_by_sigterm(server, "while it has clients");
    if (!gone_within(server, 1000))
        fail_test(&(struct verdict){.expected = "no process of the server",
                                    .received = describe_program(server)},
                  "Some of what the server started goes on after its end.");
    expect_crowd_ended(crowd);
}

#include "servers_rules.h"
