/* bench.c: what a press costs, and what many leave behind.
 *
 *     bench BUILD
 *
 * In turn, PRESSES times: a bare connect, send and close to a process that
 * reads and says so; a press in the FIFO, until led_process says its status; a
 * click on the simulated board, until the board shows the LED. It prints
 * medians, and how they compare with the first.
 *
 * Then MANY presses, in ten parts, between which led_process is started anew:
 * each must be said once, in order. What both hold is shown before and after.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    PRESSES = 1000,
    MANY = 10000,
    PARTS = 10,
    PATIENCE_MS = 20000,
    LED = 17
};

static char programs[PATH_MAX - 64];

static double microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

/* ---- Programs ---- */

struct process {
    pid_t pid;
    int out; /* its stdout and stderr */
    char text[4096];
    size_t size;
};

static struct process run(const char *path, const char *first,
                          const char *second, const char *third)
{
    struct process process = {.size = 0};
    int channel[2];
    if (pipe2(channel, O_CLOEXEC) < 0 || (process.pid = fork()) < 0)
        err(1, "a process");
    if (process.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (dup2(channel[1], 1) < 0 || dup2(channel[1], 2) < 0)
            _exit(126);
        execl(path, path, first, second, third, (char *)NULL);
        _exit(127);
    }
    close(channel[1]);
    process.out = channel[0];
    return process;
}

static void end(struct process *process)
{
    kill(process->pid, SIGTERM);
    waitpid(process->pid, NULL, 0);
    close(process->out);
}

/* The next line that has these words; it lies in the process's text until the
 * next call. */
static char *next_line(struct process *process, const char *words)
{
    static char line[4096];
    for (;;) {
        char *newline = memchr(process->text, '\n', process->size);
        if (newline) {
            size_t length = newline - process->text;
            memcpy(line, process->text, length);
            line[length] = '\0';
            process->size -= length + 1;
            memmove(process->text, newline + 1, process->size);
            if (strstr(line, words))
                return line;
            continue;
        }
        struct pollfd waiting = {.fd = process->out, .events = POLLIN};
        if (poll(&waiting, 1, PATIENCE_MS) != 1)
            errx(1, "\"%s\" has not come", words);
        ssize_t n = read(process->out, process->text + process->size,
                         sizeof process->text - process->size);
        if (n <= 0)
            errx(1, "the end has come before \"%s\"", words);
        process->size += n;
    }
}

/* ---- A bare connection ---- */

/* Below those that the kernel hands out: a client that tries again and again
 * where nobody listens is given its own port one day, and meets itself. */
static int listen_anywhere(uint16_t *port)
{
    struct sockaddr_in here = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    for (*port = 20000; *port < 32000; ++*port) {
        here.sin_port = htons(*port);
        if (bind(fd, (struct sockaddr *)&here, sizeof here) == 0 &&
            listen(fd, 16) == 0)
            return fd;
    }
    err(1, "a listening socket");
}

/* A process that reads each message and says so. */
static struct process start_reader(uint16_t *port)
{
    struct process reader = {.size = 0};
    int channel[2], listener = listen_anywhere(port);
    if (pipe2(channel, O_CLOEXEC) < 0 || (reader.pid = fork()) < 0)
        err(1, "a process");
    if (reader.pid == 0) {
        char message[8];
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
            int fd = accept(listener, NULL, NULL);
            if (recv(fd, message, sizeof message, 0) != 7 ||
                write(channel[1], "read\n", 5) != 5)
                _exit(1);
            close(fd);
        }
    }
    close(channel[1]);
    close(listener);
    reader.out = channel[0];
    return reader;
}

static double time_bare(struct process *reader, uint16_t port)
{
    struct sockaddr_in there = {.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    double begin = microseconds();
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&there, sizeof there) < 0 ||
        send(fd, "LED ON", 7, MSG_NOSIGNAL) != 7)
        err(1, "a bare connection");
    close(fd);
    next_line(reader, "read");
    return microseconds() - begin;
}

/* ---- Presses ---- */

struct pair {
    struct process led, button;
    char port[8];
    int fifo;
    bool on;
};

static void start_led(struct pair *pair)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/led_process", programs);
    pair->led = run(path, pair->port, NULL, NULL);
    next_line(&pair->led, "listening on port");
}

/* Where no server is now, one will find its place. */
static struct pair start_pair(const char *fifo)
{
    struct pair pair = {.on = false};
    char path[PATH_MAX];
    uint16_t port;
    close(listen_anywhere(&port));
    snprintf(pair.port, sizeof pair.port, "%u", port);
    start_led(&pair);
    setenv("BUTTON_FIFO", fifo, 1);
    snprintf(path, sizeof path, "%s/button_process", programs);
    pair.button = run(path, "--debounce=0", "127.0.0.1", pair.port);
    for (int i = 0;
         (pair.fifo = open(fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC)) < 0; i++)
        if (i == PATIENCE_MS || usleep(1000) < 0)
            err(1, "%s", fifo);
    fcntl(pair.fifo, F_SETFL, 0);
    return pair;
}

static void end_pair(struct pair *pair)
{
    close(pair->fifo);
    end(&pair->button);
    end(&pair->led);
}

static void write_presses(struct pair *pair, int count)
{
    char lines[2 * MANY / PARTS];
    for (int i = 0; i < count; i++)
        memcpy(lines + 2 * i, "0\n", 2);
    if (write(pair->fifo, lines, 2 * count) != 2 * count)
        err(1, "the FIFO");
}

/* Presses alternate: so one that is lost or comes twice shows. */
static void expect_status(struct pair *pair)
{
    const char *due = pair->on ? "LED Status: Off" : "LED Status: On";
    char *line = next_line(&pair->led, "LED Status:");
    if (!strstr(line, due))
        errx(1, "\"%s\" was due, and not: %s", due, line);
    pair->on = !pair->on;
}

static double time_press(struct pair *pair)
{
    double begin = microseconds();
    write_presses(pair, 1);
    expect_status(pair);
    return microseconds() - begin;
}

/* ---- Clicks ---- */

static struct process watch_board(const char *path)
{
    struct process watcher = {.size = 0};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, path);
    watcher.out = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (watcher.out < 0 ||
        connect(watcher.out, (struct sockaddr *)&address, sizeof address) < 0 ||
        send(watcher.out, "watch\n", 6, MSG_NOSIGNAL) != 6)
        err(1, "%s", path);
    next_line(&watcher, "ok");
    return watcher;
}

static double time_click(struct process *watcher, bool *on)
{
    char due[32];
    *on = !*on;
    snprintf(due, sizeof due, "line %d out %d", LED, *on);
    double begin = microseconds();
    if (send(watcher->out, "press 27\n", 9, MSG_NOSIGNAL) != 9)
        err(1, "the board");
    next_line(watcher, due);
    double took = microseconds() - begin;
    if (send(watcher->out, "release 27\n", 11, MSG_NOSIGNAL) != 11)
        err(1, "the board");
    next_line(watcher, "edge 27 1");
    return took;
}

/* ---- What is said of it ---- */

static int ascending(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double report(const char *what, double *values, double base)
{
    qsort(values, PRESSES, sizeof *values, ascending);
    double median = values[PRESSES / 2];
    printf("  %-42s %5.0f us  %5.2f x\n", what, median,
           base > 0 ? median / base : 1);
    return median;
}

static int count_descriptors(pid_t pid)
{
    char path[64];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder && (entry = readdir(folder)))
        count += entry->d_name[0] != '.';
    if (folder)
        closedir(folder);
    return count;
}

static void show_holdings(const char *when, const char *name, pid_t pid)
{
    char path[64], line[256];
    int resident = 0, threads = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *status = fopen(path, "r");
    while (status && fgets(line, sizeof line, status)) {
        sscanf(line, "RssAnon: %d", &resident);
        sscanf(line, "Threads: %d", &threads);
    }
    if (status)
        fclose(status);
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid,
             (int)pid);
    FILE *children = fopen(path, "r");
    int processes = 1, child;
    while (children && fscanf(children, "%d", &child) == 1)
        processes++;
    if (children)
        fclose(children);
    printf("  %-6s  %-15s %3d descriptors, %5d KiB of its own, %d thread, %d "
           "process\n",
           when, name, count_descriptors(pid), resident, threads, processes);
}

static void press_many(struct pair *pair)
{
    int before = count_descriptors(pair->button.pid);
    show_holdings("before", "button_process", pair->button.pid);
    show_holdings("before", "led_process", pair->led.pid);
    double begin = microseconds();
    for (int part = 0; part < PARTS; part++) {
        write_presses(pair, MANY / PARTS);
        if (part > 0)
            start_led(pair); /* a moment too late for the first press */
        for (int i = 0; i < MANY / PARTS; i++)
            expect_status(pair);
        if (part < PARTS - 1)
            end(&pair->led);
    }
    double took = microseconds() - begin;
    while (count_descriptors(pair->button.pid) > before &&
           microseconds() - begin < took + 1e6) /* the last connection ends */
        usleep(1000);
    show_holdings("after", "button_process", pair->button.pid);
    show_holdings("after", "led_process", pair->led.pid);
    printf("  %d presses, each said once and in order, led_process started %d "
           "times: %.1f s\n",
           MANY, PARTS, took / 1e6);
}

int main(int argc, char **argv)
{
    static double bare[PRESSES], press[PRESSES], click[PRESSES];
    char folder[] = "/tmp/button-bench-XXXXXX", board[PATH_MAX - 16];
    uint16_t port;
    if (argc != 2)
        errx(2, "usage: bench BUILD");
    char *build = realpath(argv[1], NULL);
    if (!build)
        err(1, "%s", argv[1]);
    snprintf(programs, sizeof programs, "%.3000s/solutions/lab10-button-led",
             build);
    snprintf(board, sizeof board, "%.3000s/hw/board", build);
    if (!mkdtemp(folder) || chdir(folder) < 0)
        err(1, "%s", folder);

    struct process reader = start_reader(&port);
    struct pair plain = start_pair("fifo");
    struct process chip = run(board, "board", NULL, NULL);
    next_line(&chip, "listening on");
    setenv("GPIO_BOARD", "board", 1);
    struct pair simulated = start_pair("fifo2");
    unsetenv("GPIO_BOARD");
    struct process watcher = watch_board("board");
    bool on = false;

    for (int i = 0; i < PRESSES; i++) {
        bare[i] = time_bare(&reader, port);
        press[i] = time_press(&plain);
        click[i] = time_click(&watcher, &on);
    }
    printf("Medians of %d, taken in turn, and the ratio to the first.\n\n",
           PRESSES);
    double base = report("connect, send, close, read by another", bare, 0);
    report("a press in the FIFO, to the LED's status", press, base);
    report("a click on the board, to its LED", click, base);
    puts("");
    press_many(&plain);

    close(watcher.out);
    end_pair(&simulated);
    end(&chip);
    end_pair(&plain);
    end(&reader);
    return chdir("/") < 0 || rmdir(folder) < 0;
}
