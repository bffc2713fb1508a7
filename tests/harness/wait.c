/* wait.c: the one loop in which the harness waits.
 *
 * A wait ends the moment what it waits for is there. It also ends when that can
 * come no more: every program under test has ended, or sleeps and has not run
 * for QUIET ms. That is longer than any pause the labs allow a program (1 s),
 * and holds on the busiest machine, because a program that was only kept from
 * the processor is runnable, not asleep. The last resort is a deadline; what
 * fails by it is run again alone (runner.c) before it counts.
 */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

enum { QUIET = 1500, DEADLINE = 20000, LOOK_EVERY = 25 };
enum { MOST_PROGRAMS = 16, OUTPUT_LIMIT = 4 << 20 };

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
        } else if (into->size < OUTPUT_LIMIT) {
            log_event(program->name, what, piece, n);
            buffer_add(into, piece, n);
        }
        if (into->size >= OUTPUT_LIMIT) {
            stop_program(program);
            fail_test(NULL,
                      "%s prints without end: %s bytes on %s and no stop. It "
                      "was ended.",
                      program->name, show_count(into->size), what);
        }
    }
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
        if (message.kind == CELL_ENDED) {
            program->ended = true;
            program->wait_status = message.value;
        }
    } while (true);
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
    if (program->control >= 0)
        read_control(program);
    if (program->peer && !program->ended)
        program->ended =
            waitpid(program->keeper, &program->wait_status, WNOHANG) > 0;
    read_stream(program, &program->out, &program->output, "stdout");
    read_stream(program, &program->err, &program->errors, "stderr");
    if (program->ended && !before)
        log_text(program->name, "ended", describe_program(program));
}

void collect_output(void)
{
    for (struct program *p = all_programs; p; p = p->next)
        read_program(p);
}

/* Have all programs ended, or slept since the last look and that long ago? */
static bool all_quiet(uint64_t *last_pulse, double *quiet_since)
{
    uint64_t sum = 0;
    bool busy = false, alive = false;

    for (struct program *p = all_programs; p; p = p->next) {
        uint64_t pulse;
        bool runnable;
        if (program_pulse(p, &pulse, &runnable)) {
            alive = true;
            busy = busy || runnable;
            sum += pulse;
        }
    }
    if (!alive)
        return true;
    if (busy || sum != *last_pulse) {
        *last_pulse = sum;
        *quiet_since = now_ms();
    }
    return now_ms() - *quiet_since >= QUIET;
}

static void sleep_until_something(int fd, short events, int milliseconds)
{
    struct pollfd watched[1 + 3 * MOST_PROGRAMS];
    nfds_t count = 0;

    if (fd >= 0)
        watched[count++] = (struct pollfd){.fd = fd, .events = events};
    for (struct program *p = all_programs; p; p = p->next) {
        int fds[] = {p->out, p->err, p->ended ? -1 : p->control};
        for (int i = 0; i < 3 && count < 3 * MOST_PROGRAMS; i++)
            if (fds[i] >= 0)
                watched[count++] =
                    (struct pollfd){.fd = fds[i], .events = POLLIN};
    }
    if (poll(watched, count, milliseconds) < 0 && errno != EINTR)
        broken("poll: %s", strerror(errno));
}

enum waited wait_for(bool (*done)(void *), void *arg, int fd, short events,
                     int tick)
{
    uint64_t pulse = 0;
    double begin = now_ms(), quiet_since = begin,
           next_look = begin + LOOK_EVERY;

    for (;;) {
        collect_output();
        if (done(arg))
            return WAITED_DONE;
        double now = now_ms();
        if (now - begin >= DEADLINE)
            return WAITED_LATE;
        if (now >= next_look) {
            next_look = now + LOOK_EVERY;
            if (all_quiet(&pulse, &quiet_since)) {
                /* What a program did just before it fell silent counts. */
                collect_output();
                return done(arg) ? WAITED_DONE : WAITED_STUCK;
            }
        }
        sleep_until_something(fd, events, tick);
    }
}
