/* bench.c: how fast bytes go through nc, measured side by side in one run.
 *
 *     bench BUILD
 *
 * A file of SIZE bytes goes from one nc to another, over TCP and over a
 * UNIX-domain socket, into a file and into a pipe: for the reference program,
 * for netcat-openbsd, and for the Python peer, in turn and several times. It
 * prints medians, and how they compare with netcat-openbsd's. */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 7, MIB = 1 << 20, SIZE = 128 * MIB, KINDS = 4, PROGRAMS = 3 };

static const struct {
    const char *name;
    bool local, pipe;
} kinds[KINDS] = {{"TCP, into a file", false, false},
                  {"TCP, into a pipe", false, true},
                  {"UNIX, into a file", true, false},
                  {"UNIX, into a pipe", true, true}};

static struct {
    const char *name, *interpreter, *path, *end;
} programs[PROGRAMS] = {{"netcat-openbsd", NULL, "/usr/bin/nc.openbsd", "-N"},
                        {"ours", NULL, NULL, NULL},
                        {"Python peer", "/usr/bin/python3", NULL, NULL}};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0)
        err(1, "a free port");
    close(fd);
    return ntohs(address.sin_port);
}

/* Waits for a line with both words. Nobody connects to find out: nc -l takes
 * one connection. */
static void wait_for_line(const char *table, const char *words,
                          const char *more)
{
    char line[512];
    for (double begin = seconds(); seconds() - begin < 20;) {
        FILE *file = fopen(table, "r");
        while (file && fgets(line, sizeof line, file))
            if (strstr(line, words) && strstr(line, more)) {
                fclose(file);
                return;
            }
        if (file)
            fclose(file);
        usleep(500);
    }
    errx(1, "%s: nobody listens (%s)", table, words);
}

static pid_t run(int program, bool listens, bool local, const char *where,
                 int in, int out)
{
    const char *args[8];
    int count = 0;
    if (programs[program].interpreter)
        args[count++] = programs[program].interpreter;
    args[count++] = programs[program].path;
    if (programs[program].end && !listens)
        args[count++] = programs[program].end;
    if (local)
        args[count++] = listens ? "-lU" : "-U";
    else
        args[count++] = listens ? "-l" : "127.0.0.1";
    args[count++] = where;
    args[count] = NULL;

    pid_t pid = fork();
    if (pid < 0)
        err(1, "fork");
    if (pid == 0) {
        if (dup2(in, 0) < 0 || dup2(out, 1) < 0)
            _exit(126);
        close_range(3, ~0u, 0);
        execv(args[0], (char **)args);
        _exit(127);
    }
    return pid;
}

static size_t drain(int fd)
{
    static char piece[65536];
    size_t total = 0;
    ssize_t n;
    while ((n = read(fd, piece, sizeof piece)) > 0)
        total += n;
    return total;
}

static void wait_for_end(pid_t pid, const char *name)
{
    int status;
    if (waitpid(pid, &status, 0) < 0 || status != 0)
        errx(1, "%s failed (%#x), so nothing was measured", name, status);
}

/* MB/s of one transfer. */
static double transfer(int program, int kind, int file)
{
    bool local = kinds[kind].local;
    char port[8], words[64];
    int channel[2], nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    int out = memfd_create("received", MFD_CLOEXEC);
    if (nothing < 0 || out < 0 || pipe2(channel, O_CLOEXEC) < 0 ||
        lseek(file, 0, SEEK_SET) < 0)
        err(1, "descriptors");
    uint16_t number = free_port();
    snprintf(port, sizeof port, "%u", number);
    snprintf(words, sizeof words, ":%04X 00000000:0000 0A", number);
    unlink("nc.sock");

    const char *where = local ? "nc.sock" : port;
    pid_t listener = run(program, true, local, where, nothing,
                         kinds[kind].pipe ? channel[1] : out);
    close(channel[1]);
    if (local)
        wait_for_line("/proc/net/unix", " 00010000 ", " nc.sock");
    else
        wait_for_line("/proc/net/tcp", words, " 0A ");
    double begin = seconds();
    pid_t client = run(program, false, local, where, file, nothing);
    size_t received = kinds[kind].pipe ? drain(channel[0]) : 0;
    wait_for_end(client, programs[program].name);
    wait_for_end(listener, programs[program].name);
    double took = seconds() - begin;
    if (!kinds[kind].pipe)
        received = lseek(out, 0, SEEK_END);
    if (received != SIZE)
        errx(1, "%s: %zu bytes of %d came", programs[program].name, received,
             SIZE);
    close(channel[0]);
    close(out);
    close(nothing);
    return SIZE / 1e6 / took;
}

static int ascending(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, ascending);
    return values[ROUNDS / 2];
}

int main(int argc, char **argv)
{
    static double speed[KINDS][PROGRAMS][ROUNDS];
    char ours[PATH_MAX], folder[] = "/tmp/nc-bench-XXXXXX";
    if (argc != 2)
        errx(2, "usage: bench BUILD");
    snprintf(ours, sizeof ours, "%s/solutions/lab08-netcat/nc", argv[1]);
    if (!(programs[1].path = realpath(ours, NULL)))
        err(1, "%s", ours);
    if (!(programs[2].path = realpath("labs/lab08-netcat/peer_nc.py", NULL)))
        err(1, "labs/lab08-netcat/peer_nc.py");
    if (!mkdtemp(folder) || chdir(folder) < 0)
        err(1, "%s", folder);

    int file = memfd_create("sent", MFD_CLOEXEC);
    char *piece = malloc(MIB);
    if (file < 0 || !piece)
        err(1, "memory");
    memset(piece, 'x', MIB);
    for (int i = 0; i < SIZE / MIB; i++)
        if (write(file, piece, MIB) != MIB)
            err(1, "memory");

    for (int round = 0; round < ROUNDS; round++)
        for (int kind = 0; kind < KINDS; kind++)
            for (int program = 0; program < PROGRAMS; program++)
                speed[kind][program][round] = transfer(program, kind, file);

    printf("%d MiB from one nc to another; medians of %d, in MB/s, and the "
           "ratio to netcat-openbsd.\n\n  %-20s",
           SIZE / MIB, ROUNDS, "");
    for (int program = 0; program < PROGRAMS; program++)
        printf("  %20s", programs[program].name);
    for (int kind = 0; kind < KINDS; kind++) {
        double base = 0;
        printf("\n  %-20s", kinds[kind].name);
        for (int program = 0; program < PROGRAMS; program++) {
            double value = median(speed[kind][program]);
            base = program == 0 ? value : base;
            printf("  %12.0f %6.2f ×", value, value / base);
        }
    }
    puts("");
    unlink("nc.sock");
    return chdir("/") < 0 || rmdir(folder) < 0;
}
