/* cell.c: where one untrusted program runs.
 *
 * bubblewrap gives it mount, pid and ipc namespaces (and, for an ordinary user,
 * a user namespace): it sees the C library, a few files of /etc, itself, and a
 * small /tmp. No tests, no solutions, no results. It shares the arena's network
 * with the test. cell_init.c sets the limits from inside.
 */
#include "inside.h"
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONTROL = 3, HOSTS, SERVICES, FIRST_UNUSED, MOST_ARGS = 512 };

struct argument_list {
    const char *items[MOST_ARGS];
    int count;
};

static void add(struct argument_list *list, const char *const *items)
{
    for (; *items; items++) {
        if (list->count == MOST_ARGS - 1)
            broken("more arguments than a cell takes");
        list->items[list->count++] = *items;
    }
}
#define ADD(LIST, ...) add(LIST, (const char *const[]){__VA_ARGS__, NULL})

static char *absolute(const char *path)
{
    char *whole = realpath(path, NULL);
    return whole ? whole : format("%s", path);
}

/* The folder that cells and the harness have of the kit: cell_init, faults.so,
 * and etc. */
static char *tool(const char *name)
{
    return absolute(format("%s/cell/%s", config.tools, name));
}

/* Weak, for a suite to define its own. */
__attribute__((weak)) int suite_addresses_mib = LIMIT_ADDRESSES_MIB;

const char *build_suffix(const struct launch *launch)
{
    return launch->sanitized ? ".asan" : launch->watched ? ".tsan" : "";
}

char *program_path(const struct launch *launch)
{
    return absolute(
        format("%s/%s%s", config.programs, launch->name, build_suffix(launch)));
}

static char *path_in_cell(const struct launch *launch)
{
    return format(launch->beside[0] ? "/shared/bin/%s" : "/lab/%s",
                  launch->name);
}

/* It needs a shell, and the commands that scripts are made of. */
static bool is_script(const char *name)
{
    const char *end = strrchr(name, '.');
    return end && strcmp(end, ".sh") == 0;
}

/* What a program finds in its cell. The folders first: bubblewrap would make
 * them for root alone. A mount takes a tenth of a millisecond, which is much
 * for what is done thousands of times, so there are few. */
static void add_mounts(struct argument_list *list, bool zones)
{
    static const char *const folders[] = {"/usr", "/usr/share", "/dev", "/lab",
                                          "/lib64"};
    static const char loader[] = "/lib64/ld-linux-x86-64.so.2";
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        ADD(list, "--perms", "0755", "--dir", folders[i]);
    ADD(list, "--ro-bind", "/usr/lib", "/usr/lib", "--symlink", "usr/lib",
        "/lib");
    if (access(loader, F_OK) == 0) /* on amd64 */
        ADD(list, "--symlink", absolute(loader), loader);
    if (zones)
        ADD(list, "--ro-bind-try", "/usr/share/zoneinfo",
            "/usr/share/zoneinfo");
    ADD(list, "--ro-bind", tool(""), "/cell", "--symlink", "cell/etc", "/etc",
        "--proc", "/proc", "--dev-bind", "/dev/null", "/dev/null", "--dev-bind",
        "/dev/urandom", "/dev/urandom", "--perms", "1777", "--size", "16777216",
        "--tmpfs", "/tmp");
}

/* A path of the kit at the same place below /kit, or of a folder elsewhere. */
static void add_to_kit(struct argument_list *list, const char *bind,
                       const char *from, const char *path)
{
    char *place = format("%s%s", path[0] == '/' ? "" : "/kit/", path);
    for (char *slash = strchr(place + 1, '/'); slash;
         slash = strchr(slash + 1, '/'))
        ADD(list, "--perms", "0755", "--dir",
            format("%.*s", (int)(slash - place), place));
    ADD(list, bind, absolute(from), place);
}

/* A compiler and what it needs of the kit; of the student's, what he handed in
 * of this lab. It finds nothing else, whatever a program includes. */
static void add_compiler(struct argument_list *list, const struct build *build)
{
    ADD(list, "--unshare-net", "--ro-bind", "/usr/bin", "/usr/bin", "--ro-bind",
        "/usr/include", "/usr/include", "--symlink", "usr/bin", "/bin",
        "--ro-bind-try", "/etc/alternatives", "/etc/alternatives");
    for (int i = 0; build->kit[i]; i++)
        add_to_kit(list, "--ro-bind", build->kit[i], build->kit[i]);
    for (int i = 0; build->handed_in[i]; i++)
        add_to_kit(list, "--ro-bind",
                   format("%s/%s", build->folder, build->handed_in[i]),
                   format("labs/%s", build->handed_in[i]));
    add_to_kit(list, "--bind", build->out, build->out_in_kit);
    ADD(list, "--ro-bind", build->recipe, "/lab/recipe", "--chdir", "/kit",
        "--remount-ro", "/", "/cell/cell_init");
}

static void add_cell(struct argument_list *list, const struct launch *launch)
{
    ADD(list, "bwrap", "--unshare-pid", "--unshare-ipc", "--as-pid-1",
        "--die-with-parent", "--cap-drop", "ALL");
    if (may_hand_out_users())
        ADD(list, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID",
            "--cap-add", "CAP_KILL");
    else
        ADD(list, "--unshare-user", "--uid", "1000", "--gid", "1000");
    add_mounts(list, launch->tz);
    if (launch->build) {
        add_compiler(list, launch->build);
        return;
    }
    if (launch->hosts)
        ADD(list, "--perms", "0444", "--ro-bind-data", format("%d", HOSTS),
            "/etc/hosts");
    if (launch->services)
        ADD(list, "--perms", "0444", "--ro-bind-data", format("%d", SERVICES),
            "/etc/services");
    if (strcmp(launch->name, "probe") == 0) {
        ADD(list, "--remount-ro", "/", "/cell/cell_init", "probe");
        return;
    }
    if (launch->beside[0])
        fill_bin(launch, program_path(launch));
    else
        ADD(list, "--ro-bind", program_path(launch), path_in_cell(launch));
    if (is_script(launch->name)) /* awk and others are links to there */
        ADD(list, "--ro-bind", "/usr/bin", "/usr/bin", "--symlink", "usr/bin",
            "/bin", "--ro-bind-try", "/etc/alternatives", "/etc/alternatives");
    if (launch->shared)
        ADD(list, "--bind", shared_folder(), "/shared");
    if (launch->shared_tmp)
        ADD(list, "--bind", shared_folder(), "/tmp");
    if (launch->syslog)
        ADD(list, "--symlink", "/shared/log", "/dev/log");
    ADD(list, "--chdir", launch->shared ? "/shared" : "/lab", "--remount-ro",
        "/", "/cell/cell_init");
}

/* Root gives the cells of a test a user id that nobody else has: the test's
 * process id above a base that no account uses. They share it, because some
 * options (SO_REUSEPORT) work only between processes of one user. */
uid_t cell_user(void)
{
    static pid_t test; /* asked for first in the test's own process */
    if (!test)
        test = getpid();
    if (!may_hand_out_users() || isolation_now() != ISOLATION_CELL)
        return 0;
    return CELL_USERS + test;
}

static void add_command(struct argument_list *list, const struct launch *launch)
{
    if (launch->peer) {
        add(list, launch->peer);
        add(list, launch->args);
        return;
    }
    bool cell = isolation_now() == ISOLATION_CELL;
    if (cell)
        add_cell(list, launch);
    else
        ADD(list, tool("cell_init"));
    if (strcmp(launch->name, "probe") == 0)
        return;
    if (launch->build) {
        ADD(list, format("%u", cell_user()), format("%d", LIMIT_PROCESSES),
            format("%d", COMPILER_ADDRESSES_MIB), format("%d", COMPILER_CPU_S),
            "/bin/sh");
        if (cell)
            ADD(list, "/lab/recipe");
        else
            ADD(list, "-c", "cd \"$0\" && exec sh \"$1\"", launch->build->tree,
                absolute(launch->build->recipe));
        return;
    }
    ADD(list, format("%u", cell_user()), format("%d", LIMIT_PROCESSES),
        format("%d",
               launch->sanitized || launch->watched ? 0 : suite_addresses_mib),
        format("%d", LIMIT_CPU_S),
        launch->stage ? "/shared/bin/standin"
        : cell        ? path_in_cell(launch)
                      : program_path(launch));
    if (launch->stage)
        ADD(list, "stage", path_in_cell(launch));
    add(list, launch->args);
}

/* A clean environment: nothing of ours tells the program anything. */
static void add_environment(struct argument_list *list,
                            const struct launch *launch)
{
    const char *faults = isolation_now() == ISOLATION_CELL && !launch->peer
                             ? "/cell/faults.so"
                             : tool("faults.so");
    ADD(list, "PATH=/usr/bin:/bin", "HOME=/tmp", "LC_ALL=C.UTF-8",
        format("TZ=%s", launch->tz ? launch->tz : "UTC0"));
    add(list, launch->env);
    if (launch->peer)
        ADD(list, "PYTHONDONTWRITEBYTECODE=1");
    if (launch->faults || launch->sanitized)
        ADD(list,
            format("LAB_FAULTS=%s%s", launch->faults ? launch->faults : "",
                   launch->sanitized ? ",leak-check" : ""));
    if (launch->faults || launch->sanitized)
        ADD(list, format("CELL_PRELOAD=%s", faults));
    if (trace.folder)
        ADD(list, "CELL_RECORDED=1");
    /* What threads leave behind, a census tells. */
    if (launch->watched)
        ADD(list, "CELL_FIXED_ADDRESSES=1",
            format("TSAN_OPTIONS=exitcode=%d:atexit_sleep_ms=0:report_thread_"
                   "leaks=0",
                   SANITIZER_STATUS));
    if (launch->sanitized)
        ADD(list,
            format("ASAN_OPTIONS=exitcode=%d:verify_asan_link_order=0:"
                   "detect_stack_use_after_return=1:"
                   /* or a leak's trace ends in the C library */
                   "fast_unwind_on_malloc=0:"
                   "allocator_may_return_null=1%s",
                   SANITIZER_STATUS,
                   /* its way to stop all threads is also strace's */
                   trace.folder ? ":detect_leaks=0" : ""),
            format("UBSAN_OPTIONS=exitcode=%d", SANITIZER_STATUS),
            format("LSAN_OPTIONS=exitcode=%d", SANITIZER_STATUS));
}

/* A file of /etc with this text; -1 where there is none. */
static int file_of(const char *text)
{
    int fd = text ? memfd_create("etc", 0) : -1;
    if (!text)
        return -1;
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
        lseek(fd, 0, SEEK_SET) < 0)
        broken("memfd: %s", strerror(errno));
    return fd;
}

/* In the child: streams to 0, 1, 2, the rest in its place, all else closed. */
static void arrange_descriptors(int from[FIRST_UNUSED])
{
    /* Move them out of the way of those numbers first. */
    for (int i = 0; i < FIRST_UNUSED; i++)
        if (from[i] >= 0 &&
            (from[i] = fcntl(from[i], F_DUPFD, FIRST_UNUSED)) < 0)
            _exit(126);
    for (int i = 0; i < FIRST_UNUSED; i++)
        if (from[i] >= 0 && dup2(from[i], i) < 0)
            _exit(126);
    for (int i = 0; i < FIRST_UNUSED; i++)
        if (from[i] < 0)
            close(i);
    close_range(FIRST_UNUSED, ~0u, 0);
}

/* A peer is trusted and needs no cell, but a name must mean to it what it means
 * in one: the cell's files are laid over those that the machine has. */
static void share_names(const char *hosts)
{
    static const char *const files[] = {"hosts", "services", "nsswitch.conf",
                                        "host.conf"};
    if (unshare(CLONE_NEWNS) < 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        _exit(126);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        mount(i == 0 && hosts ? hosts : tool(format("etc/%s", files[i])),
              format("/etc/%s", files[i]), NULL, MS_BIND, NULL);
}

static void run_keeper(const struct launch *launch, pid_t parent,
                       const char *const *recorder)
{
    struct argument_list arguments = {.count = 0}, environment = {.count = 0};
    if (recorder)
        add(&arguments, recorder);
    add_command(&arguments, launch);
    add_environment(&environment, launch);
    /* A cell dies with its keeper. Without one, cell_init must outlive the
     * test's process group, to end what the program has started. */
    if (isolation_now() == ISOLATION_NONE && !launch->peer)
        setpgid(0, 0);
    else
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(126);
    if (launch->peer)
        signal(SIGPIPE, SIG_DFL);
    if (launch->peer && isolation_now() == ISOLATION_CELL)
        share_names(launch->far_end ? trace_hosts_file() : NULL);
    if (launch->peer && launch->shared) {
        umask(0); /* what a peer makes is for programs of another user too */
        if (chdir(shared_folder()) < 0)
            _exit(126);
    }
    setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
    execvpe(arguments.items[0], (char **)arguments.items,
            (char **)environment.items);
    _exit(127);
}

void cell_start(struct program *program, const struct launch *launch)
{
    int in[2], out[2], err[2], control[2], on = 1;
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 ||
        pipe2(err, O_CLOEXEC) < 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) < 0 ||
        setsockopt(control[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0)
        broken("no descriptors for a program: %s", strerror(errno));
    int hosts = file_of(launch->hosts), services = file_of(launch->services);
    const char *const *recorder = trace_command(program, launch);
    pid_t parent = getpid();

    cell_user();
    program->keeper = fork();
    if (program->keeper < 0)
        broken("fork: %s", strerror(errno));
    if (program->keeper == 0) {
        trace_go_to_side(launch);
        arrange_descriptors(
            (int[]){in[0], out[1], err[1], control[1], hosts, services});
        run_keeper(launch, parent, recorder);
    }
    close(in[0]);
    close(out[1]);
    close(err[1]);
    close(control[1]);
    if (hosts >= 0)
        close(hosts);
    if (services >= 0)
        close(services);
    program->in = in[1];
    program->out = out[0];
    program->err = err[0];
    program->control = control[0];
}
