/* harness.h: what a suite is written with.
 *
 * A suite is a C file of tests. Each TEST declares, in one place, its id, its
 * points, what it says to the student, and its code. The runner (runner.c) runs
 * each test in a process of its own, inside a private network (the arena,
 * arena.c); the programs under test run in cells (cell.c), so that nothing a
 * student wrote ever shares a process with what decides.
 *
 * One process runs one test, so the functions below keep their state in that
 * process and need no handle of the test. All of them end the test at the first
 * expectation that does not hold. Memory that they return lives until the end
 * of the test and is not freed.
 *
 * Times are milliseconds on CLOCK_MONOTONIC since the test began.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- Declaring a test ---------------------------------------------------- */

struct test {
    const char *id;      /* "server.upper": stable, used by TEST= and scripts */
    int points;          /* out of the lab's 100; 0: reported, worth nothing */
    const char *title;   /* what holds when the test passes, in words */
    const char *why;     /* why it matters */
    const char *hint;    /* one step towards the cure */
    const char *section; /* heading of the lab's handout to read */
    const char *manual;  /* manual page, such as "send(2)" */
    bool arena;          /* needs the private network: not run without one */
    int waits;           /* ms that the contract itself makes it wait */
    bool hidden;         /* in a file hidden*.c alone: students have it not */
    void (*run)(void);
    const void *data; /* for tests that are made at run time */
    const char *file; /* the suite's, not a header's */
    int line;
};

/* TEST("server.upper", .points = 10, .title = "…", …) { code }
 * The declarations of a file are collected by the linker in section "tests". */
#define TEST(ID, ...) TEST_AT(__LINE__, ID, __VA_ARGS__)
#define TEST_AT(LINE, ID, ...) TEST_AT_(LINE, ID, __VA_ARGS__)
#define TEST_AT_(LINE, ID, ...)                                                \
    static void test_##LINE(void);                                             \
    static const struct test declared_##LINE = {.id = ID,                      \
                                                .run = test_##LINE,            \
                                                .file = __BASE_FILE__,         \
                                                .line = LINE,                  \
                                                __VA_ARGS__};                  \
    static const struct test *const listed_##LINE                              \
        __attribute__((section("tests"), used)) = &declared_##LINE;            \
    static void test_##LINE(void)

/* The lab that this suite tests, defined once by the suite. */
extern const char *const suite_lab; /* "lab02-uppercase-echo" */

/* MiB of addresses that a program may use. A suite whose programs start many
 * threads, each with a stack of 8 MiB, sets more than the harness does. */
extern int suite_addresses_mib;

/* Defined, and true, by a suite whose programs talk UDP: then "listening" is
 * what a UDP socket does that is bound and not connected. */
extern const bool suite_talks_udp __attribute__((weak));

/* The test that is running. */
extern const struct test *this_test;

/* ---- Verdicts ------------------------------------------------------------ */

/* What a failing test shows; a null field is left out. Texts are for people:
 * bytes go through show_bytes first. */
struct verdict {
    const char *sent, *expected, *received;
};

/* Ends the test: failed, for a reason in one or two sentences. */
_Noreturn void fail_test(const struct verdict *shown, const char *reason, ...)
    __attribute__((format(printf, 2, 3)));

/* Ends the test: it could not be run here. */
_Noreturn void skip_test(const char *reason, ...)
    __attribute__((format(printf, 1, 2)));

/* Ends the test: the grader itself is at fault, which is never a grade. */
_Noreturn void broken(const char *reason, ...)
    __attribute__((format(printf, 1, 2)));

/* What is given from now on: the reason of a failure begins with it. "Every
 * second recv is interrupted (EINTR)" makes "Every second recv is interrupted
 * (EINTR): server ended with exit status 1." Null takes it back. */
void given(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A line of the conversation that the test itself wants to be seen. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- Text ---------------------------------------------------------------- */

char *format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Bytes in double quotes with C escapes. Where there are more than a screen
 * holds, a piece around byte `focus`, and how many bytes were left out. */
char *show_bytes(const void *data, size_t size, size_t focus);

/* The first line of a text, as it is but for what cannot be printed. */
char *show_line(const char *text);

/* How many bytes two buffers have in common at their start. */
size_t common_prefix(const void *a, size_t a_size, const void *b,
                     size_t b_size);

/* A number with thousands separated: "65,536". */
char *show_count(size_t n);

/* ---- Random input, from the run's seed and the test's id ----------------- */

uint64_t random_u64(void);
unsigned random_below(unsigned n); /* 0 to n - 1 */
uint16_t random_port(void);        /* free, 1024 to 32767, no two equal bytes */
char *random_word(size_t length);  /* letters, digits and spaces within */
/* All 256 values, NUL included, but no letter of UTF-8 beyond ASCII. */
unsigned char *random_bytes(size_t size);

/* ---- Programs under test ------------------------------------------------- */

struct program;
struct conn;
struct listener;

struct launch {
    const char *name;        /* "server": the program of the lab */
    const char *args[10];    /* up to the first null */
    const char *input;       /* its stdin; null: empty, or see open_stdin */
    size_t input_size;       /* 0: strlen(input) */
    bool open_stdin;         /* keep stdin open: give_input, end_input */
    bool sanitized;          /* the build with AddressSanitizer and UBSan */
    bool watched;            /* the build with ThreadSanitizer */
    const char *faults;      /* see faults.c: "short", "eintr", "clock=60,0" */
    const char *hosts;       /* the cell's /etc/hosts; null: localhost alone */
    const char *services;    /* the cell's /etc/services; null: the machine's */
    const char *tz;          /* time zone; null: UTC */
    const char *env[4];      /* "NAME=VALUE", besides what it has anyway */
    bool shared;             /* works in the test's shared folder */
    bool shared_tmp;         /* that folder is its /tmp, too */
    bool syslog;             /* with shared: /dev/log is "log" in that folder */
    size_t most_output;      /* most bytes on stdout; 0: 4 Mi */
    const char *const *peer; /* run this trusted command instead, no cell */
    const struct build *build; /* or a compiler: see inside.h */
    bool far_end;              /* of the link, in make trace: see trace.h */

    /* With shared: it lies in folder "bin" there, and with it the lab's
     * stand-in (tests/LAB/standin.c) under these names. With stage that goes
     * first, and becomes the program when it is told to. */
    const char *beside[4];
    bool stage;
};

/* Starts a program of the lab in a cell of its own.
 *   struct program *server = start("server", .args = {"9999"}); */
#define start(NAME, ...)                                                       \
    start_program(&(struct launch){.name = NAME, __VA_ARGS__})
struct program *start_program(const struct launch *launch);

/* Starts it, and waits until it listens on the TCP port (or has the UDP port
 * bound). Fails the test when it ends or falls asleep before. */
void wait_listening(struct program *program, uint16_t port);

/* start("server", port) and wait_listening in one. */
struct program *start_server(const char *name, uint16_t port);

/* Is anything in state LISTEN on that TCP port of the arena? Any, if port is
 * 0: then the answer is the port, else 0. */
uint16_t listening_port(uint16_t port);

void give_input(struct program *program, const void *data, size_t size);
void end_input(struct program *program);
/* Does not wait: the program gets the input as it takes it, in all that the
 * test waits for from now on. An end_input after it comes when it has all. */
void feed_input(struct program *program, const void *data, size_t size);

/* Nobody reads its stdout for a while, a pipe of one page; or never again. */
void hold_output(struct program *program);
void release_output(struct program *program);
void close_output(struct program *program);

void send_signal(struct program *program, int signal);

/* Stops a program (SIGSTOP) and waits until it stands still; lets it go on. */
void freeze(struct program *program);
void thaw(struct program *program);
/* Waits until the program has stopped itself, as fault "stop-at-listen" makes
 * it do; false if it ended or waits for something else instead. */
bool wait_frozen(struct program *program);

/* Kills a program and all it started, and waits until they are gone. */
void stop_program(struct program *program);

/* What it wrote so far. */
const char *output_of(struct program *program, size_t *size);
const char *errors_of(struct program *program, size_t *size);

bool has_ended(struct program *program);
/* A server goes on, itself or in the background, after what is said in words.
 */
void expect_alive(struct program *server, const char *after);
/* Its number, as the test sees it; 0 before it runs. */
pid_t process_id(const struct program *program);
/* "is still running: it waits in recv, descriptor 4", "ended with exit status
 * 0". */
char *describe_program(struct program *program);

/* Waits for its end: exit status, or 128 + the signal's number. */
int wait_exit(struct program *program);

/* Has it ended once `ms` have passed? For times that a contract itself bounds;
 * time in which this test had to wait for the processor is not counted. Calls
 * `meanwhile(arg)`, if not null, some forty times a second. */
bool ends_within(struct program *program, int ms, void (*meanwhile)(void *),
                 void *arg);

/* Waits until done(arg), for what only the suite knows how to find out. Fails
 * the test where that cannot come: `missing` begins the sentence, and
 * show(arg), if not null, tells what is there instead. */
void wait_until(bool (*done)(void *), void *arg, const char *missing,
                struct verdict (*show)(void *));

/* ---- What a program must do at its end ----------------------------------- */

void expect_exit(struct program *program, int status);
void expect_output(struct program *program, const void *data, size_t size);
void expect_usage_error(struct program *program);

/* Exit status 1, "NAME: SUBJECT: REASON" on stderr, and nothing of it on
 * stdout. A null reason: any. */
void expect_runtime_error(struct program *program, const char *reason);

/* Waits until it has printed these bytes, and no others, on stdout. */
void wait_output(struct program *program, const void *data, size_t size);

/* Waits for a whole line on stdout and returns it without its newline. */
char *wait_line(struct program *program);

/* ---- A folder to meet in ------------------------------------------------- */

/* An empty folder of 16 MiB that nobody sees but this test, its peers and those
 * programs that are started with .shared; it is their working folder. Returns
 * its path here; in a cell it is /shared. Tests that use it are .arena = true.
 */
const char *shared_folder(void);
/* What programs call NAME, as the test may call it. */
char *shared_path(const char *name);

/* Makes a file there the programs' own, as if one of them had made it. */
void give_to_programs(const char *name);

/* UNIX-domain stream sockets in it, as their TCP sisters. */
void wait_listening_path(struct program *program, const char *name);
bool listening_path(const char *name);
struct conn *dial_path(struct program *program, const char *name);
struct conn *try_dial_path(struct program *program, const char *name);
struct listener *listen_path(const char *name);

/* ---- Talking to a program ------------------------------------------------ */

struct conn *dial(struct program *program, uint16_t port);
/* The address is IPv4 or IPv6, in numbers; so too for listen_here. */
struct conn *dial_at(struct program *program, const char *address,
                     uint16_t port);
/* From an address of this machine, a random port. */
struct conn *dial_from(struct program *program, const char *from,
                       const char *address, uint16_t port);
/* As dial, but null where nobody answers. */
struct conn *try_dial(struct program *program, const char *address,
                      uint16_t port);

struct listener *listen_here(const char *address, uint16_t port);
struct conn *accept_here(struct listener *listener, struct program *program);
/* As accept_here, but null where nobody comes. `name` in the conversation. */
struct conn *try_accept(struct listener *listener, struct program *program,
                        const char *name);
/* Is somebody waiting to be accepted? */
bool has_caller(const struct listener *listener);
/* The program on the other side. */
struct program *program_of(const struct conn *conn);
/* The port on the test's side of a TCP connection. */
uint16_t own_port(const struct conn *conn);
void stop_listening(struct listener *listener);

void say(struct conn *conn, const void *data, size_t size);
void say_text(struct conn *conn, const char *text);
/* As say, but reads nothing meanwhile, as a simple-minded peer does. */
void say_deaf(struct conn *conn, const void *data, size_t size);
void dribble(struct conn *conn, const void *data, size_t size);
/* As say, and waits until the program has taken all of it. So what is said next
 * comes to it apart. */
void say_apart(struct conn *conn, const void *data, size_t size);
void half_close(struct conn *conn); /* we send no more: FIN */
void hang_up(struct conn *conn);    /* close */
void reset(struct conn *conn);      /* close with SO_LINGER 0: RST */
/* Bytes sent with no reply awaited, for as long as the program takes them:
 * stops at `size`, or when the other side is full. How many were taken. */
size_t flood(struct conn *conn, const void *data, size_t size);
/* As say_deaf, but stops where the program has gone to sleep and takes no more.
 * How many bytes were taken. */
size_t say_while_taken(struct conn *conn, const void *data, size_t size);

/* Has a byte, or the end, come once `ms` have passed? As ends_within. */
bool hears_within(struct conn *conn, int ms, void (*meanwhile)(void *),
                  void *arg);

/* Waits for exactly these bytes, and reads no more than those. */
void expect_bytes(struct conn *conn, const void *data, size_t size);
void expect_text(struct conn *conn, const char *text);
/* Waits for the end of the stream; bytes before it, or a reset, fail. */
void expect_end(struct conn *conn);
/* Has the program ended its stream once it rests, though the test keeps its own
 * end open? What came before the end is left for others to look at. */
void expect_end_first(struct conn *conn);
/* Fails if the other side reset the connection, be it after the end of its
 * stream, where reading shows nothing of it. `when`: "after its answer". */
void expect_no_reset(struct conn *conn, const char *when);
bool was_reset(struct conn *conn);
/* How many bytes have come that no expectation has taken yet. */
size_t unread_bytes(struct conn *conn);
/* Waits for as many bytes as there are up to the end of the stream. A reset
 * fails. Size may be null. */
const char *read_to_end(struct conn *conn, size_t *size);
/* Waits for a line; returns it without its newline. An end of stream fails. */
char *read_line(struct conn *conn);
/* Waits for `size` more bytes without saying which. */
const char *read_bytes(struct conn *conn, size_t size);

/* ---- Many clients at once (crowd.c) -------------------------------------- */

/* Clients that say nothing. One after the other connects and waits until it has
 * been sent a line. They are one line of the conversation. */
struct crowd;
struct crowd *dial_crowd(struct program *program, uint16_t port, int count);
/* Waits until all have seen the end of the connection, be it a reset. */
void expect_crowd_ended(struct crowd *crowd);
/* One of them is an ordinary client from now on; what it heard is forgotten. */
struct conn *leave_crowd(struct crowd *crowd, int number);
/* All close, one after the other. */
void hang_up_crowd(struct crowd *crowd);

/* ---- Talking in datagrams (udp.c) -----------------------------------------
 */

/* A UDP socket of the test's. It is not connected: sees what comes to its port
 * from anybody. */
struct udp;

/* A client on 127.0.0.1, which sends to the server's port there; or from and
 * to other addresses. An answer may then come from any address of the server's
 * (one socket for all addresses answers from that which routing picks), but
 * from its port. */
struct udp *udp_client(struct program *server, uint16_t port);
struct udp *udp_client_at(struct program *server, const char *from,
                          const char *to, uint16_t port);

/* A server; from udp_attend on for that client. It sends to whoever sent to it
 * last. */
struct udp *udp_server(const char *address, uint16_t port);
void udp_attend(struct udp *server, struct program *client);
/* The same socket, which goes on sending to who sent the last datagram. */
struct udp *udp_to_sender(const struct udp *server);
/* Do the two send to the same address and port? */
bool same_sender(const struct udp *a, const struct udp *b);
/* Somebody else who sends to the client, from a port that he chooses (0: any).
 */
struct udp *udp_stranger(const struct udp *server, const char *address,
                         uint16_t port);

/* Leaves the port: what is sent to it from now on is refused (by ICMP). */
void udp_close(struct udp *udp);
/* Leaves its datagrams out of the conversation, where they are very many. */
void udp_keep_silent(struct udp *udp);

void send_datagram(struct udp *udp, const void *data, size_t size);
/* A datagram of a sender without a port, whom nobody can answer (RFC 768).
 * Needs the arena. */
void send_from_port_0(struct program *server, uint16_t port, const void *data,
                      size_t size);

/* Waits for the next datagram, which holds exactly these bytes. */
void expect_datagram(struct udp *udp, const void *data, size_t size);
/* One that begins with these bytes: its length is another test's question. */
void expect_in_datagram(struct udp *udp, const void *data, size_t size);
/* Any. */
const char *read_datagram(struct udp *udp, size_t *size);
/* Did the last one come from the port that the client sends to? */
void expect_right_port(struct udp *udp);
/* Fails if there is a datagram more when the program has come to rest. */
void expect_no_datagram(struct udp *udp, const char *when);

/* Has a datagram come once `ms` have passed? As ends_within. It is not taken.
 */
bool datagram_within(struct udp *udp, int ms, void (*meanwhile)(void *),
                     void *arg);
/* How many ms lay between the last two datagrams taken, and have passed since
 * the last one: by the kernel's stamps, however late the test looked. */
double datagram_gap(struct udp *udp);
double since_datagram(struct udp *udp);

/* ---- Census: what a program holds ---------------------------------------- */

/* Mappings are pieces of the address space, such as the stack of a thread. */
struct census {
    int processes, threads, descriptors, zombies, mappings;
};

/* Once the program waits: what it still makes, or has not ended yet, would be
 * missing or too much. */
struct census take_census(struct program *program);

/* Waits until a census shows no more than `limit` in any count; fails with a
 * sentence that names what grew. `event` says since when: "after 200 clients".
 */
void expect_census(struct program *program, struct census limit,
                   const char *event);

/* Fails if the program uses the processor instead of waiting. */
void expect_idle(struct program *program, const char *when);

/* Waits until the program has done what there was to do: it waits, has ended,
 * or uses the processor without end. */
void let_work(struct program *program);

/* Lowers RLIMIT_NOFILE so that not one more descriptor can be had (true), or
 * sets it back (false). */
void starve_descriptors(struct program *program, bool starve);
/* Lowers it so that exactly one more can be had. */
void spare_one_descriptor(struct program *program);

/* Memory of its own that a program with all its processes has in use: KiB. */
size_t memory_in_use(struct program *program);

/* Has it ended within `ms`, and all that it started? As ends_within. */
bool gone_within(struct program *program, int ms);

/* Makes the arena's socket buffers small, so that a program blocks early. */
void clamp_buffers(void);

/* Waits until the server has accepted a connection on the port that is still
 * open on its side, or that it ended itself; or until it has none any more.
 * False: that cannot come. */
bool wait_accepted(uint16_t port);
bool wait_connections_over(uint16_t port);

/* Ends a program that was started sanitized, if it still runs, by a SIGTERM
 * that leads through exit, and fails if a sanitizer wrote a report. */
void expect_no_sanitizer_report(struct program *program);

/* ---- The arena's network (network.c) ------------------------------------- */

/* Without IPv6 in this machine's kernel the test is not run. */
void need_ipv6(void);

/* Gives the arena's loopback another address, IPv4 or IPv6. */
void add_address(const char *address);

/* Sets what an administrator sets: "net/ipv6/bindv6only", sysctl(8). In an
 * arena only. */
void set_network(const char *name, const char *value);

/* What the resolver finds in a cell with this hosts file: the addresses of a
 * name as numbers, in its order, up to a null. In an arena only. */
char **resolve_in_cell(const char *hosts, const char *name);

/* How many sockets listen on the port: of IPv4, and of IPv6 or both. */
int count_listening(uint16_t port, bool ipv6);

/* ---- The rules that all programs keep (rules.c) -------------------------- */

/* One complete, right exchange over a connection to the server, up to its end:
 * what a lab's server is there for. Fails the test if it is not served. */
typedef void (*serve_t)(struct conn *client);

/* What stands before a server's port on the command line, such as "-l", in the
 * rules that a test calls after it. */
void rules_server_option(const char *option);

/* The rules that a test calls after it start the server without arguments, and
 * find it on this port. Such tests are .arena = true. */
void rules_default_port(uint16_t port);

/* `least` and `most` arguments; the first is the port. */
void rule_server_usage(const char *name, int least, int most);
void rule_ready_line(const char *name, serve_t serve);
void rule_every_address(const char *name, serve_t serve);
void rule_restart(const char *name, serve_t serve);
void rule_port_taken(const char *name, serve_t serve);
void rule_survives(const char *name, serve_t serve);
void rule_interrupted(const char *name, serve_t serve);
void rule_aborted(const char *name, serve_t serve);
void rule_no_leak(const char *name, serve_t serve);
void rule_out_of_descriptors(const char *name, serve_t serve);
void rule_server_idle(const char *name, serve_t serve);

/* Those that hold over UDP too; `serve` closes its socket. */
typedef void (*serve_udp_t)(struct udp *client);
void rule_udp_ready_line(const char *name, serve_udp_t serve);
void rule_udp_every_address(const char *name, serve_udp_t serve);
void rule_udp_port_taken(const char *name, serve_udp_t serve);
void rule_udp_interrupted(const char *name, serve_udp_t serve);
void rule_udp_survives(const char *name, serve_udp_t serve);
void rule_udp_no_leak(const char *name, serve_udp_t serve);
void rule_udp_server_idle(const char *name, serve_udp_t serve);

/* For clients: a launch to start from, with HOST and PORT as first arguments
 * (the rules put their own there) and, if the client reads it, stdin. `least`
 * and `most` count the arguments; a negative `most`: any number will do. */
void rule_client_usage(const struct launch *client, int least, int most);
void rule_client_refused(const struct launch *client);
void rule_client_unknown_host(const struct launch *client);

/* What a right server does for this lab's client, and that the client then
 * ends as it should. */
typedef void (*answer_t)(struct conn *conn, struct program *client);
void rule_client_addresses(const struct launch *client, answer_t answer);
void rule_client_interrupted(const struct launch *client, answer_t answer);
/* Over UDP: `answer` attends to the client first. */
typedef void (*answer_udp_t)(struct udp *server, struct program *client);
void rule_udp_client_addresses(const struct launch *client,
                               answer_udp_t answer);

/* For programs that take a SERVICE, a name or a number, where others take a
 * port: a launch with a right command line, whose last argument it is. */
void rule_service_usage(const struct launch *right, uint16_t lowest);
void rule_unknown_service(const struct launch *right);

/* ---- Comparing with the Python peers (compare.c) ------------------------- */

/* One input of `make compare`. The argument "PORT" becomes the port. Null
 * server_args: {"PORT"}; client_args without "PORT" come after "localhost" and
 * the port. */
struct pairing {
    const char *title;           /* at most 30 characters */
    const char *server, *client; /* programs; null: "server", "client" */
    const char *server_args[6], *client_args[6];
    const char *input, *server_input; /* what they find on stdin */
    bool server_ends;                 /* by itself, after the one client */
    bool alone;            /* there is no server: one program on one input */
    uint16_t default_port; /* run without arguments, on this port */
    bool shared;           /* both work in the shared folder */
    const char *env[3];
    /* Both run: lets them do what is compared, stderr included, and ends them.
     * Null: the client ends by itself. */
    void (*drive)(struct program *server, struct program *client);
};

/* The inputs, ended by one without a title. The peer of program NAME is
 * peer_NAME.py in the lab's folder. Output is passed through `suite_canonical`
 * before it is compared, which replaces in place what may
 * rightly differ between two runs (the time of day); null: nothing may. */
extern const struct pairing suite_pairings[];
extern void (*const suite_canonical)(char *text);

#endif
