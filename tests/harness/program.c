/* program.c: programs under test, from their start to what they leave. */
#include "inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

struct program *all_programs;
struct config config;

char *own_folder(void)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n < 0)
        broken("/proc/self/exe: %s", strerror(errno));
    return dirname(format("%.*s", (int)n, path));
}

bool is_test_of(const char *id, const char *program)
{
    return strncmp(id, program, strcspn(id, ".")) == 0;
}

bool belongs_to_program(const char *id)
{
    glob_t found = {0};
    char *pattern =
        format("%s/%.*s*", config.programs, (int)strcspn(id, "."), id);
    bool any = glob(pattern, 0, NULL, &found) == 0;
    globfree(&found);
    return any;
}

static const char *label_for(const char *name)
{
    int same = 1;
    for (struct program *p = all_programs; p; p = p->next)
        same += strcmp(p->name, name) == 0;
    return same == 1 ? name : format("%s %d", name, same);
}

/* As a run that watches all programs has it. */
static struct launch watch(const struct launch *launch)
{
    struct launch watched = *launch;
    const char *path = format("%s/%s.tsan", config.programs, launch->name);
    if (config.watched && !launch->peer && !launch->sanitized)
        watched.watched = access(path, X_OK) == 0;
    return watched;
}

struct program *start_program(const struct launch *asked)
{
    struct program *program = need(calloc(1, sizeof *program));
    struct launch watched = watch(asked);
    const struct launch *launch = &watched;

    program->name = launch->name;
    program->label = label_for(launch->name);
    program->sanitized = launch->sanitized || launch->watched;
    program->peer = launch->peer != NULL;
    program->faulted = launch->faults && !launch->peer && !launch->stage;
    program->open_stdin = launch->open_stdin;
    program->most_output =
        launch->most_output ? launch->most_output : OUTPUT_LIMIT;
    if (launch->shared || launch->shared_tmp)
        shared_folder(); /* before the keeper is forked, which needs it */
    if (!program->peer) {
        if (!is_test_of(this_test->id, launch->name) &&
            belongs_to_program(this_test->id))
            broken("%s starts %s, but its name says that it is another "
                   "program's test",
                   this_test->id, launch->name);
        require_executable(launch);
        require_no_detour(launch);
    }
    log_start(program, launch);
    cell_start(program, launch);
    if (program->peer) {
        program->pid = program->keeper;
        close(program->control);
        program->control = -1;
    }
    fcntl(program->in, F_SETFL, O_NONBLOCK);
    fcntl(program->out, F_SETFL, O_NONBLOCK);
    fcntl(program->err, F_SETFL, O_NONBLOCK);
    program->next = all_programs;
    all_programs = program;

    if (launch->input)
        give_input(program, launch->input,
                   launch->input_size ? launch->input_size
                                      : strlen(launch->input));
    if (!launch->open_stdin)
        end_input(program);
    return program;
}

/* ---- Input ---- */

struct input {
    struct program *program;
    const char *data;
    size_t size;
};

static bool input_taken(void *arg)
{
    struct input *input = arg;
    while (input->size) {
        ssize_t n = write(input->program->in, input->data, input->size);
        if (n < 0 && errno == EPIPE)
            return true; /* it reads no more: nothing to wait for */
        if (n < 0)
            return false;
        input->data += n;
        input->size -= n;
    }
    return true;
}

void give_input(struct program *program, const void *data, size_t size)
{
    struct input input = {program, data, size};
    log_event(program->label, "stdin", data, size);
    enum waited how = wait_for(input_taken, &input, program->in, POLLOUT, 25);
    if (how != WAITED_DONE)
        fail_waiting(how, NULL,
                     format("%s did not read all of its stdin", program->name));
}

void end_input(struct program *program)
{
    if (program->feed_size) {
        program->feed_ends = true;
        return;
    }
    if (program->in >= 0 && !program->ended && program->open_stdin)
        log_text(program->label, "stdin ends", "");
    else if (program->in >= 0)
        record(program->label, "stdin ends", "", 0);
    if (program->in >= 0)
        close(program->in);
    program->in = -1;
}

void feed_input(struct program *program, const void *data, size_t size)
{
    log_event(program->label, "stdin", data, size);
    program->feed = data;
    program->feed_size = size;
}

/* ---- Output that nobody reads ---- */

void hold_output(struct program *program)
{
    enum { ONE_PAGE = 4096 };
    collect_output();
    if (program->out >= 0 && fcntl(program->out, F_SETPIPE_SZ, ONE_PAGE) < 0)
        broken("cannot make a pipe small: %s", strerror(errno));
    program->held = true;
    log_text("test", "stdout", format("of %s is not read", program->name));
}

void release_output(struct program *program)
{
    program->held = false;
    log_text("test", "stdout", format("of %s is read again", program->name));
}

void close_output(struct program *program)
{
    collect_output();
    if (program->out >= 0)
        close(program->out);
    program->out = -1;
    log_text("test", "stdout", format("of %s is closed", program->name));
}

/* ---- Ready, signals, end ---- */

struct readiness {
    struct program *program;
    uint16_t port;
};

static bool is_listening(void *arg)
{
    struct readiness *ready = arg;
    if (!ready->program->pid && !ready->program->ended)
        return false; /* its cell is still being made */
    return listening_port(ready->port) != 0 || is_gone(ready->program);
}

char *describe_end(struct program *program)
{
    size_t size;
    const char *text = errors_of(program, &size);
    return format("%s, stderr %s", describe_program(program),
                  show_bytes(text, size, 0));
}

void wait_listening(struct program *program, uint16_t port)
{
    struct readiness ready = {program, port};
    enum waited how = wait_for(is_listening, &ready, -1, 0, 2);
    if (listening_port(port)) {
        log_text(program->label, "listens",
                 format("on port %u", listening_port(port)));
        return;
    }
    struct verdict shown = {
        .expected = format(
            "%s%s",
            talks_udp() ? "a UDP socket that is bound"
                        : "a TCP socket in state LISTEN",
            port ? format("%s port %u", talks_udp() ? " to" : " on", port)
                 : ""),
        .received = describe_end(program)};
    if (how == WAITED_DONE)
        fail_test(&shown, "%s ended before it listened%s.", program->name,
                  port ? format(" on port %u", port) : "");
    if (talks_udp() && tcp_port(port))
        fail_test(&shown,
                  "%s listens on TCP port %u; here its clients come over UDP.",
                  program->name, tcp_port(port));
    uint16_t other = isolation_now() == ISOLATION_CELL &&
                             all_programs == program && !program->next
                         ? listening_port(0)
                         : 0;
    if (other)
        fail_test(&shown, "%s listens on port %u, not on port %u%s.",
                  program->name, other, port,
                  other == htons(port) ? ": the two bytes are swapped" : "");
    fail_waiting(how, &shown,
                 format("%s does not listen%s", program->name,
                        port ? format(" on port %u", port) : ""));
}

struct program *start_server(const char *name, uint16_t port)
{
    struct program *server = start(name, .args = {format("%u", port)});
    wait_listening(server, port);
    return server;
}

static bool has_started(void *program)
{
    struct program *p = program;
    return p->pid != 0 || p->ended;
}

void send_signal(struct program *program, int signal_number)
{
    wait_for(has_started, program, -1, 0, 1);
    log_text(program->label, "signal",
             format("%s, from the test", strsignal(signal_number)));
    program->signalled = true;
    if (program->pid && !program->ended)
        kill(program->pid, signal_number);
}

bool program_ended(void *program)
{
    return ((struct program *)program)->ended;
}

bool is_gone(struct program *program)
{
    collect_output();
    return program->ended && measure(program).threads == 0;
}

bool has_ended(struct program *program)
{
    collect_output();
    return program->ended;
}

pid_t process_id(const struct program *program)
{
    return program->pid;
}

/* Closing the control socket ends cell_init, and with it the cell. */
void stop_program(struct program *program)
{
    look_at_program(program);
    look_for_faults(program);
    if (!program->ended) {
        program->stopped = true;
        log_text(program->label, "killed", "with all that it started");
    }
    if (program->control >= 0)
        close(program->control);
    program->control = -1;
    if (program->peer && !program->ended)
        kill(program->keeper, SIGKILL);
    if (!(program->peer && program->ended)) {
        while (waitpid(program->keeper, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    program->ended = true;
    program->feed_size = 0;
    end_input(program);
}

int wait_exit(struct program *program)
{
    enum waited how = wait_for(program_ended, program, -1, 0, 25);
    if (how != WAITED_DONE)
        fail_waiting(how, NULL, format("%s does not end", program->name));
    int status = program->wait_status;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool ends_within(struct program *program, int ms, void (*meanwhile)(void *),
                 void *arg)
{
    return wait_within(ms, program_ended, program, meanwhile, arg);
}

const char *output_of(struct program *program, size_t *size)
{
    collect_output();
    if (size)
        *size = program->output.size;
    return program->output.data ? program->output.data : "";
}

const char *errors_of(struct program *program, size_t *size)
{
    collect_output();
    if (size)
        *size = program->errors.size;
    return program->errors.data ? program->errors.data : "";
}
