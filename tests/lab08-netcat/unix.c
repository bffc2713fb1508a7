/* unix.c: sockets that have a path. */
#include "nc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { MIB = 1 << 20, LARGE = 10 * MIB };

/* ---- A connection ---- */

TEST("unix.connects", .points = 2, .arena = true,
     .title = "nc -U PATH connects to a UNIX-domain socket",
     .why = "Programs of one machine often meet at a path: databases, display "
            "servers, system daemons.",
     .hint = "socket(AF_UNIX, SOCK_STREAM, 0), and the path in sun_path of a "
             "struct sockaddr_un.",
     .section = "UNIX-domain sockets", .manual = "unix(7)")
{
    connect_nc(UNIX_CLIENT, NULL);
}

TEST("unix.listens", .points = 2, .arena = true,
     .title = "nc -lU PATH listens at a path",
     .why = "A path is to a UNIX-domain socket what a port is to TCP.",
     .hint = "socket, bind, listen, accept as ever; only the address is "
             "another one. bind makes the path.",
     .section = "UNIX-domain sockets", .manual = "unix(7)")
{
    connect_nc(UNIX_SERVER, NULL);
}

TEST("unix.exchange", .points = 1, .arena = true,
     .title = "Over a UNIX-domain socket all is as over TCP",
     .why = "A stream is a stream. What knows only its descriptor works with "
            "either.",
     .hint = "One function for the two directions, for all kinds of "
             "connection.",
     .section = "UNIX-domain sockets", .manual = "unix(7)")
{
    for (enum role role = UNIX_CLIENT; role <= UNIX_SERVER; role++)
        have_a_word(connect_nc(role, NULL));
}

TEST("unix.ends", .points = 1, .arena = true,
     .title = "Over a UNIX-domain socket, too, each direction has its own end",
     .why = "It can be closed by half, as a TCP connection can.",
     .hint = "shutdown(fd, SHUT_WR) at the end of stdin, go on reading, and "
             "end with status 0 when both have ended. POLLHUP is no end yet: "
             "there may be data to read before it.",
     .section = "Two ends", .manual = "shutdown(2)")
{
    for (enum role role = UNIX_CLIENT; role <= UNIX_SERVER; role++) {
        struct pair pair = connect_nc(role, NULL);
        char *said = random_word(40), *word = said + 30;
        end_input(pair.nc);
        expect_end(pair.peer);
        say(pair.peer, said, 30);
        wait_output(pair.nc, said, 30);
        given("The peer says its last word and closes while nc is busy "
              "elsewhere");
        freeze(pair.nc);
        say(pair.peer, word, 10);
        hang_up(pair.peer);
        thaw(pair.nc);
        wait_output(pair.nc, said, 40);
        given(NULL);
        expect_exit(pair.nc, 0);
    }
}

TEST("unix.large", .points = 1, .arena = true,
     .title = "10 MiB go each way at once over a UNIX-domain socket",
     .why = "Such a socket's buffer is full earlier, and a send that waits "
            "holds up the other direction here too.",
     .hint = "Non-blocking, short counts, a buffer for each direction: as over "
             "TCP.",
     .section = "Full duplex", .manual = "unix(7)")
{
    struct pair pair =
        connect_nc(UNIX_SERVER, &(struct launch){.most_output = 2 * LARGE});
    const char *out = much(LARGE), *in = much(LARGE);
    feed_input(pair.nc, out, LARGE);
    let_work(pair.nc);
    say_deaf(pair.peer, in, LARGE);
    expect_bytes(pair.peer, out, LARGE);
    wait_output(pair.nc, in, LARGE);
}

TEST("unix.hangup", .points = 2, .arena = true,
     .title = "nc does not spin when the peer of its UNIX socket has gone",
     .why = "poll reports POLLHUP for such a socket again and again, asked "
            "for or not, for as long as it is looked at.",
     .hint = "A negative fd in struct pollfd is passed over. Asking for no "
             "events is not enough.",
     .section = "Waiting without spinning", .manual = "poll(2)")
{
    for (enum role role = UNIX_CLIENT; role <= UNIX_SERVER; role++) {
        struct pair pair = connect_nc(role, NULL);
        const char *word = random_word(10);
        say(pair.peer, word, 10);
        wait_output(pair.nc, word, 10);
        hang_up(pair.peer);
        expect_idle(pair.nc, "after its peer has closed the connection");
    }
}

/* ---- The path ---- */

static void expect_refused(const char *name)
{
    struct program *nc = start("nc", .args = {"-lU", name}, .shared = true);
    struct stat before, after;
    stat(shared_path(name), &before);
    let_work(nc);
    if (!has_ended(nc) && stat(shared_path(name), &after) == 0 &&
        before.st_ino != after.st_ino)
        fail_test(&(struct verdict){.expected = format("%s, as it was", name),
                                    .received = "another socket in its place"},
                  "nc removed %s, which is somebody else's, and listens in its "
                  "place.",
                  name);
    expect_runtime_error(nc, "Address already in use");
    if (stat(shared_path(name), &after) == 0 && before.st_ino == after.st_ino)
        return;
    fail_test(&(struct verdict){.expected = format("%s, as it was", name),
                                .received = "nothing at that path"},
              "nc was refused %s, which is somebody else's, and removed it.",
              name);
}

TEST("unix.path-taken", .points = 2, .arena = true,
     .title = "-lU refuses a path that is there, and leaves it alone",
     .why = "It may be a file that somebody needs, or the socket of a program "
            "that runs.",
     .hint = "bind fails with EADDRINUSE: say so and exit. Remove at the end "
             "only what your own bind has made.",
     .section = "The path", .manual = "unix(7)")
{
    int fd = open(shared_path("notes.txt"), O_CREAT | O_WRONLY, 0666);
    if (fd < 0)
        broken("%s: %s", shared_path("notes.txt"), strerror(errno));
    close(fd);
    given("The path is a file");
    expect_refused("notes.txt");

    struct program *first = start("nc", .args = {"-lU", "nc.sock"},
                                  .shared = true, .open_stdin = true);
    wait_listening_path(first, "nc.sock");
    given("The path is the socket of another nc, which listens");
    expect_refused("nc.sock");
    have_a_word((struct pair){first, dial_path(first, "nc.sock"), 0});
}

TEST("unix.stale-path", .points = 1, .arena = true,
     .title = "-lU refuses the socket of a program that has ended, too",
     .why = "nc cannot know whether the other program has ended or is just "
            "about to listen. Whoever uses it can.",
     .hint = "No unlink before bind.", .section = "The path",
     .manual = "unix(7)")
{
    struct program *nc =
        start("nc", .args = {"-lU", "nc.sock"}, .shared = true);
    wait_listening_path(nc, "nc.sock");
    stop_program(nc);
    given("The path is the socket of an nc that was killed");
    expect_refused("nc.sock");
}

static bool is_there(const char *name)
{
    struct stat found;
    return lstat(shared_path(name), &found) == 0;
}

static void expect_removed(struct program *nc, const char *when)
{
    wait_exit(nc);
    if (is_there("nc.sock"))
        fail_test(&(struct verdict){.expected = "nothing at the path nc.sock",
                                    .received = "the socket"},
                  "nc leaves its socket behind %s: the next nc -lU is refused.",
                  when);
}

TEST("unix.removes-path", .points = 2, .arena = true,
     .title = "-lU removes its path at the end",
     .why = "bind has made the path, and nothing removes it by itself. What "
            "stays keeps the next one out.",
     .hint = "unlink(path). With err and exit on the way, atexit is the one "
             "place that all pass.",
     .section = "The path", .manual = "unlink(2)")
{
    struct pair pair = connect_nc(UNIX_SERVER, NULL);
    have_a_word(pair);
    end_both(pair);
    expect_removed(pair.nc, "at its end");

    /* A peer that closes with input unread resets the connection. */
    pair = connect_nc(UNIX_SERVER, NULL);
    give_input(pair.nc, "a line\n", 7);
    end_input(pair.nc);
    let_work(pair.nc);
    hang_up(pair.peer);
    expect_removed(pair.nc, "when its peer has left without reading");
}

TEST("unix.signals", .points = 2, .arena = true,
     .title = "-lU removes its path at SIGINT and SIGTERM, too",
     .why = "Ctrl-C is how most people end nc -l, and kill the other way. Both "
            "end it where it stands, and no atexit is called.",
     .hint = "A handler that calls unlink, then signal(number, SIG_DFL) and "
             "raise(number). All of them are async-signal-safe.",
     .section = "The path", .manual = "signal-safety(7)")
{
    static const struct {
        int number;
        const char *name;
    } signals[] = {{SIGINT, "SIGINT"}, {SIGTERM, "SIGTERM"}};
    for (int i = 0; i < 2; i++) {
        struct program *nc = start("nc", .args = {"-lU", "nc.sock"},
                                   .shared = true, .open_stdin = true);
        wait_listening_path(nc, "nc.sock");
        let_work(nc);
        given("It listens, and %s comes", signals[i].name);
        send_signal(nc, signals[i].number);
        expect_removed(nc, "then");
        given(NULL);

        struct pair pair = connect_nc(UNIX_SERVER, NULL);
        say_text(pair.peer, "a line\n");
        wait_output(pair.nc, "a line\n", 7);
        given("It is connected, and %s comes", signals[i].name);
        send_signal(pair.nc, signals[i].number);
        expect_removed(pair.nc, "then");
        given(NULL);
    }
}

static char *path_of(size_t size)
{
    char *path = random_word(size);
    for (size_t i = 0; i < size; i++)
        path[i] = path[i] == ' ' ? '_' : path[i];
    return path;
}

static void refuse_to_listen(const char *path)
{
    struct program *nc = start("nc", .args = {"-lU", path}, .shared = true);
    let_work(nc);
    for (int length = 100; length <= 108; length++)
        if (is_there(format("%.*s", length, path)))
            fail_test(&(struct verdict){.expected = "a run-time error",
                                        .received = format(
                                            "a socket at the first %d bytes of "
                                            "PATH",
                                            length)},
                      "nc made a shorter path of it, and listens where nobody "
                      "looks for it.");
    expect_runtime_error(nc, NULL);
}

/* Somebody listens where a PATH leads that was cut off. */
static void refuse_to_connect(const char *path, const struct listener *shorter)
{
    struct program *nc = start("nc", .args = {"-U", path}, .shared = true);
    let_work(nc);
    if (has_caller(shorter))
        fail_test(&(struct verdict){.expected = "a run-time error",
                                    .received = "a connection to the first 107 "
                                                "bytes of PATH"},
                  "nc made a shorter path of it, and talks to another program "
                  "than the one that was named.");
    expect_runtime_error(nc, NULL);
}

/* Of 108 bytes in sun_path, Linux would give the last one to a path that ends
 * without a NUL. nc may take such a path or refuse it. */
TEST("unix.path-length", .points = 2, .arena = true,
     .title = "107 bytes of PATH are taken; 109 are a run-time error",
     .why = "sun_path has 108 bytes. What is copied behind its end overwrites "
            "something else, and what is cut off leads to another path.",
     .hint = "Compare strlen with sizeof address.sun_path before you copy, "
             "for -U and for -lU. 107 bytes and a NUL just fit.",
     .section = "UNIX-domain sockets", .manual = "unix(7)")
{
    static const size_t too_long[] = {109, 120, 250};
    char *path = path_of(107);
    given("PATH has 107 bytes");
    struct program *server =
        start("nc", .args = {"-lU", path}, .shared = true, .open_stdin = true);
    wait_listening_path(server, path);
    struct program *client =
        start("nc", .args = {"-U", path}, .shared = true, .open_stdin = true);
    give_input(client, "a line\n", 7);
    wait_output(server, "a line\n", 7);

    char *shorter = path_of(107);
    struct listener *elsewhere = listen_path(shorter);
    for (size_t i = 0; i < sizeof too_long / sizeof *too_long; i++) {
        given("PATH has %zu bytes", too_long[i]);
        path = path_of(too_long[i]);
        refuse_to_listen(path);
        memcpy(path, shorter, strlen(shorter));
        refuse_to_connect(path, elsewhere);
    }
}

TEST("unix.no-server", .points = 1, .arena = true,
     .title = "No such path, or nobody behind it: a run-time error",
     .why = "The reason tells the user what to do: start the server, or remove "
            "what it left behind.",
     .hint = "Check what connect returns: err(1, \"%s\", path).",
     .section = "Usage and run-time errors", .manual = "connect(2)")
{
    expect_runtime_error(
        start("nc", .args = {"-U", "nothing.sock"}, .shared = true),
        "No such file or directory");
    stop_listening(listen_path("stale.sock"));
    expect_runtime_error(
        start("nc", .args = {"-U", "stale.sock"}, .shared = true),
        "Connection refused");
}
