/* bench.c: what silent clients cost the three servers, in C and in Python, and
 * the style of poll_server that hands poll(2) the whole list in each turn.
 *
 *     bench BUILD
 *
 * All run at once, and are measured in turn, so that whatever the machine
 * does meanwhile falls on all. While 0, 100, 250, 500 clients (the loops: 1,000
 * too) are connected to each and say nothing, one more asks each server again
 * and again: how long from connect to the first byte? And how much memory do a
 * server and its children use, shared pages divided by those who share them
 * (PSS)? What the kernel keeps for sockets and processes is not in it.
 *
 * Writes BUILD/bench/lab06.csv, and has draw.py make lab06.svg of it.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 201, LEVELS = 5, MOST_SILENT = 1000, FEWER = 500 };
static const int levels[LEVELS] = {0, 100, 250, 500, 1000};

static struct server {
    const char *name, *way, *language;
    const char *path; /* below BUILD, or of a script */
    int most;
    pid_t pid;
    uint16_t port;
    int silent[MOST_SILENT], count;
    double took[LEVELS];   /* lower quartile, in microseconds */
    double memory[LEVELS]; /* MiB */
} servers[] = {
    {.name = "fork_server",
     .way = "fork",
     .language = "C",
     .path = "solutions/lab06-concurrency/fork_server",
     .most = FEWER},
    {.name = "thread_server",
     .way = "thread",
     .language = "C",
     .path = "solutions/lab06-concurrency/thread_server",
     .most = FEWER},
    {.name = "poll_server",
     .way = "epoll",
     .language = "C",
     .path = "solutions/lab06-concurrency/poll_server",
     .most = MOST_SILENT},
    {.name = "poll_server",
     .way = "poll",
     .language = "C",
     .path = "tests/styles/lab06-concurrency/poll2/poll_server",
     .most = MOST_SILENT},
    {.name = "fork_server",
     .way = "fork",
     .language = "Python",
     .path = "labs/lab06-concurrency/peer_fork_server.py",
     .most = FEWER},
    {.name = "thread_server",
     .way = "thread",
     .language = "Python",
     .path = "labs/lab06-concurrency/peer_thread_server.py",
     .most = FEWER},
    {.name = "poll_server",
     .way = "epoll",
     .language = "Python",
     .path = "labs/lab06-concurrency/peer_poll_server.py",
     .most = MOST_SILENT},
};
enum { SERVERS = sizeof servers / sizeof *servers };

static void end_servers(void)
{
    for (int i = 0; i < SERVERS; i++)
        if (servers[i].pid > 0 && kill(servers[i].pid, SIGTERM) == 0)
            waitpid(servers[i].pid, NULL, 0);
}

/* ---- Starting ---- */

static void start(struct server *server, const char *build)
{
    char path[4096];
    int out[2];
    unsigned port;

    snprintf(path, sizeof path, "%s/%s", build, server->path);
    if (pipe(out) == -1)
        err(1, "pipe");
    server->pid = fork();
    if (server->pid == -1)
        err(1, "fork");
    if (server->pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        close(out[1]);
        if (*server->language == 'C')
            execl(path, server->name, "0", NULL);
        else
            execl("/usr/bin/python3", "python3", server->path, "0", NULL);
        err(127, "%s", server->name);
    }
    close(out[1]);
    FILE *lines = fdopen(out[0], "r");
    if (!lines || fscanf(lines, "listening on port %u", &port) != 1)
        errx(1, "%s in %s does not listen", server->name, server->language);
    server->port = port;
    fclose(lines);
}

/* ---- Clients ---- */

/* Returns when the first byte has come. */
static int ask(const struct server *server)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(server->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 10};
    char byte;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd == -1)
        err(1, "socket");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == -1)
        err(1, "%s in %s", server->name, server->language);
    if (recv(fd, &byte, 1, 0) != 1)
        errx(1, "%s in %s: no byte for client %d", server->name,
             server->language, server->count + 1);
    return fd;
}

static double microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static double time_to_first_byte(const struct server *server)
{
    char rest[64];
    double begin = microseconds();
    int fd = ask(server);
    double took = microseconds() - begin;

    /* In order, so that nothing of it is left for the next one to wait for. */
    shutdown(fd, SHUT_WR);
    while (recv(fd, rest, sizeof rest, 0) > 0)
        ;
    close(fd);
    return took;
}

/* ---- Memory ---- */

static double memory_of(pid_t pid)
{
    char path[64], line[256];
    double kib = 0;

    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Pss: %lf kB", &kib) == 1)
            break;
    if (file)
        fclose(file);
    return kib / 1024;
}

static double memory_of_all(pid_t pid)
{
    char path[64];
    double mib = memory_of(pid);
    int child;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    FILE *children = fopen(path, "re");
    if (!children)
        err(1, "%s", path);
    while (fscanf(children, "%d", &child) == 1)
        mib += memory_of(child);
    fclose(children);
    return mib;
}

/* ---- Measuring ---- */

static int ascending(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void measure(int level)
{
    static double took[SERVERS][ROUNDS];

    for (int i = 0; i < SERVERS; i++)
        while (servers[i].most >= levels[level] &&
               servers[i].count < levels[level]) {
            int fd = ask(&servers[i]);
            servers[i].silent[servers[i].count++] = fd;
        }
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < SERVERS; i++) /* all: they disturb each other */
            took[i][round] = time_to_first_byte(&servers[i]);
    for (int i = 0; i < SERVERS; i++) {
        if (servers[i].most < levels[level])
            continue;
        qsort(took[i], ROUNDS, sizeof **took, ascending);
        servers[i].took[level] = took[i][ROUNDS / 4];
        servers[i].memory[level] = memory_of_all(servers[i].pid);
    }
}

/* ---- Telling ---- */

static void print_table(const char *title, const char *form, int is_memory)
{
    printf("\n  %-28s", title);
    for (int k = 0; k < LEVELS; k++)
        printf("%9d", levels[k]);
    printf("   last : none\n");
    for (int i = 0; i < SERVERS; i++) {
        const double *values = is_memory ? servers[i].memory : servers[i].took;
        int last = servers[i].most == MOST_SILENT ? LEVELS - 1 : LEVELS - 2;
        printf("  %-6s %-13s %-7s", servers[i].language, servers[i].name,
               servers[i].way);
        for (int k = 0; k < LEVELS; k++)
            if (k <= last)
                printf(form, values[k]);
            else
                printf("%9s", "-");
        printf("   %8.2f\n", values[last] / values[0]);
    }
}

static void write_csv(const char *path)
{
    FILE *csv = fopen(path, "w");
    if (!csv)
        err(1, "%s", path);
    fprintf(csv, "way,language,clients,microseconds,mib\n");
    for (int i = 0; i < SERVERS; i++)
        for (int k = 0; k < LEVELS && levels[k] <= servers[i].most; k++)
            fprintf(csv, "%s,%s,%d,%.1f,%.3f\n", servers[i].way,
                    servers[i].language, levels[k], servers[i].took[k],
                    servers[i].memory[k]);
    if (fclose(csv) == EOF)
        err(1, "%s", path);
}

int main(int argc, char **argv)
{
    struct rlimit files;
    char path[4096], command[8300];

    if (argc != 2)
        errx(2, "usage: bench BUILD");
    if (getrlimit(RLIMIT_NOFILE, &files) == -1)
        err(1, "getrlimit");
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_max < 4 * FEWER + 3 * MOST_SILENT + 100)
        errx(1, "more descriptors are needed than RLIMIT_NOFILE allows here");
    signal(SIGPIPE, SIG_IGN);
    atexit(end_servers);
    for (int i = 0; i < SERVERS; i++)
        start(&servers[i], argv[1]);
    for (int k = 0; k < LEVELS; k++)
        measure(k);

    printf(
        "Silent clients, and what one more then meets: lower quartiles of %d, "
        "all servers side by side.\n",
        ROUNDS);
    print_table("first byte after, in us", "%9.0f", 0);
    print_table("memory (PSS), in MiB", "%9.2f", 1);
    snprintf(path, sizeof path, "%s/bench", argv[1]);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/bench/lab06.csv", argv[1]);
    write_csv(path);
    snprintf(command, sizeof command,
             "/usr/bin/python3 tests/lab06-concurrency/draw.py '%s' "
             "'%s/bench/lab06.svg'",
             path, argv[1]);
    if (system(command) != 0)
        errx(1, "no picture: %s", command);
    printf("\nPicture: %s/bench/lab06.svg\n", argv[1]);
    return 0;
}
