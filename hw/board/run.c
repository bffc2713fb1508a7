/*
 * run.c - runs a lab on the simulated board, until Ctrl-C
 *
 *     build/hw/run [-t] [-p PORT] BUILD [PROGRAMS]
 *
 * Starts the board, its page (or with -t the board in this terminal), and
 * PROGRAMS/launch_processes, whose programs get the tap, and shows what each
 * prints. Without PROGRAMS it is a board for those who have its path in
 * GPIO_BOARD: another run, too, starts none then. At SIGINT, SIGTERM or SIGHUP,
 * or when one of them ends, all end, and no process, socket, FIFO or pid file
 * stays behind.
 *
 * Somebody else's program may leave children, who may leave children. They
 * become ours when their parents end (PR_SET_CHILD_SUBREAPER, prctl(2)), and so
 * none gets away. Should we be killed ourselves, the kernel tells those whom we
 * started (PR_SET_PDEATHSIG).
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"

static char PYTHON[] = "/usr/bin/python3";

enum { BOARD, VIEW, LAUNCHER, CHILDREN };

static struct child {
    const char *name;
    pid_t pid; /* 0: not started, or reaped */
    int status;
    bool ended;
} children[CHILDREN] = {
    {.name = "board"}, {.name = "page"}, {.name = "launch_processes"}};

/* What each prints; and the two that the launcher starts. */
static struct source sources[CHILDREN + 2];
static int source_count;

static struct {
    bool terminal;
    char *port, *build, *programs; /* null: the page may choose; none */
} options;

static const char *folder; /* of this run */
static char *board;        /* its socket */
static int signals;        /* a signalfd */
static sigset_t unblocked;
static FILE *shown; /* where lines are printed */

/* ---- Starting ---- */

/* In the child. One that reads the terminal stays in its foreground; the
 * others have groups of their own, so that Ctrl-C comes to us alone. */
static _Noreturn void become(char *const argv[], int out, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
    if (out != -1) {
        int nothing = open("/dev/null", O_RDONLY);
        if (setpgid(0, 0) == -1 || dup2(nothing, 0) == -1 ||
            dup2(out, 1) == -1 || dup2(out, 2) == -1)
            _exit(1);
    }
    sigprocmask(SIG_SETMASK, &unblocked, NULL);
    signal(SIGPIPE, SIG_DFL); /* ignored, it would stay so over exec(2) */
    execv(argv[0], argv);
    warn("%s", argv[0]);
    _exit(1); /* what exit would clean up is the parent's */
}

static void start(struct child *child, char *const argv[], int out)
{
    pid_t parent = getpid();

    child->pid = fork();
    if (child->pid == -1)
        err(1, "fork");
    if (child->pid == 0)
        become(argv, out, parent);
}

/* Starts it with what it prints coming to us. Returns the source. */
static struct source *start_piped(struct child *child, char *const argv[],
                                  const char *board)
{
    struct source *source = &sources[source_count++];
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) == -1)
        err(1, "pipe");
    start(child, argv, ends[1]);
    close(ends[1]);
    source_init(source, child->name, ends[0], board);
    return source;
}

/* Returns when it can be connected to. */
static void start_board(void)
{
    char *program = folder_path(options.build, "hw/board"), *line;
    size_t length;
    int got;

    board = folder_path(folder, "board");
    struct source *source =
        start_piped(&children[BOARD], (char *[]){program, board, NULL}, NULL);
    while ((got = net_read_line(&source->reader, &line, &length)) == -1 &&
           errno == EAGAIN)
        net_wait(source->fd, POLLIN, INT64_MAX);
    if (got != 1 || length < 9 || memcmp(line, "listening", 9) != 0)
        errx(1, "the board did not start");
}

/* The page's address is the same the next time, if it may be. */
static void start_view(void)
{
    char *port = options.port != NULL ? "--port" : NULL;
    char *same = folder_path(options.build, ".page");
    char *page[] = {PYTHON, "hw/board/page.py", "--socket",
                    board,  "--remember",       same,
                    port,   options.port,       NULL};
    char *terminal[] = {PYTHON, "hw/board/terminal.py", "--socket", board,
                        NULL};

    if (options.terminal)
        start(&children[VIEW], terminal, -1);
    else
        start_piped(&children[VIEW], page, NULL);
}

static void start_launcher(void)
{
    char *program[] = {folder_path(folder, "launch_processes"), NULL};

    folder_fill(folder, options.programs);
    source_make(&sources[source_count++], "led_process", folder, board);
    source_make(&sources[source_count++], "button_process", folder, board);
    if (setenv("RUN_FOLDER", folder, 1) == -1 ||
        setenv("RUN_PROGRAMS", options.programs, 1) == -1 ||
        setenv("GPIO_BOARD", board, 1) == -1 ||
        setenv("BUTTON_FIFO", folder_path(folder, "button"), 1) == -1 ||
        setenv("LD_PRELOAD", folder_path(options.build, "hw/tap.so"), 1) == -1)
        err(1, "setenv");
    start_piped(&children[LAUNCHER], program, board);
}

/* ---- Waiting ---- */

static void reap(void)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (int i = 0; i < CHILDREN; i++)
            if (children[i].pid == pid) {
                children[i].pid = 0;
                children[i].status = status;
                children[i].ended = true;
            }
}

static void print_all(void)
{
    for (int i = 0; i < source_count; i++)
        source_print(&sources[i], shown);
}

/* Waits for something to happen, prints what was printed, and reaps. Returns
 * the signal that asks us to end, or 0. */
static int turn(int timeout_ms)
{
    struct pollfd waiting[1 + CHILDREN + 2] = {
        {.fd = signals, .events = POLLIN}};
    struct signalfd_siginfo came;

    for (int i = 0; i < source_count; i++)
        waiting[1 + i] = (struct pollfd){.fd = sources[i].fd, .events = POLLIN};
    if (poll(waiting, 1 + (nfds_t)source_count, timeout_ms) == -1 &&
        errno != EINTR)
        err(1, "poll");
    int number = 0;
    if (read(signals, &came, sizeof came) == sizeof came)
        number = (int)came.ssi_signo;
    reap();
    print_all();
    return number == SIGCHLD ? 0 : number;
}

static const struct child *who_ended(void)
{
    for (int i = 0; i < CHILDREN; i++)
        if (children[i].ended)
            return &children[i];
    return NULL;
}

/* ---- Ending ---- */

/* Sends a signal to each child that is left, those too that became ours.
 * Returns how many there are. */
static int signal_all(int number)
{
    char path[64];
    int count = 0, pid;

    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *list = fopen(path, "r");
    while (list != NULL && fscanf(list, "%d", &pid) == 1) {
        kill(pid, number);
        count++;
    }
    if (list != NULL)
        fclose(list);
    return count;
}

static bool launcher_runs(void)
{
    return children[LAUNCHER].pid != 0;
}

static bool any_left(void)
{
    return signal_all(0) > 0;
}

static void wait_while(bool (*is_so)(void), int most_ms)
{
    int64_t left, deadline = net_now_ms() + most_ms;

    while (is_so() && (left = deadline - net_now_ms()) > 0)
        turn((int)left);
}

/* First as a user would: the launcher ends its programs. Then whoever is left,
 * and at last those who would not. */
static void end_all(void)
{
    if (launcher_runs())
        kill(children[LAUNCHER].pid, SIGTERM);
    wait_while(launcher_runs, 3000);
    signal_all(SIGTERM);
    wait_while(any_left, 2000);
    while (signal_all(SIGKILL) > 0)
        turn(100);
    print_all();
}

static void clean_up(void)
{
    static bool done; /* an error in here must not begin it anew */

    if (done)
        return;
    done = true;
    end_all();
    folder_remove(folder);
}

/* ---- The command line ---- */

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: run [-t] [-p PORT] BUILD [PROGRAMS]\n");
    exit(2);
}

static void parse_options(int argc, char **argv)
{
    uint16_t port;
    int letter;

    while ((letter = getopt(argc, argv, "tp:")) != -1) {
        if (letter == 't')
            children[VIEW].name = "terminal", options.terminal = true;
        else if (letter == 'p' && net_parse_port(optarg, 0, &port))
            options.port = optarg;
        else
            usage();
    }
    if (argc - optind < 1 || argc - optind > 2)
        usage();
    /* The programs may change their folder: whole paths from here on. */
    options.build = realpath(argv[optind], NULL);
    if (options.build == NULL)
        err(1, "%s", argv[optind]);
    if (argc - optind == 1)
        return;
    options.programs = realpath(argv[optind + 1], NULL);
    if (options.programs == NULL)
        err(1, "%s", argv[optind + 1]);
    board = getenv("GPIO_BOARD"); /* which has a view of its own */
    options.terminal &= board == NULL;
}

static void check_programs(void)
{
    static const char *const names[] = {"launch_processes", "led_process",
                                        "button_process"};

    for (int i = 0; options.programs != NULL && i < 3; i++)
        if (access(folder_path(options.programs, names[i]), X_OK) == -1)
            errx(1, "there is no %s: did it compile?",
                 folder_path(options.programs, names[i]));
}

static void block_signals(void)
{
    sigset_t ours;

    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGHUP);
    sigaddset(&ours, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &ours, &unblocked) == -1)
        err(1, "sigprocmask");
    signals = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals == -1)
        err(1, "signalfd");
    signal(SIGPIPE, SIG_IGN); /* the terminal may be gone: we clean up still */
}

static void tell_how(void)
{
    if (options.programs == NULL)
        printf("To start lab 10 on this board, in another terminal:\n"
               "    export GPIO_BOARD='%s'\n    make run LAB=10\n",
               board);
    else if (!options.terminal)
        printf("Ctrl-C ends it all. To press without the page: echo 0 > '%s'\n",
               folder_path(folder, "button"));
    fflush(stdout);
}

/* In the terminal the board has the screen: what was printed comes after. */
static void show_late(void)
{
    int byte;

    rewind(shown);
    while ((byte = getc(shown)) != EOF)
        putchar(byte);
}

/* Why it is all over. Returns the exit status. */
static int tell_end(const struct child *ended)
{
    if (ended == NULL ||
        (options.terminal && ended == &children[VIEW] && ended->status == 0))
        return 0;
    if (WIFSIGNALED(ended->status))
        printf("%s was ended by a signal: %s\n", ended->name,
               strsignal(WTERMSIG(ended->status)));
    else
        printf("%s has ended, with exit status %d: that ends it all\n",
               ended->name, WEXITSTATUS(ended->status));
    return 1;
}

int main(int argc, char **argv)
{
    const struct child *ended = NULL;

    parse_options(argc, argv);
    check_programs();
    shown = options.terminal ? tmpfile() : stdout;
    if (shown == NULL)
        err(1, "tmpfile");
    block_signals();
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) == -1)
        err(1, "prctl");
    folder = folder_make(options.build, options.programs ? "run" : "board");
    atexit(clean_up);
    if (board == NULL) {
        start_board();
        start_view();
    }
    tell_how();
    if (options.programs != NULL)
        start_launcher();
    while (turn(-1) == 0 && (ended = who_ended()) == NULL)
        continue;
    clean_up();
    if (options.terminal)
        show_late();
    return tell_end(ended);
}
