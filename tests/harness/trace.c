/* trace.c: what one run leaves in the folder of a recording.
 *
 * Programs run where they always run: strace starts what starts them, and
 * follows. It is not their parent (strace -DD), so that nothing is different
 * for them or for us; and it outlives the test, to write what it has seen last.
 */
#include "trace.h"
#include "result.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct trace trace;

static struct recorded *first, **last = &first;
static int64_t begin;
static bool begun, has_strace, has_link;
static struct link the_link;
static struct ring loopback = {.fd = -1};
static json_t *notes, *events;

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return time.tv_sec * (int64_t)1000000000 + time.tv_nsec;
}

void trace_note(const char *sentence, ...)
{
    va_list args;
    va_start(args, sentence);
    if (!notes)
        notes = json_array();
    json_array_append_new(notes, json_string(vformat(sentence, args)));
    va_end(args);
}

/* ---- strace ---- */

/* What programs say to each other and to the world, and how they begin, wait
 * and end. "?": not every machine has all of them. */
#define CALLS                                                                  \
    "trace=%network,read,?readv,write,?writev,close,?dup,?dup2,?dup3,?pipe,"   \
    "?pipe2,fcntl,?poll,?ppoll,?select,?pselect6,?epoll_create1,?epoll_ctl,"   \
    "?epoll_wait,?epoll_pwait,?fork,?vfork,?clone,?clone3,execve,wait4,"       \
    "?waitid,?kill,?pause,?alarm,?setitimer,?nanosleep,?clock_nanosleep,"      \
    "?rt_sigsuspend,?sendfile,?splice,exit,exit_group"
/* Of those who meet at a path, a FIFO's or a socket's. */
#define CALLS_WITH_PATHS CALLS ",?openat,?mknod,?mknodat,?unlink"

static const char *const recorder[] = {
    "strace",
    "-DD",
    "-f",
    "-ff",
    "-y",
    "-T",
    "-s",
    "96",
    "--seccomp-bpf",
    "--absolute-timestamps=format:unix,precision:ns"};
enum { RECORDER_WORDS = sizeof recorder / sizeof *recorder, MORE_WORDS = 10 };

/* Tried on a program that does nothing: it may not be there, or not be
 * permitted to watch others. */
static const char *try_strace(void)
{
    static char said[300];
    int channel[2], status = 0;
    if (pipe2(channel, O_CLOEXEC) < 0)
        broken("pipe: %s", strerror(errno));
    pid_t child = fork();
    if (child == 0) {
        dup2(channel[1], STDERR_FILENO);
        setenv("PATH", "/usr/local/bin:/usr/bin:/bin",
               1); /* as cells have it */
        execlp("strace", "strace", "-f", "-k", "-o", "/dev/null", "-e",
               "trace=exit_group", "/bin/true", (char *)NULL);
        _exit(127);
    }
    close(channel[1]);
    ssize_t n = read(channel[0], said, sizeof said - 1);
    close(channel[0]);
    if (child < 0 || waitpid(child, &status, 0) < 0)
        broken("no process for strace: %s", strerror(errno));
    said[n > 0 ? n : 0] = '\0';
    if (status == 0)
        return NULL;
    return WIFEXITED(status) && WEXITSTATUS(status) == 127
               ? "strace is not installed: tests/setup --trace installs it"
               : format("strace cannot watch programs here (%s)",
                        show_line(said));
}

bool trace_prepare(void)
{
    if (mkdir(trace.folder, 0777) < 0 && errno != EEXIST) {
        fprintf(stderr, "Cannot make the folder %s: %s.\n", trace.folder,
                strerror(errno));
        return false;
    }
    trace.folder = trace.link.folder = need(realpath(trace.folder, NULL));
    const char *trouble = try_strace();
    has_strace = !trouble;
    if (trouble)
        trace_note("%s. So the calls are not shown.", trouble);
    if (isolation_now() == ISOLATION_NONE)
        trace_note("This machine gives no private network (make doctor says "
                   "why): the programs ran on its own loopback interface, and "
                   "what passed there is not shown.");
    return true;
}

/* A peer in Python notes its lines itself. */
static void add_line_notes(const char **command, const char *label)
{
    char *notes = realpath("tests/trace/lines.py", NULL);
    if (!notes)
        return;
    command[0] = "/usr/bin/python3";
    command[1] = notes;
    command[2] = format("%s/%s.lines", trace.folder, label);
}

const char *const *trace_command(struct program *program,
                                 const struct launch *launch)
{
    if (!trace.folder || !begun || launch->build)
        return NULL;
    struct recorded *recorded = need(calloc(1, sizeof *recorded));
    recorded->program = program;
    recorded->launch = *launch;
    *last = recorded;
    last = &recorded->next;
    if (!has_strace)
        return NULL;
    static bool told;
    if (launch->sanitized && !told)
        trace_note("%s is built for the sanitizers. Memory that it leaks is "
                   "not looked for while calls are recorded.",
                   launch->name);
    told |= launch->sanitized;
    recorded->calls = format("%s.calls", program->label);
    for (char *space; (space = strchr(recorded->calls, ' '));)
        *space = '-';
    const char **command =
        need(calloc(RECORDER_WORDS + MORE_WORDS, sizeof *command));
    const char **more = command + RECORDER_WORDS;
    memcpy(command, recorder, sizeof recorder);
    *more++ = "-e";
    *more++ = launch->shared ? CALLS_WITH_PATHS : CALLS;
    *more++ = "-o";
    *more++ = format("%s/%s", trace.folder, recorded->calls);
    /* From where: an interpreter's own functions say nothing, and there are so
     * many that it takes seconds. */
    if (!is_python(recorded))
        *more++ = "-k";
    else if (!trace.server_command)
        add_line_notes(more, program->label);
    return command;
}

static const struct recorded *recorded_of(const struct program *program)
{
    const struct recorded *recorded = first;
    while (recorded && recorded->program != program)
        recorded = recorded->next;
    return recorded;
}

/* Where strace holds it up, too, a process shows the same state. What it wrote
 * last tells: "--- stopped by SIGSTOP ---", and below that from where. */
bool trace_shows_stop(const struct program *program)
{
    static const char stop[] = "--- stopped by ";
    const struct recorded *recorded = recorded_of(program);
    char end[4096];
    if (!recorded || !recorded->calls)
        return true;
    int fd =
        open(format("%s/%s.%d", trace.folder, recorded->calls, program->pid),
             O_RDONLY | O_CLOEXEC);
    off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    off_t from = size > (off_t)sizeof end ? size - (off_t)sizeof end : 0;
    ssize_t n = fd < 0 ? 0 : pread(fd, end, sizeof end - 1, from);
    if (fd >= 0)
        close(fd);
    end[n > 0 ? n : 0] = '\0';
    const char *last = NULL;
    for (const char *line = end; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (*line >= '0' && *line <= '9')
            last = line;
    }
    return last && strstr(last, stop) != NULL;
}

/* ---- The wire ---- */

bool trace_has_link(void)
{
    return has_link;
}

bool trace_is_busy(void)
{
    return has_link && link_is_busy(&the_link);
}

const char *trace_hosts_file(void)
{
    return format("%s/hosts", trace.folder);
}

void trace_go_to_side(const struct launch *launch)
{
    if (launch->far_end && has_link && setns(the_link.client, CLONE_NEWNET) < 0)
        _exit(126);
}

static void watch_loopback(void)
{
    link_no_offloads("lo");
    if (!ring_open(&loopback, "lo", true)) {
        trace_note("The loopback interface cannot be watched (%s): what passed "
                   "there is not shown.",
                   strerror(errno));
        loopback.fd = -1;
    }
}

/* Without a link there is nobody to do what was asked for. */
static void note_missing_link(void)
{
    const struct link_settings *asked = &trace.link;
    if (!trace.is_test && (asked->delay_ms || asked->lost[0] || asked->rcvbuf))
        trace_note("DELAY, LOSS and RCVBUF need two machines: here they did "
                   "nothing.");
}

void trace_begin(void)
{
    if (!trace.folder)
        return;
    begin = now_ns();
    begun = true;
    events = json_array();
    const char *trouble = "";
    if (isolation_now() == ISOLATION_CELL && !trace.is_test)
        trouble = link_make(&the_link, &trace.link);
    has_link = !trouble;
    if (has_link)
        return;
    note_missing_link();
    if (isolation_now() == ISOLATION_NONE)
        return;
    if (*trouble)
        trace_note("No link between two machines can be made here: %s. Both "
                   "programs ran on one.",
                   trouble);
    watch_loopback();
}

static void end_of_wire(void)
{
    struct packets packets = {0};
    long left_out = 0;
    if (has_link) {
        left_out = link_end(&the_link);
    } else if (loopback.fd >= 0) {
        packets_of_loopback(&packets, &loopback);
        left_out =
            packets_write(&packets, trace.folder) ? (long)packets.left_out : -1;
    }
    if (left_out < 0)
        broken("cannot write the recording: %s", strerror(errno));
    if (left_out)
        trace_note("%s packets more are not recorded.", show_count(left_out));
}

/* ---- What the test did ---- */

static struct port {
    const char *who;
    uint16_t number;
    struct port *next;
} * ports;

void trace_port(const char *who, int fd)
{
    struct sockaddr_in6 here = {0}; /* an IPv4 one has its port there, too */
    socklen_t size = sizeof here;
    if (!begun || getsockname(fd, (struct sockaddr *)&here, &size) < 0 ||
        (here.sin6_family != AF_INET && here.sin6_family != AF_INET6))
        return;
    struct port *port = need(malloc(sizeof *port));
    *port = (struct port){who, ntohs(here.sin6_port), ports};
    ports = port;
}

static void add_input(const char *who, const void *data, size_t size)
{
    for (struct recorded *r = first; r; r = r->next)
        if (r->program->label && strcmp(r->program->label, who) == 0)
            buffer_add(&r->input, data, size);
}

void trace_event(const char *who, const char *what, const void *data,
                 size_t size)
{
    enum { MOST = 5000 };
    if (!begun)
        return;
    if (size && strcmp(what, "stdin") == 0)
        add_input(who, data, size);
    if (json_array_size(events) < MOST)
        json_array_append_new(
            events, json_pack("{s:I, s:s, s:s, s:s*}", "t",
                              (json_int_t)now_ns(), "who", who, "what", what,
                              "text", size ? show_bytes(data, size, 0) : data));
}

/* JSON, a line each. */
static bool write_events(void)
{
    FILE *file = fopen(format("%s/test.events", trace.folder), "we");
    size_t i;
    json_t *event;
    if (!file)
        return false;
    json_array_foreach(events, i, event)
    {
        const char *who = json_string_value(json_object_get(event, "who"));
        for (struct port *port = ports; port; port = port->next)
            if (strcmp(port->who, who) == 0)
                json_object_set_new(event, "port", json_integer(port->number));
        json_dumpf(event, file, JSON_COMPACT);
        fputc('\n', file);
    }
    bool whole = !ferror(file);
    return fclose(file) == 0 && whole;
}

/* ---- The end ---- */

static const char *wire_kind(void)
{
    return has_link ? "link" : loopback.fd >= 0 ? "loopback" : "none";
}

static json_t *wire_json(void)
{
    const struct link_settings *settings = &trace.link;
    json_t *lost = json_array();
    for (int i = 0; i < MOST_LOST && settings->lost[i]; i++)
        json_array_append_new(lost, json_integer(settings->lost[i]));
    return json_pack("{s:s, s:i, s:o, s:o}", "kind", wire_kind(), "delay_ms",
                     settings->delay_ms, "lost", lost, "rcvbuf",
                     settings->rcvbuf ? json_integer(settings->rcvbuf)
                                      : json_null());
}

void trace_end(void)
{
    if (!begun)
        return;
    begun = false;
    int64_t end = now_ns();
    end_of_wire();
    json_t *programs = json_array();
    for (struct recorded *r = first; r; r = r->next)
        json_array_append_new(programs, recorded_json(r, has_link));
    json_t *recording = json_pack(
        "{s:s, s:s, s:s, s:n, s:I, s:I, s:o, s:o, s:o}", "schema", "trace/1",
        "lab", config.lab, "title", this_test->title, "test", "begin_ns",
        (json_int_t)begin, "end_ns", (json_int_t)end, "wire", wire_json(),
        "programs", programs, "notes", notes ? notes : json_array());
    if ((trace.is_test && !write_events()) ||
        !document_write(recording, format("%s/recording.json", trace.folder)))
        broken("cannot write the recording: %s", strerror(errno));
}
