/* wait.c: the one loop in which the harness waits.
 *
 * A wait ends the moment what it waits for is there. It also ends when that can
 * come no more: every program under test has ended, or sleeps and has not run
 * for QUIET ms. That is longer than any pause the labs allow a program (1 s),
 * and holds on the busiest machine, because a program that was only kept from
 * the processor is runnable, not asleep. For programs that never sleep for so
 * long there are limits too: PATIENCE ms in which they could have run, and
 * PROCESSOR ms in which they did, less once two tests of the run have used
 * those up, or a program that always spins would take minutes. The last resort
 * is a deadline; what fails by it is run again alone (runner.c) before it
 * counts.
 */
#include "inside.h"
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

enum {
    QUIET = 1500,
    PATIENCE = 5000,
    PROCESSOR = 2000,
    PROCESSOR_OF_SPINNERS = 400,
    DEADLINE = 20000,
    LOOK_EVERY = 25
};
enum { MOST_PROGRAMS = 16, STREAMS = 4 };

/* Programs whose every call is recorded take longer, and so do their limits:
 * all but QUIET, since who is held up by the recorder does not sleep. */
static int patience_factor(void)
{
    enum { RECORDED_PAIR = 2, RECORDED_TEST = 5 }; /* some move 10 MiB */
    return !trace.folder ? 1 : trace.is_test ? RECORDED_TEST : RECORDED_PAIR;
}

double now_ms(void)
{
    static double begin;
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    double now = time.tv_sec * 1e3 + time.tv_nsec / 1e6;
    if (begin == 0)
        begin = now;
    return now - begin;
}

static void read_stream(struct program *program, int *fd, struct buffer *into,
                        const char *what)
{
    char piece[65536];
    ssize_t n;
    while (*fd >= 0 && (n = read(*fd, piece, sizeof piece)) != -1) {
        if (n == 0) {
            close(*fd);
            *fd = -1;
        } else if (into->size < program->most_output) {
            log_event(program->label, what, piece, n);
            buffer_add(into, piece, n);
        }
        if (into->size >= program->most_output) {
            look_at("%s printed without end.", program->name);
            stop_program(program);
            fail_test(NULL,
                      "%s prints without end: %s bytes on %s and no stop. It "
                      "was ended.",
                      program->name, show_count(into->size), what);
        }
    }
}

/* Built for another machine, or not for any: the program's fault. */
static void not_executable(struct program *program, int error)
{
    program->ended = true;
    fail_test(&(struct verdict){.expected = "a program that the kernel runs",
                                .received = strerror(error)},
              "%s cannot be executed: %s.", program->name, strerror(error));
}

/* The control socket: process ids arrive translated to our own namespace, with
 * the credentials that the kernel attaches (unix(7), SO_PASSCRED). */
static void read_control(struct program *program)
{
    struct cell_message message;
    union {
        char room[CMSG_SPACE(sizeof(struct ucred))];
        struct cmsghdr align;
    } extra;
    struct iovec vector = {&message, sizeof message};
    ssize_t n;

    do {
        struct msghdr header = {.msg_iov = &vector,
                                .msg_iovlen = 1,
                                .msg_control = &extra,
                                .msg_controllen = sizeof extra};
        n = recvmsg(program->control, &header, MSG_DONTWAIT);
        if (n < (ssize_t)sizeof message)
            break;
        struct ucred sender = {0};
        struct cmsghdr *first = CMSG_FIRSTHDR(&header);
        if (first && first->cmsg_type == SCM_CREDENTIALS)
            memcpy(&sender, CMSG_DATA(first), sizeof sender);
        if (message.kind == CELL_HELLO)
            program->init = sender.pid;
        if (message.kind == CELL_STARTED)
            program->pid = sender.pid;
        if (message.kind == CELL_NOT_STARTED)
            broken("%s could not be started: %s", program->name,
                   strerror(message.value));
        if (message.kind == CELL_NOT_EXECUTED)
            not_executable(program, message.value);
        if (message.kind == CELL_ENDED) {
            program->ended = true;
            program->wait_status = message.value;
        }
    } while (true);
    if (n == 0 && !program->ended && !program->init) {
        program->ended = true; /* or we would be here again for the report */
        broken("the cell of %s did not start: %s", program->name,
               show_line(program->errors.data ? program->errors.data
                                              : "bwrap said nothing"));
    }
    if (n == 0 && !program->ended) {
        close(program->control);
        program->control = -1;
        program->ended = true;
        program->wait_status = SIGKILL;
    }
}

static void read_program(struct program *program)
{
    bool before = program->ended;
    read_stream(program, &program->err, &program->errors, "stderr");
    if (program->control >= 0)
        read_control(program);
    if (program->peer && !program->ended)
        program->ended =
            waitpid(program->keeper, &program->wait_status, WNOHANG) > 0;
    if (!program->held || program->ended)
        read_stream(program, &program->out, &program->output, "stdout");
    read_stream(program, &program->err, &program->errors, "stderr");
    if (program->ended && !before)
        log_text(program->label, "ended", describe_program(program));
}

static void feed_program(struct program *program)
{
    while (program->feed_size) {
        ssize_t n = write(program->in, program->feed, program->feed_size);
        if (n < 0 && errno != EPIPE) /* EPIPE: it reads no more */
            return;
        size_t done = n < 0 ? program->feed_size : (size_t)n;
        program->feed += done;
        program->feed_size -= done;
        if (program->feed_size == 0 && program->feed_ends)
            end_input(program);
    }
}

void collect_output(void)
{
    for (struct program *p = all_programs; p; p = p->next) {
        read_program(p);
        feed_program(p);
    }
}

/* What a wait knows of all programs together, in ms. */
struct watch {
    double last_look;
    bool looked;
    double ran, delayed; /* as at the last look */
    double quiet, free_to_run, used;
    double turned_away; /* without a turn, and not yet a part of `delayed` */
};

/* Ends a test whose program takes all that it gets. The rest of the machine is
 * to stay usable, so these limits are looked at in every wait. */
static void end_greedy(struct program *program, const struct effort *effort)
{
    /* At the limit, some have just ended, and some may be the harness's. */
    enum { ABOUT = 10 };
    bool crowd = effort->threads >= LIMIT_PROCESSES - ABOUT;
    bool files = count_files(program) >= LIMIT_FILES;
    if (!crowd && !files && effort->memory_mib < LIMIT_MEMORY_MIB)
        return;
    look_at("%s was ended at the limit of %s.", program->name,
            crowd   ? "processes"
            : files ? "files in /tmp"
                    : "memory");
    stop_program(program);
    if (files)
        fail_test(NULL,
                  "%s makes files without end: it was ended at the limit, %s "
                  "of them.",
                  program->name, show_count(LIMIT_FILES));
    if (crowd)
        fail_test(NULL,
                  "%s starts processes or threads without end: it was ended at "
                  "the process limit, %d of them.",
                  program->name, LIMIT_PROCESSES);
    fail_test(NULL,
              "%s takes memory without end: it was ended at the memory limit, "
              "%d MiB.",
              program->name, LIMIT_MEMORY_MIB);
}

static double rise(double from, double to)
{
    return to > from ? to - from : 0; /* sums fall when a process ends */
}

/* How much longer the programs had to wait for the processor than was known.
 * The kernel says so when the waiting is over (`delayed`); where one got no
 * turn at all for `turned_away` ms, that is seen before. */
static double had_to_wait(struct watch *watch, double delayed,
                          double turned_away)
{
    double told = rise(watch->delayed, delayed);
    double known = told < watch->turned_away ? told : watch->turned_away;
    watch->turned_away += turned_away - known;
    return turned_away + told - known;
}

/* Can what we wait for come no more? All programs have ended, have slept for
 * long, or had all the time and processor that there is reason to give. What
 * lies between two looks counts up to two ticks: where it was more, it was we
 * who had to wait. */
static bool is_hopeless(struct watch *watch)
{
    double ran = 0, delayed = 0, now = now_ms();
    double passed = now - watch->last_look;
    bool alive = false, runnable = false, starting = false;

    for (struct program *p = all_programs; p; p = p->next) {
        struct effort effort = measure(p);
        end_greedy(p, &effort);
        starting |= !p->pid && !p->ended;
        ran += effort.ran;
        delayed += effort.delayed;
        runnable |= effort.runnable || (!p->ended && effort.threads == 0);
        alive |= !p->ended || effort.threads > 0;
    }
    if (passed > 2 * LOOK_EVERY)
        passed = 2 * LOOK_EVERY;
    if (trace_is_busy())
        watch->quiet = 0;
    if (starting) /* that is the kit's work: on a busy machine it takes long */
        passed = 0;
    if (watch->looked) {
        bool slept =
            !runnable && ran == watch->ran && delayed == watch->delayed;
        watch->quiet = slept ? watch->quiet + passed : 0;
        watch->used += rise(watch->ran, ran);
        bool no_turn = runnable && ran == watch->ran;
        watch->free_to_run +=
            passed - had_to_wait(watch, delayed, no_turn ? passed : 0);
        if (watch->free_to_run < 0)
            watch->free_to_run = 0;
    }
    watch->looked = true;
    watch->last_look = now;
    watch->ran = ran;
    watch->delayed = delayed;
    bool spinner = atomic_load(tests_that_spun) >= 2;
    int factor = patience_factor();
    if (watch->used >= factor * (spinner ? PROCESSOR_OF_SPINNERS : PROCESSOR)) {
        atomic_fetch_add(tests_that_spun, 1);
        return true;
    }
    return !alive || watch->quiet >= QUIET ||
           watch->free_to_run >= factor * PATIENCE;
}

static void sleep_until_something(int fd, short events, int milliseconds)
{
    struct pollfd watched[1 + STREAMS * MOST_PROGRAMS];
    nfds_t count = 0;

    if (fd >= 0)
        watched[count++] = (struct pollfd){.fd = fd, .events = events};
    for (struct program *p = all_programs; p; p = p->next) {
        int fds[STREAMS] = {p->held ? -1 : p->out, p->err,
                            p->ended ? -1 : p->control,
                            p->feed_size ? p->in : -1};
        for (int i = 0; i < STREAMS && count < STREAMS * MOST_PROGRAMS; i++)
            if (fds[i] >= 0)
                watched[count++] = (struct pollfd){
                    .fd = fds[i], .events = i < STREAMS - 1 ? POLLIN : POLLOUT};
    }
    if (poll(watched, count, milliseconds) < 0 && errno != EINTR)
        broken("poll: %s", strerror(errno));
}

enum waited wait_for(bool (*done)(void *), void *arg, int fd, short events,
                     int tick)
{
    double begin = now_ms(), next_look = begin + LOOK_EVERY;
    struct watch watch = {.last_look = begin};

    for (;;) {
        collect_output();
        if (done(arg))
            return WAITED_DONE;
        double now = now_ms();
        if (now - begin >= patience_factor() * DEADLINE)
            return WAITED_LATE;
        if (now >= next_look) {
            next_look = now + LOOK_EVERY;
            if (is_hopeless(&watch)) {
                /* What a program did just before it fell silent counts. */
                collect_output();
                return done(arg) ? WAITED_DONE : WAITED_STUCK;
            }
        }
        sleep_until_something(fd, events, tick);
    }
}

struct patience {
    double whole, left, last, delayed;
    bool (*done)(void *);
    void *arg;
    void (*meanwhile)(void *);
    void *meanwhile_arg;
};

/* How long the programs were ready to run and others had the processor, in ms.
 */
static double delayed_so_far(bool *held_up)
{
    double delayed = 0;
    *held_up = false;
    for (struct program *p = all_programs; p; p = p->next) {
        struct effort effort = measure(p);
        delayed += effort.delayed;
        *held_up |= effort.held_up;
    }
    return delayed;
}

/* What lies between two looks counts up to twice a tick: where it was more, it
 * was we who had to wait. Where a program had to wait, the kernel says so when
 * the waiting is over. */
static bool done_or_late(void *arg)
{
    enum { TICK = 25 };
    struct patience *patience = arg;
    double now = now_ms(), passed = now - patience->last;
    bool held_up;
    double delayed = delayed_so_far(&held_up);
    patience->left += rise(patience->delayed, delayed);
    if (!held_up)
        patience->left -= passed < 2 * TICK ? passed : 2 * TICK;
    if (patience->left > patience->whole)
        patience->left = patience->whole;
    patience->delayed = delayed;
    patience->last = now;
    if (patience->done(patience->arg) || patience->left <= 0)
        return true;
    if (patience->meanwhile)
        patience->meanwhile(patience->meanwhile_arg);
    return false;
}

bool wait_within(int ms, bool (*done)(void *), void *arg,
                 void (*meanwhile)(void *), void *meanwhile_arg)
{
    bool held_up;
    struct patience patience = {ms,   ms,  now_ms(),  delayed_so_far(&held_up),
                                done, arg, meanwhile, meanwhile_arg};
    wait_for(done_or_late, &patience, -1, 0, 25);
    return done(arg);
}

void wait_until(bool (*done)(void *), void *arg, const char *missing,
                struct verdict (*show)(void *))
{
    enum waited how = wait_for(done, arg, -1, 0, 2);
    if (how == WAITED_DONE)
        return;
    struct verdict shown = {0};
    if (show)
        shown = show(arg);
    fail_waiting(how, &shown, missing);
}
