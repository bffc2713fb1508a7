/* bench.c: how many lines a second line_server answers, beside the Python peer.
 *
 *     bench BUILD        from the project's root
 *
 * One client, in this program, the same for both. "burst": 100,000 lines as
 * fast as the server takes them, the answers read meanwhile. "lockstep": each
 * line waits for its answer, so that most of the time is the kernel's, which
 * wakes one process and then the other; what the server itself has to do shows
 * in its processor time. The two servers take turns, and of
 * the rounds the medians count.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 7, BURST = 100000, LOCKSTEP = 5000 };

static const char line[] = "sixteen letters.\n",
                  answer[] = "Echo ==>sixteen letters.\n";
enum { LINE = sizeof line - 1, ANSWER = sizeof answer - 1 };

struct server {
    const char *name;
    pid_t pid;
    unsigned port;
    double burst[ROUNDS], lockstep[ROUNDS]; /* lines a second */
    double used[ROUNDS]; /* lines in lockstep a second of its processor time */
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

/* The processor time that a server has used so far. */
static double processor_time(const struct server *server)
{
    struct timespec used;
    clockid_t clock;
    if (clock_getcpuclockid(server->pid, &clock) != 0 ||
        clock_gettime(clock, &used) < 0)
        errx(1, "%s: no processor clock", server->name);
    return used.tv_sec + used.tv_nsec / 1e9;
}

/* Starts it on a port that the kernel picks, which its ready line tells. */
static void start_server(struct server *server, char *const command[])
{
    int out[2];
    if (pipe(out) < 0 || (server->pid = fork()) < 0)
        err(1, "%s", server->name);
    if (server->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* not to outlive this program */
        dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        close(out[1]);
        execv(command[0], command);
        err(1, "%s", command[0]);
    }
    close(out[1]);
    FILE *ready = fdopen(out[0], "r");
    if (!ready || fscanf(ready, "listening on port %u", &server->port) != 1)
        errx(1, "%s: no ready line", server->name);
    fclose(ready);
}

static int connect_to(const struct server *server)
{
    struct sockaddr_in there = {.sin_family = AF_INET,
                                .sin_port = htons(server->port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&there, sizeof there) < 0)
        err(1, "%s", server->name);
    return fd;
}

static double lockstep(const struct server *server)
{
    int fd = connect_to(server);
    char got[ANSWER];
    double begin = seconds();
    for (int i = 0; i < LOCKSTEP; i++)
        if (send(fd, line, LINE, 0) != LINE ||
            recv(fd, got, ANSWER, MSG_WAITALL) != ANSWER ||
            memcmp(got, answer, ANSWER) != 0)
            errx(1, "%s: a wrong answer", server->name);
    double took = seconds() - begin;
    close(fd);
    return LOCKSTEP / took;
}

static char *repeated(const char *text, size_t size)
{
    char *all = malloc(BURST * size);
    if (!all)
        err(1, "malloc");
    for (size_t i = 0; i < BURST; i++)
        memcpy(all + i * size, text, size);
    return all;
}

static double burst(const struct server *server)
{
    enum { ALL = BURST * LINE, DUE = BURST * ANSWER };
    int fd = connect_to(server);
    char *lines = repeated(line, LINE), *due = repeated(answer, ANSWER);
    char *answers = malloc(DUE);
    if (!answers || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        err(1, "%s", server->name);

    double begin = seconds();
    for (size_t sent = 0, got = 0; got < DUE;) {
        struct pollfd link = {.fd = fd,
                              .events = sent < ALL ? POLLIN | POLLOUT : POLLIN};
        ssize_t n = sent < ALL ? send(fd, lines + sent, ALL - sent, 0) : 0;
        sent += n > 0 ? n : 0;
        n = recv(fd, answers + got, DUE - got, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN))
            errx(1, "%s: ended too early", server->name);
        got += n > 0 ? n : 0;
        if (got < DUE && poll(&link, 1, -1) < 0)
            err(1, "poll");
    }
    double took = seconds() - begin;
    if (memcmp(answers, due, DUE) != 0)
        errx(1, "%s: a wrong answer", server->name);
    close(fd);
    free(lines);
    free(due);
    free(answers);
    return BURST / took;
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

static void print_row(const char *what, double *in_c, double *in_python)
{
    double c = median(in_c), python = median(in_python);
    printf("  %-46s %12.0f %12.0f %8.1f\n", what, c, python, c / python);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        errx(2, "usage: bench BUILD");
    signal(SIGPIPE, SIG_IGN);
    char program[4096];
    snprintf(program, sizeof program, "%s/solutions/lab04-framing/line_server",
             argv[1]);
    struct server servers[] = {{.name = "line_server"},
                               {.name = "peer_line_server.py"}};
    start_server(&servers[0], (char *[]){program, "0", NULL});
    start_server(&servers[1],
                 (char *[]){"/usr/bin/python3",
                            "labs/lab04-framing/peer_line_server.py", "0",
                            NULL});
    for (int i = 0; i < ROUNDS; i++)
        for (int k = 0; k < 2; k++) {
            servers[k].burst[i] = burst(&servers[k]);
            double before = processor_time(&servers[k]);
            servers[k].lockstep[i] = lockstep(&servers[k]);
            servers[k].used[i] =
                LOCKSTEP / (processor_time(&servers[k]) - before);
        }
    for (int k = 0; k < 2; k++)
        kill(servers[k].pid, SIGTERM);

    puts("Lines a second that line_server answers; medians of 7, taken in "
         "turn.\n");
    printf("  %-46s %12s %12s %8s\n", "", "C", "Python", "ratio");
    print_row("burst", servers[0].burst, servers[1].burst);
    print_row("lockstep", servers[0].lockstep, servers[1].lockstep);
    print_row("lockstep, a second of the server's processor", servers[0].used,
              servers[1].used);
    return 0;
}
